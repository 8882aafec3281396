"""A measurement: one variant of one case in one pass, a line of the journal. Names carry the units."""

from dataclasses import asdict, dataclass, field, fields
from typing import Any

from benchmarks.record import strict_json
from benchmarks.record.checking import read_fields, read_object, reader_of
from benchmarks.record.field_types import (
    Bytes,
    BytesPerSecond,
    Count,
    Hertz,
    PerCall,
    Seconds,
    Share,
    SignedSeconds,
    types_of,
)
from benchmarks.record.names import OK, Allocator, PassKind, Phase, State, Variant
from benchmarks.record.versions import RECORD_VERSION, check_version


@dataclass(frozen=True, order=True)
class Case:
    """What was measured: pair x phase x one value on each axis. Two cases are the same iff all fields agree."""

    family: str
    pair: str
    phase: Phase
    numel: Count
    shape: tuple[Count, ...]
    dtype: str
    layout: str
    operand: str  #: the other operand: "none", "same" (a tensor of the same shape), "scalar"
    other_requires_grad: bool
    device: str
    allocator: Allocator
    threads: Count
    scale: Count = 0  #: the value of a scenario's own axis (batch, steps, tokens, depth), above zero; 0 for an op

    @property
    def records_graph(self) -> bool:
        """Whether autograd records its calls: in every phase but inference."""
        return self.phase != "inference"

    @classmethod
    def from_row(cls, row: object) -> "Case":
        """The case of a parsed JSON object that holds these fields and no others. ValueError says which is wrong."""
        return read_object(cls, row)


@dataclass(frozen=True)
class Measurement:
    """One variant of one case in one pass. None where a field does not apply to the kind or was not to be had."""

    case: Case
    variant: Variant
    kind: PassKind  #: never both in one pass
    pass_number: Count
    state: State = OK
    reason: str | None = None
    verified: bool = False  #: the two variants were shown to agree on this case's input, in this run
    # kind "time"
    times_s: tuple[SignedSeconds, ...] = ()  #: seconds per call of each round: two rounds a block, blocks in order
    calls_per_round: Count | None = None
    empty_call_s: Seconds | None = None  #: clock's own cost per call, already taken off
    floor_s: Seconds | None = None  #: time of the cheapest in-place op call on this device: what carries no signal
    host_times_s: tuple[SignedSeconds, ...] = ()  #: CUDA: seconds per call until it returns to the host, as above
    held: bool | None = None  #: CUDA: all calls of a round were queued before the device came to the first
    unheld_reason: str | None = None  #: why not, where they were not: host and device are timed together then
    cache: str | None = None  #: CUDA: where a round's inputs lie when its calls start: "hot" in L2, or "streamed"
    throttled_blocks: Count | None = None  #: CUDA: blocks in which the GPU was slowed down
    dropped_blocks: Count | None = None  #: CUDA: of these, those that are not in `times_s`, as enough others are
    page_faults: PerCall | None = None  #: minor faults per call, on CPU; under a stated heap in its first pass
    moved_bytes: Bytes | None = None  #: operand and result bytes the op must read and write; inference and forward
    #: This run's own bandwidth at this size: of a copy, for in-place of a write in place.
    ceiling_bytes_per_s: BytesPerSecond | None = None
    other_load_ratio: Share | None = None  #: other processes' share of the machine's CPU time meanwhile
    clock_hz: Hertz | None = None  #: CPU: read at the end of the case; CUDA: the SM clock while the calls ran
    wall_s: Seconds | None = None  #: seconds the whole case took, both variants
    rounds_s: Seconds | None = None  #: of these, in timed calls and what they need (restore, untimed forward)
    # kind "memory"
    peak_bytes: Bytes | None = None  #: highest live bytes during the phase's call, its own input included
    held_bytes: Bytes | None = None  #: live bytes after forward with only the result kept, result included
    leaked_bytes: Bytes | None = None  #: live bytes once input, result and gradients are let go, beyond those before
    garbage_bytes: Bytes | None = None  #: beyond these, what lives until garbage is collected
    step_peak_bytes: Bytes | None = None  #: highest live bytes during forward and backward
    rss_peak_bytes: Bytes | None = None  #: growth of the process's resident peak over the call, its input included
    reserved_peak_bytes: Bytes | None = None  #: CUDA: what the caching allocator took from the device
    #: Of scenarios on a CPU: highest live bytes in up to 30 equal shares of the call's allocator events, in order.
    forward_live_bytes: tuple[Bytes, ...] = ()
    backward_live_bytes: tuple[Bytes, ...] = ()  #: the same of backward, and of the update behind it
    #: How far the variants agree, where this pass compared them: "error", the largest difference as a share of its
    #: tensor's largest magnitude, and "differing", the share of elements that differ (up to record 3 scenarios
    #: alone have the first); where an op's differ, "outofplace_rounding" and "inplace_rounding", the same errors from
    #: what float64 gives; "gradient", in words, whether it is the derivative; "below_resolution": what the op changes
    #: is less than its dtype can tell; "same_calls": both variants of a scenario make the same calls of torch,
    #: arguments included (of older runs: of the same names). "running": the variant that ran as the case failed.
    extra: dict[str, Any] = field(default_factory=dict)

    def line(self) -> str:
        """This measurement as one line of strict JSON; fields that do not apply are left out."""
        row = {"record": RECORD_VERSION, **asdict(self.case)}
        for name in _MEASUREMENT_FIELDS:
            value = getattr(self, name)
            if value not in (None, (), {}):
                row[name] = value
        return strict_json.dumps(row)

    @classmethod
    def from_row(cls, row: object) -> "Measurement":
        """The measurement of one parsed journal line. ValueError says which field is wrong."""
        if not isinstance(row, dict):
            raise ValueError("a line must be a JSON object")
        check_version(row.get("record"))
        row = {"scale": 0, **row} if row["record"] == 1 else row
        if not row.keys() >= _REQUIRED.keys():
            raise ValueError(f"field {next(name for name in _REQUIRED if name not in row)!r} is missing")
        if not row.keys() <= _KNOWN:
            raise ValueError(f"field {min(row.keys() - _KNOWN)[:60]!r} is unknown")
        values = read_fields(_READERS, {name: value for name, value in row.items() if name != "record"})
        case = Case(**{name: values.pop(name) for name in _CASE_FIELDS})
        return cls(case=case, **values)


_CASE_FIELDS = tuple(f.name for f in fields(Case))
_MEASUREMENT_FIELDS = tuple(f.name for f in fields(Measurement) if f.name != "case")
_REQUIRED = dict.fromkeys((*_CASE_FIELDS, "variant", "kind", "pass_number"))  #: in order, so that errors are stable
_KNOWN = {"record", *_CASE_FIELDS, *_MEASUREMENT_FIELDS}
_TYPES = types_of(Case) | types_of(Measurement)
_READERS = {name: reader_of(_TYPES[name], null=False) for name in (*_CASE_FIELDS, *_MEASUREMENT_FIELDS)}
