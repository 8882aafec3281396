"""A run's folder: how measurements and facts are written and read. Standard library only.

- `run.json`: options, machine facts, ceilings, passes, start, end and state (one JSON object, replaced atomically)
- `measurements.jsonl`: the journal, one line per measurement, appended in pairs and never edited; packed in kept runs
- `pytest-benchmark-<pass>.json`: a timed pass in pytest-benchmark's format
"""

import os
import re
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from benchmarks.record import strict_json
from benchmarks.record.measurement import Measurement
from benchmarks.record.names import INPLACE, OK, OUTOFPLACE
from benchmarks.record.packed_file import is_packed, open_stored
from benchmarks.record.reason import first_line
from benchmarks.record.regular_file import read_text
from benchmarks.record.run_facts import RunFacts, unfit_fields
from benchmarks.record.versions import METHOD_VERSION, RECORD_VERSION, RecordError, check_version
from benchmarks.record.whole_file import write_whole

RUN_FILE = "run.json"
JOURNAL_FILE = "measurements.jsonl"
#: What a line says of its pass and state, as `Measurement.line` writes it.
_PASS, _MEASURED = re.compile(rb'"pass_number":(\d+)'), f'"state":"{OK}"'.encode()


def append_pair(folder: Path, outofplace: Measurement, inplace: Measurement) -> None:
    """Append both measurements of a case to the journal in one write, so that a kill tears at most the last lines.

    ValueError, with nothing written, if they could not be read back: one such line would make the whole journal
    unreadable.
    """
    if (outofplace.case, outofplace.variant, inplace.variant) != (inplace.case, OUTOFPLACE, INPLACE):
        raise ValueError("a pair of lines is one case, out-of-place first")
    lines = [outofplace.line(), inplace.line()]
    for line in lines:
        Measurement.from_row(strict_json.loads(line))
    data = "".join(f"{line}\n" for line in lines).encode()
    path = folder / JOURNAL_FILE
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        # A process killed in mid-write leaves a torn line: begin a new line.
        if _ends_torn(path):
            data = b"\n" + data
        while data:
            data = data[os.write(handle, data) :]
    finally:
        os.close(handle)


def _ends_torn(path: Path) -> bool:
    with path.open("rb") as journal:
        if journal.seek(0, os.SEEK_END) == 0:
            return False
        journal.seek(-1, os.SEEK_END)
        return journal.read(1) != b"\n"


def has_packed_journal(folder: Path) -> bool:
    """Whether a run is kept packed, so that nothing more is appended to it."""
    return is_packed(folder / JOURNAL_FILE)


@dataclass(frozen=True)
class Journal:
    """What a run's journal holds."""

    pairs: tuple[tuple[Measurement, Measurement], ...]  #: (out-of-place, in-place), in the order they were made
    lone: tuple[Measurement, ...]  #: one variant of a case in a pass that has no complete pair
    torn: int  #: incomplete lines, left by a killed process


def read_journal(folder: Path) -> Iterator[tuple[Measurement, Measurement]]:
    """The complete pairs of lines of a run; see `read_whole_journal`."""
    yield from read_whole_journal(folder).pairs


def read_journal_of(folder: Path, passes: Container[int]) -> Iterator[tuple[Measurement, Measurement]]:
    """The same, of these passes and of cases that failed in any. Both lines of a pair have one state."""
    yield from read_whole_journal(folder, passes).pairs


def read_whole_journal(folder: Path, passes: Container[int] | None = None) -> Journal:
    """The journal of a run; empty if there is none. `passes`: lines of others are left out, but for failures.

    Of several complete pairs for one case, kind and pass the last one counts; lone and torn lines are in no pair.
    Raises RecordError for a complete line that is not of this record.
    """
    path = folder / JOURNAL_FILE
    pairs: dict[tuple, tuple[Measurement, Measurement]] = {}
    lone: dict[tuple, Measurement] = {}
    waiting: Measurement | None = None
    torn = 0
    for number, line in enumerate(_lines(path), start=1):
        if not line.strip() or (passes is not None and _is_left_out(line, passes)):
            continue
        try:
            row = strict_json.loads(line.decode())
        except (ValueError, RecursionError):
            waiting = None  # torn by a kill, and so is its pair
            torn += 1
            continue
        try:
            measurement = Measurement.from_row(row)
        except ValueError as error:
            raise RecordError(f"{path}:{number}: {error}") from None
        key = (measurement.case, measurement.kind, measurement.pass_number)
        lone[key] = measurement
        if measurement.variant == OUTOFPLACE:
            waiting = measurement
        elif waiting is not None and key == (waiting.case, waiting.kind, waiting.pass_number):
            pairs.pop(key, None)
            pairs[key] = (waiting, measurement)
            waiting = None
        else:
            waiting = None
    return Journal(tuple(pairs.values()), tuple(one for key, one in lone.items() if key not in pairs), torn)


def _is_left_out(line: bytes, passes: Container[int]) -> bool:
    found = _PASS.search(line)
    return found is not None and int(found[1]) not in passes and _MEASURED in line


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with open_stored(path) as journal:
            yield from journal
    except FileNotFoundError:
        return
    except OSError as error:
        raise RecordError(f"{path}: cannot be read: {error.strerror}") from None


def write_run(folder: Path, run: Mapping[str, Any]) -> None:
    """Replace run.json atomically: a reader, or a kill, sees the old file or the new one."""
    text = strict_json.dumps({"record": RECORD_VERSION, "method": METHOD_VERSION, **run}, indent=1)
    write_whole(folder / RUN_FILE, text + "\n")


def read_run(folder: Path) -> RunFacts:
    """The facts of a stored run. RecordError, one line, if the folder holds none that this code reads.

    Only that it is a run is checked: a field may be missing, or differ from its declaration.
    """
    path = folder / RUN_FILE
    try:
        run = strict_json.loads(read_text(path))
    except FileNotFoundError:
        raise RecordError(f"{folder}: not a run (it has no {RUN_FILE})") from None
    except NotADirectoryError:
        raise RecordError(f"{folder}: not a run (a run is a folder)") from None
    except OSError as error:
        raise RecordError(f"{path}: cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise RecordError(f"{path}: cannot be read: {first_line(error)}") from None
    if not isinstance(run, dict) or type(run.get("record")) is not int:
        raise RecordError(f"{path}: not a run of this suite")
    try:
        check_version(run["record"])
    except ValueError as error:
        raise RecordError(f"{path}: {error}; update it") from None
    if unfit_fields(run, ("state",)) or not isinstance(run.get("machine"), dict):
        raise RecordError(f"{path}: not a run of this suite")
    return cast(RunFacts, run)
