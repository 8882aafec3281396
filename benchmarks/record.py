"""The contract: names, units and version of everything a run stores. Standard library only.

A run is a folder:

- `run.json`: options, machine facts, ceilings, passes, start, end and state (one JSON object, replaced atomically)
- `measurements.jsonl`: the journal, one line a measurement, appended in pairs and never edited
- `pytest-benchmark-<pass>.json`: a timed pass in pytest-benchmark's format

Units are SI seconds and bytes; names carry them (`_s`, `_bytes`). All JSON is strict: no NaN, no Infinity.

History of RECORD_VERSION: 1 first version. 2 a case has a `scale`, run.json has `scenarios`; version 1 is still read.
History of METHOD_VERSION: 1 clone before each call, AB BA blocks, one fresh process a pass.
"""

import json
import math
import os
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

RECORD_VERSION = 2
READABLE = (1, 2)
METHOD_VERSION = 1

OUTOFPLACE, INPLACE = VARIANTS = ("outofplace", "inplace")
PHASES = ("inference", "forward", "backward", "step")
ALLOCATORS = ("retained", "fresh", "inherited", "caching")
KINDS = ("time", "memory")
OK = "ok"
STATES = (OK, "disagreed", "unsupported", "out_of_memory", "crashed", "hung")
RUN_STATES = ("partial", "complete")

RUN_FILE = "run.json"
JOURNAL_FILE = "measurements.jsonl"

#: No stored number reaches this; a file that says so is broken, and would overflow its readers' integers.
MOST = 2**60

#: A verdict is `faster`/`slower` beyond +/-difference, `no difference` within +/-equivalence (shares of 1).
THRESHOLDS = {"difference": 0.01, "equivalence": 0.03, "confidence": 0.95}


class RecordError(ValueError):
    """A stored run that cannot be read; the message is one line that names the file."""


@dataclass(frozen=True, order=True)
class Case:
    """What was measured: pair x phase x one value on each axis. Two cases are the same iff all fields agree."""

    family: str
    pair: str
    phase: str
    numel: int
    shape: tuple[int, ...]
    dtype: str
    layout: str
    operand: str  #: the other operand: "none", "same" (a tensor of the same shape), "scalar"
    other_requires_grad: bool
    device: str
    allocator: str
    threads: int
    scale: int = 0  #: the value of a scenario's own axis (batch, steps, tokens, depth), above zero; 0 for an op

    @classmethod
    def from_row(cls, row: object) -> "Case":
        """The case of a parsed JSON object that holds these fields and no others. ValueError says which is wrong."""
        if not isinstance(row, dict):
            raise ValueError("a case must be a JSON object")
        missing = [name for name in _CASE_FIELDS if name not in row]
        if missing:
            raise ValueError(f"field {missing[0]!r} is missing")
        unknown = set(row) - set(_CASE_FIELDS)
        if unknown:
            raise ValueError(f"unknown field {min(unknown)!r}")
        return cls(**{name: _checked(name, value) for name, value in row.items()})


@dataclass(frozen=True)
class Measurement:
    """One variant of one case in one pass. None where a field does not apply to the kind or was not to be had."""

    case: Case
    variant: str
    kind: str  #: "time" or "memory": never both in one pass
    pass_number: int
    state: str = OK
    reason: str | None = None
    verified: bool = False  #: the two variants were shown to agree on this case's input, in this run
    # kind "time"
    times_s: tuple[float, ...] = ()  #: seconds per call of each round: two rounds a block, blocks in order
    calls_per_round: int | None = None
    empty_call_s: float | None = None  #: clock's own cost per call, already taken off
    floor_s: float | None = None  #: time of the cheapest in-place op call on this device: what carries no signal
    host_times_s: tuple[float, ...] = ()  #: CUDA: seconds per call until it returns to the host, blocks as above
    page_faults: float | None = None  #: minor faults per call, on CPU
    moved_bytes: int | None = None  #: operand and result bytes the op must read and write; inference and forward
    ceiling_bytes_per_s: float | None = None  #: this run's own copy (in-place: in-place write) bandwidth at this size
    other_load_ratio: float | None = None  #: other processes' share of the machine's CPU time meanwhile
    clock_hz: float | None = None  #: CPU or SM clock read at the end of the case
    wall_s: float | None = None  #: seconds the whole case took, both variants
    rounds_s: float | None = None  #: of these, in timed calls and what they need (restore, untimed forward)
    # kind "memory"
    peak_bytes: int | None = None  #: highest live bytes during the phase's call, its own input included
    held_bytes: int | None = None  #: live bytes after forward with only the result kept, result included
    step_peak_bytes: int | None = None  #: highest live bytes during forward and backward
    rss_peak_bytes: int | None = None  #: growth of the process's resident peak over the call, its input included
    reserved_peak_bytes: int | None = None  #: CUDA: what the caching allocator took from the device
    extra: dict = field(default_factory=dict)  #: "error": a scenario's largest disagreement, a share of 1

    def line(self) -> str:
        """This measurement as one line of strict JSON; fields that do not apply are left out."""
        row = {"record": RECORD_VERSION, **asdict(self.case)}
        for name in _MEASUREMENT_FIELDS:
            value = getattr(self, name)
            if value not in (None, (), {}):
                row[name] = value
        return json.dumps(row, allow_nan=False, separators=(",", ":"))

    @classmethod
    def from_row(cls, row: dict) -> "Measurement":
        """The measurement of one parsed journal line. ValueError says which field is wrong."""
        if not isinstance(row, dict):
            raise ValueError("a line must be a JSON object")
        if type(row.get("record")) is not int or row["record"] not in READABLE:
            raise ValueError(f"record version {repr(row.get('record'))[:60]}, this code reads {_readable()}")
        row = {"scale": 0, **row} if row["record"] == 1 else row
        if not row.keys() >= _REQUIRED.keys():
            raise ValueError(f"field {next(name for name in _REQUIRED if name not in row)!r} is missing")
        if not row.keys() <= _KNOWN:
            raise ValueError(f"unknown field {min(row.keys() - _KNOWN)[:60]!r}")
        values = {name: _checked(name, value) for name, value in row.items() if name != "record"}
        case = Case(**{name: values.pop(name) for name in _CASE_FIELDS})
        return cls(case=case, **values)


_CASE_FIELDS = tuple(f.name for f in fields(Case))
_MEASUREMENT_FIELDS = tuple(f.name for f in fields(Measurement) if f.name != "case")
_REQUIRED = dict.fromkeys((*_CASE_FIELDS, "variant", "kind", "pass_number"))  #: in order, so that errors are stable
_KNOWN = {"record", *_CASE_FIELDS, *_MEASUREMENT_FIELDS}
_CHOICES = {"variant": VARIANTS, "kind": KINDS, "phase": PHASES, "allocator": ALLOCATORS, "state": STATES}
_TEXT = {"family", "pair", "dtype", "layout", "operand", "device", "reason"}
_COUNTS = {"numel", "threads", "scale", "pass_number", "calls_per_round", "moved_bytes", "peak_bytes", "held_bytes"} | {
    "step_peak_bytes",
    "rss_peak_bytes",
    "reserved_peak_bytes",
}
_FLAGS = {"other_requires_grad", "verified"}
_SEQUENCES = {"times_s", "host_times_s"}


def _is_count(value: object) -> bool:
    return type(value) is int and 0 <= value < MOST


def _is_amount(value: object) -> bool:
    """A comparison with NaN is false, and bool is a type of its own."""
    return type(value) in (int, float) and 0 <= value < MOST


def _are_times(values: object) -> bool:
    """Each a finite number; below zero where a round took less than the clock's own cost.

    A hundred of them stand in a line, so they are looked at together. Adding up tells NaN, which has no order.
    """
    if type(values) is not list or not set(map(type, values)) <= {int, float}:
        return False
    return not values or (min(values) > -MOST and max(values) < MOST and not math.isnan(sum(values)))


#: What each field must hold, whoever wrote the line; of those not named an amount.
_CHECKS: dict[str, Callable[[object], bool]] = {
    **{
        name: lambda value, choices=choices: type(value) is str and value in choices
        for name, choices in _CHOICES.items()
    },
    **dict.fromkeys(_TEXT, lambda value: type(value) is str),
    **dict.fromkeys(_FLAGS, lambda value: type(value) is bool),
    **dict.fromkeys(_COUNTS, _is_count),
    **dict.fromkeys(_SEQUENCES, _are_times),
    "shape": lambda value: type(value) is list and all(map(_is_count, value)),
    "extra": lambda value: type(value) is dict,
}


def _checked(name: str, value: object) -> object:
    """`value` in the type the field has; ValueError where it does not fit. Guards every reader against bad files."""
    if not _CHECKS.get(name, _is_amount)(value):
        raise ValueError(f"field {name!r} holds {str(value)[:60]!r}")
    return tuple(value) if type(value) is list else value


def block_log_ratios(outofplace_times_s: Sequence[float], inplace_times_s: Sequence[float]) -> list[float]:
    """One value a block: the mean of its two log ratios, ln t_outofplace - ln t_inplace.

    The only place that knows the order of `times_s`: rounds 2i and 2i + 1 of both variants belong to block i.
    Blocks in which a time is not above zero (below the clock's own cost) carry no ratio and are left out.
    """
    values = []
    for i in range(0, min(len(outofplace_times_s), len(inplace_times_s)) - 1, 2):
        rounds = [*outofplace_times_s[i : i + 2], *inplace_times_s[i : i + 2]]
        if min(rounds) > 0:
            a, b, c, d = map(math.log, rounds)
            values.append((a + b - c - d) / 2)
    return values


def pass_log_speedup(outofplace_times_s: Sequence[float], inplace_times_s: Sequence[float]) -> float | None:
    """What one pass says of a case: the median over its blocks; None where no block carries a ratio."""
    values = block_log_ratios(outofplace_times_s, inplace_times_s)
    return statistics.median(values) if values else None


def append_pair(folder: Path, outofplace: Measurement, inplace: Measurement) -> None:
    """Append both measurements of a case to the journal in one write, so that a kill tears at most the last lines."""
    if (outofplace.case, outofplace.variant, inplace.variant) != (inplace.case, OUTOFPLACE, INPLACE):
        raise ValueError("a pair of lines is one case, out-of-place first")
    data = f"{outofplace.line()}\n{inplace.line()}\n".encode()
    path = folder / JOURNAL_FILE
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        # A predecessor killed in mid-write leaves a torn line: start on a fresh one, so that ours stays whole.
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


@dataclass(frozen=True)
class Journal:
    """What a run's journal holds."""

    pairs: tuple[tuple[Measurement, Measurement], ...]  #: (out-of-place, in-place), in the order they were made
    lone: tuple[Measurement, ...]  #: one variant of a case in a pass that has no complete pair
    torn: int  #: lines that are no JSON: a killed writer's


def read_journal(folder: Path) -> Iterator[tuple[Measurement, Measurement]]:
    """The complete pairs of lines of a run; see `read_whole_journal`."""
    yield from read_whole_journal(folder).pairs


def read_whole_journal(folder: Path) -> Journal:
    """The journal of a run; empty where there is none.

    For one case, kind and pass the last complete pair wins; lone lines and torn lines are kept out of the pairs.
    Raises RecordError for a line that is whole but not of this record.
    """
    path = folder / JOURNAL_FILE
    pairs: dict[tuple, tuple[Measurement, Measurement]] = {}
    lone: dict[tuple, Measurement] = {}
    waiting: Measurement | None = None
    torn = 0
    for number, line in enumerate(_lines(path), start=1):
        if not line.strip():
            continue
        try:
            row = _STRICT.decode(line.decode())
        except (ValueError, RecursionError):
            waiting = None  # torn by a kill; the pair it belonged to is in flight and lost
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


def _lines(path: Path) -> Iterator[bytes]:
    if not path.exists():
        return
    try:
        with path.open("rb") as journal:
            yield from journal
    except OSError as error:
        raise RecordError(f"{path}: {error.strerror}") from None


def _readable() -> str:
    return " and ".join(map(str, READABLE))


def _refuse_constant(text: str) -> float:
    raise ValueError(f"{text} is not strict JSON")


#: One for all lines: `json.loads` would make one for each.
_STRICT = json.JSONDecoder(parse_constant=_refuse_constant)


def write_run(folder: Path, run: dict) -> None:
    """Replace run.json atomically: a reader, or a kill, sees the old one or the new one."""
    text = json.dumps({"record": RECORD_VERSION, "method": METHOD_VERSION, **run}, indent=1, allow_nan=False)
    temporary = folder / (RUN_FILE + ".new")
    temporary.write_text(text + "\n", encoding="utf-8")
    temporary.replace(folder / RUN_FILE)


def read_run(folder: Path) -> dict:
    """The facts of a stored run. RecordError, one line, where the folder holds none that this code reads."""
    path = folder / RUN_FILE
    try:
        run = json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse_constant)
    except FileNotFoundError:
        raise RecordError(f"{folder}: not a run (it has no {RUN_FILE})") from None
    except NotADirectoryError:
        raise RecordError(f"{folder}: not a run (a run is a folder)") from None
    except (OSError, ValueError, RecursionError) as error:
        raise RecordError(f"{path}: cannot be read: {str(error).splitlines()[0]}") from None
    if not isinstance(run, dict) or type(run.get("record")) is not int:
        raise RecordError(f"{path}: not a run of this suite")
    if run["record"] not in READABLE:
        raise RecordError(f"{path}: record version {str(run['record'])[:60]}, this code reads {_readable()}; update it")
    if run.get("state") not in RUN_STATES or not isinstance(run.get("machine"), dict):
        raise RecordError(f"{path}: not a run of this suite")
    return run
