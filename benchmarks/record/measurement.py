"""The contract: names, units and version of everything that is measured. Standard library only.

How it lies in a run's folder is in `folder`. Units are SI seconds and bytes; names carry them (`_s`, `_bytes`). All
JSON is strict: no NaN, no Infinity.

History of RECORD_VERSION: 1 first version. 2 a case has a `scale`, run.json has `scenarios`; version 1 is still read.
History of METHOD_VERSION: 1 clone before each call, AB BA blocks, one fresh process a pass.
"""

import json
import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, fields

RECORD_VERSION = 2
READABLE = (1, 2)
METHOD_VERSION = 1

OUTOFPLACE, INPLACE = VARIANTS = ("outofplace", "inplace")
PHASES = ("inference", "forward", "backward", "step")
ALLOCATORS = ("retained", "fresh", "inherited", "caching")
KINDS = ("time", "memory")
OK = "ok"
STATES = (OK, "disagreed", "unsupported", "out_of_memory", "crashed", "hung")

#: No stored number reaches this; a file that says so is broken, and would overflow its readers' integers.
MOST = 2**60

#: A verdict is `faster`/`slower` beyond +/-difference, `no difference` within +/-equivalence (shares of 1).
THRESHOLDS = {"difference": 0.01, "equivalence": 0.03, "confidence": 0.95}


class RecordError(ValueError):
    """A stored run that cannot be read; the message is one line that names the file."""


def check_version(version: object) -> None:
    """ValueError where a record of this version is not one that this code reads."""
    if type(version) is not int or version not in READABLE:
        known = " and ".join(map(str, READABLE))
        raise ValueError(f"record version {repr(version)[:60]}, this code reads {known}")


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
        check_version(row.get("record"))
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
