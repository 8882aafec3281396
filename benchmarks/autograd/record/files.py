"""Claims, hazards and the safety matrix as stored: one JSON file a command and device, written once and never edited.

The file `<UTC time>-claims-torch<version>-<device>.json` holds what ran, on what, and when. Where several files speak
of the same torch and device, the newest one's row counts. Standard library only.

History of TRUTH_VERSION:
1 first version.
2 memory classes by condition of the other operand, a Python number among them.
"""

import json
import os
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from benchmarks.autograd.record.findings import Row, claim_row, hazard_row
from benchmarks.autograd.record.safety import NOT_ASKED, SafetyRow, safety_row

TRUTH_VERSION = 2
CLAIMS, HAZARDS, SAFETY = KINDS = ("claims", "hazards", "safety")

_READ = {CLAIMS: claim_row, HAZARDS: hazard_row, SAFETY: safety_row}
_TIME = "%Y%m%dT%H%M%SZ"
_FACTS = ("torch", "device", "device_name", "system", "python", "made")
_MOST_BYTES = 2**24


#: A torch's version, and a device.
Where = tuple[str, str]


class TruthError(ValueError):
    """A stored file that cannot be read; the message is one line that names it."""


@dataclass(frozen=True)
class Stored:
    """The rows of one command on one torch and device."""

    kind: str
    torch: str  #: its full version, such as 2.13.0+cpu
    device: str  #: as torch writes it
    device_name: str
    system: str
    python: str
    made: str  #: UTC, as in the file's name
    rows: tuple[Row | SafetyRow, ...]

    @property
    def on(self) -> str:
        """Torch and device in short: what a column is headed."""
        return f"{self.torch.partition('+')[0]} {self.device}"


def now() -> str:
    """The time as stored."""
    return datetime.now(timezone.utc).strftime(_TIME)


def make_ready(folder: Path) -> None:
    """Make sure that `folder` is there and can be written; OSError where not."""
    folder.mkdir(parents=True, exist_ok=True)
    probe = folder / f".probe-{os.getpid()}"
    probe.touch()
    probe.unlink()


def write(folder: Path, stored: Stored) -> Path:
    """Store in a file of its own; an existing one is never replaced, and a kill leaves none half-written."""
    facts = {name: getattr(stored, name) for name in _FACTS}
    content = {"truth": TRUTH_VERSION, "kind": stored.kind, **facts, "rows": [asdict(row) for row in stored.rows]}
    text = json.dumps(content, indent=1, allow_nan=False) + "\n"
    device = stored.device.replace(":", "")
    stem = f"{stored.made}-{stored.kind}-torch{re.sub(r'[^A-Za-z0-9.+_-]', '_', stored.torch)}-{device}"
    path = _reserved(folder, stem)
    temporary = folder / f".{path.name}.new"
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)
    return path


def _reserved(folder: Path, stem: str) -> Path:
    """A new name, taken at once by an empty file: two commands of one second get two names."""
    number = 1
    while True:
        path = folder / f"{stem}{'' if number == 1 else f'-{number}'}.json"
        try:
            path.touch(exist_ok=False)
            return path
        except FileExistsError:
            number += 1


def read(path: Path) -> Stored:
    """The rows of a file; TruthError, one line, where it holds none that this code reads."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise TruthError(f"{path}: too large for claims, hazards or safety")
        content = json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse_constant)
    except TruthError:
        raise
    except (OSError, ValueError, RecursionError) as error:
        raise TruthError(f"{path}: cannot be read: {str(error).splitlines()[0]}") from None
    if not isinstance(content, dict) or content.get("kind") not in KINDS or type(content.get("truth")) is not int:
        raise TruthError(f"{path}: not claims, hazards or safety of this suite")
    if content["truth"] != TRUTH_VERSION:
        what = "update it" if content["truth"] > TRUTH_VERSION else f"make {content['kind']} anew"
        raise TruthError(f"{path}: version {content['truth']}, this code reads {TRUTH_VERSION}; {what}")
    try:
        facts = {name: _fact(name, content.get(name)) for name in _FACTS}
        rows = content.get("rows")
        if not isinstance(rows, list):
            raise ValueError("field 'rows' is no list")
        return Stored(kind=content["kind"], rows=tuple(map(_READ[content["kind"]], rows)), **facts)
    except ValueError as error:
        raise TruthError(f"{path}: {error}") from None


def read_all(folders: Iterable[Path], kind: str) -> tuple[list[Stored], list[str]]:
    """Everything of `kind` stored in `folders`, oldest first, and a line for each file that cannot be read."""
    found, refused = [], []
    for folder in dict.fromkeys(folders):
        for path in sorted(folder.glob("*.json")):
            try:
                found.append(read(path))
            except TruthError as error:
                refused.append(str(error))
    found = [stored for stored in found if stored.kind == kind]
    return sorted(found, key=lambda stored: stored.made), refused


def newest(
    files: Sequence[Stored], where: Callable[[str, str], Where] = lambda torch, device: (torch, device)
) -> dict[Where, dict[str, Any]]:
    """By torch and device, as `where` names them: the newest row of each name. Versions in ascending order."""
    found: dict[Where, dict[str, Any]] = {}
    for stored in sorted(files, key=lambda stored: stored.made):
        rows = found.setdefault(where(stored.torch, stored.device), {})
        rows.update({row.name: _later(rows.get(row.name), row) for row in stored.rows})
    return dict(sorted(found.items(), key=lambda item: (version_key(item[0][0]), item[0][1])))


def _later(old: Any, new: Any) -> Any:
    """The newer row; of the safety matrix, answers to what it was not asked again stay."""
    if not isinstance(old, SafetyRow):
        return new
    kept = {q: old.cells.get(q, cell) if cell.text == NOT_ASKED else cell for q, cell in new.cells.items()}
    return replace(new, cells=kept)


def version_key(text: str) -> tuple:
    """What orders torch versions: 2.9 before 2.13."""
    numbers = [int(part) for part in re.findall(r"\d{1,9}", text.partition("+")[0])]
    return (numbers, text)


def _fact(name: str, value: Any) -> str:
    good = isinstance(value, str) and 0 < len(value) < 300 and value.isprintable()
    if not good or (name == "made" and not re.fullmatch(r"[0-9]{8}T[0-9]{6}Z", value)):
        raise ValueError(f"field {name!r} holds {str(value)[:40]!r}")
    return value


def _refuse_constant(text: str) -> float:
    raise ValueError(f"{text} is not strict JSON")
