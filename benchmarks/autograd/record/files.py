"""Claims, hazards and the safety matrix in files: one per command and device, written once and never edited.

The file `<UTC time>-claims-torch<version>-<device>.json` holds what ran, on what, and when. If several files have a row
for the same torch and device, the newest file's row counts.
"""

import os
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Annotated, Any

from benchmarks.autograd.record.findings import ClaimRow, HazardRow, Row
from benchmarks.autograd.record.safety import NOT_ASKED, SafetyRow
from benchmarks.record import strict_json
from benchmarks.record.checking import read_fields, read_object, reader_of
from benchmarks.record.field_types import Choice, Text, types_of
from benchmarks.record.packed_file import SUFFIX, open_stored
from benchmarks.record.reason import first_line
from benchmarks.record.versions import release
from benchmarks.record.whole_file import write_whole

CORRECTNESS_VERSION = 2
CLAIMS, HAZARDS, SAFETY = KINDS = ("claims", "hazards", "safety")

_ROWS = {CLAIMS: ClaimRow, HAZARDS: HazardRow, SAFETY: SafetyRow}
#: Values for fields that older files lack.
_ADDED: dict[str, dict[str, Any]] = {CLAIMS: {}, HAZARDS: {"file": "", "function": ""}, SAFETY: {"inputs": ""}}
_TIME = "%Y%m%dT%H%M%SZ"
_FACTS = ("torch", "device", "device_name", "system", "python", "made")
_MOST_BYTES = 2**24

#: A torch version and a device.
Where = tuple[str, str]

Kind = Annotated[str, Choice(KINDS)]
Fact = Annotated[str, Text(299, r".+", printable=True)]
Time = Annotated[str, Text(16, r"[0-9]{8}T[0-9]{6}Z")]


class CorrectnessError(ValueError):
    """A stored file cannot be read; the message is one line that names it."""


@dataclass(frozen=True)
class Stored:
    """The rows of one command on one torch and device."""

    kind: Kind
    torch: Fact  #: full version, such as 2.13.0+cpu
    device: Fact  #: as torch writes it
    device_name: Fact
    system: Fact
    python: Fact
    made: Time  #: UTC, the same as in the file's name
    rows: tuple[Row | SafetyRow, ...]

    @property
    def on(self) -> str:
        """Torch and device in short, as the head of a column."""
        return f"{release(self.torch)} {self.device}"


_READERS = {name: reader_of(types_of(Stored)[name]) for name in _FACTS}


def now() -> str:
    """The time as stored."""
    return datetime.now(timezone.utc).strftime(_TIME)


def make_ready(folder: Path) -> None:
    """Make sure that `folder` exists and can be written; raises OSError if not."""
    folder.mkdir(parents=True, exist_ok=True)
    probe = folder / f".probe-{os.getpid()}"
    probe.touch()
    probe.unlink()


def write(folder: Path, stored: Stored) -> Path:
    """Store in a new file; an existing file is never replaced, and a kill leaves no half-written one."""
    facts = {name: getattr(stored, name) for name in _FACTS}
    content = {"truth": CORRECTNESS_VERSION, "kind": stored.kind, **facts, "rows": [asdict(row) for row in stored.rows]}
    text = strict_json.dumps(content, indent=1) + "\n"
    device = stored.device.replace(":", "")
    stem = f"{stored.made}-{stored.kind}-torch{re.sub(r'[^A-Za-z0-9.+_-]', '_', stored.torch)}-{device}"
    path = _reserved(folder, stem)
    write_whole(path, text)
    return path


def _reserved(folder: Path, stem: str) -> Path:
    """A new file name, reserved by an empty file: two commands in the same second get two names."""
    number = 1
    while True:
        path = folder / f"{stem}{'' if number == 1 else f'-{number}'}.json"
        try:
            path.touch(exist_ok=False)
            return path
        except FileExistsError:
            number += 1


def read(path: Path) -> Stored:
    """The rows of a file. CorrectnessError, one line, if it holds none that this code reads."""
    try:
        with open_stored(path) as file:
            text = file.read(_MOST_BYTES + 1)
        if len(text) > _MOST_BYTES:
            raise CorrectnessError(f"{path}: too large for claims, hazards or safety")
        content = strict_json.loads(text.decode())
    except CorrectnessError:
        raise
    except (OSError, ValueError, RecursionError) as error:
        raise CorrectnessError(f"{path}: cannot be read: {first_line(error)}") from None
    if not isinstance(content, dict) or content.get("kind") not in KINDS or type(content.get("truth")) is not int:
        raise CorrectnessError(f"{path}: not claims, hazards or safety of this suite")
    if content["truth"] != CORRECTNESS_VERSION:
        what = "update it" if content["truth"] > CORRECTNESS_VERSION else f"make {content['kind']} again"
        raise CorrectnessError(f"{path}: version {content['truth']}, this code reads {CORRECTNESS_VERSION}; {what}")
    try:
        facts = read_fields(_READERS, {name: content.get(name) for name in _FACTS})
        rows = content.get("rows")
        if not isinstance(rows, list):
            raise ValueError("field 'rows' is no list")
        row_type, added = _ROWS[content["kind"]], _ADDED[content["kind"]]
        whole = (added | row if isinstance(row, dict) else row for row in rows)
        return Stored(kind=content["kind"], rows=tuple(read_object(row_type, row) for row in whole), **facts)
    except ValueError as error:
        raise CorrectnessError(f"{path}: {error}") from None


def read_all(folders: Iterable[Path], kind: str) -> tuple[list[Stored], list[str]]:
    """Everything of `kind` stored in `folders`, oldest first, and a line for each file that cannot be read."""
    found, refused = [], []
    for folder in dict.fromkeys(folders):
        paths = [*folder.glob("*.json"), *folder.glob(f"*.json{SUFFIX}")]
        for path in sorted(set(map(_unpacked, paths))):
            try:
                found.append(read(path))
            except CorrectnessError as error:
                refused.append(str(error))
    found = [stored for stored in found if stored.kind == kind]
    return sorted(found, key=lambda stored: stored.made), refused


def _unpacked(path: Path) -> Path:
    """The path of a file without the suffix of its packed form."""
    return path.with_name(path.name.removesuffix(SUFFIX))


def newest(
    files: Sequence[Stored], where: Callable[[str, str], Where] = lambda torch, device: (torch, device)
) -> dict[Where, dict[str, Any]]:
    """By torch and device, as `where` names them: the newest row for each name. Versions in ascending order."""
    found: dict[Where, dict[str, Any]] = {}
    for stored in sorted(files, key=lambda stored: stored.made):
        rows = found.setdefault(where(stored.torch, stored.device), {})
        rows.update({row.name: _later(rows.get(row.name), row) for row in stored.rows})
    return dict(sorted(found.items(), key=lambda item: (version_key(item[0][0]), item[0][1])))


def _later(old: Any, new: Any) -> Any:
    """The newer row. For the safety matrix, answers to questions that were not asked again stay."""
    if not isinstance(old, SafetyRow):
        return new
    kept = {q: old.cells.get(q, cell) if cell.text == NOT_ASKED else cell for q, cell in new.cells.items()}
    return replace(new, cells=kept)


def version_key(text: str) -> tuple:
    """A sort key for torch versions: 2.9 comes before 2.13."""
    numbers = [int(part) for part in re.findall(r"\d{1,9}", release(text))]
    return (numbers, text)
