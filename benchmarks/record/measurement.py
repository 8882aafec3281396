"""A measurement: one variant of one case in one pass, one line of the journal. Names carry the units."""

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
    """What was measured: pair x phase x one value per axis. Two cases are the same iff all fields agree."""

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
        """Whether autograd records the calls: in every phase except inference."""
        return self.phase != "inference"

    @classmethod
    def from_row(cls, row: object) -> "Case":
        """The case of a parsed JSON object with these fields and no others. ValueError names a wrong field."""
        return read_object(cls, row)


@dataclass(frozen=True)
class Measurement:
    """One variant of one case in one pass. None: the field does not apply to the kind, or could not be measured."""

    case: Case
    variant: Variant
    kind: PassKind  #: time or memory, never both in one pass
    pass_number: Count
    state: State = OK
    reason: str | None = None
    verified: bool = False  #: the two variants agreed on this case's input, in this run
    # kind "time"
    times_s: tuple[SignedSeconds, ...] = ()  #: seconds per call of each round: two rounds per block, blocks in order
    calls_per_round: Count | None = None
    empty_call_s: Seconds | None = None  #: the clock's own cost per call, already subtracted
    floor_s: Seconds | None = None  #: the cheapest in-place op call on this device: times near it carry no signal
    host_times_s: tuple[SignedSeconds, ...] = ()  #: CUDA: seconds per call until it returns to the host, as above
    held: bool | None = None  #: CUDA: all calls of a round were queued before the device came to the first
    unheld_reason: str | None = None  #: if not held, why: host and device are then timed together
    cache: str | None = None  #: CUDA: where a round's inputs lie when its calls start: "hot" in L2, or "streamed"
    throttled_blocks: Count | None = None  #: CUDA: blocks in which the GPU was slowed down
    dropped_blocks: Count | None = None  #: CUDA: of these, not in `times_s`, as enough others are
    page_faults: PerCall | None = None  #: minor faults per call, on CPU; only in the first pass of a set heap
    moved_bytes: Bytes | None = None  #: operand and result bytes the op must read and write; inference and forward
    #: This run's bandwidth at this size: of a copy for out-of-place, of a write in place for in-place.
    ceiling_bytes_per_s: BytesPerSecond | None = None
    other_load_ratio: Share | None = None  #: other processes' share of the CPUs, also of the case before
    clock_hz: Hertz | None = None  #: CPU: read at the end of the case; CUDA: the SM clock while the calls ran
    wall_s: Seconds | None = None  #: the whole case, both variants
    rounds_s: Seconds | None = None  #: of these, in timed calls and what they need (restore, untimed forward)
    # kind "memory"
    peak_bytes: Bytes | None = None  #: highest live bytes during the phase's call, its own input included
    held_bytes: Bytes | None = None  #: live bytes after forward with only the result kept, result included
    leaked_bytes: Bytes | None = None  #: live bytes after input, result and gradients are released, beyond those before
    garbage_bytes: Bytes | None = None  #: of cycles, beyond these: freed by a garbage collection only
    step_peak_bytes: Bytes | None = None  #: highest live bytes during forward and backward
    rss_peak_bytes: Bytes | None = None  #: growth of the process's resident peak over the call, its input included
    reserved_peak_bytes: Bytes | None = None  #: CUDA: what the caching allocator took from the device
    #: Of scenarios on a CPU: highest live bytes in up to 30 equal shares of the call's allocator events, in order.
    forward_live_bytes: tuple[Bytes, ...] = ()
    backward_live_bytes: tuple[Bytes, ...] = ()  #: the same of backward, and of the update behind it
    #: How far the variants agree, where this pass compared them. "error": the largest difference as a share of its
    #: tensor's largest magnitude. "differing": the share of elements that differ (up to record 3 only scenarios have
    #: "error"). If an op's variants differ, "outofplace_rounding" and "inplace_rounding": their errors against float64.
    #: "gradient": in words, whether it is the derivative. "below_resolution": the op changes less than its dtype can
    #: represent. "same_calls": both variants of a scenario make the same torch calls with the same arguments (in older
    #: runs: the same names). "running": the variant that ran when the case failed.
    extra: dict[str, Any] = field(default_factory=dict)

    def line(self) -> str:
        """This measurement as one line of strict JSON, without fields that do not apply."""
        row = {"record": RECORD_VERSION, **asdict(self.case)}
        for name in _MEASUREMENT_FIELDS:
            value = getattr(self, name)
            if value not in (None, (), {}):
                row[name] = value
        return strict_json.dumps(row)

    @classmethod
    def from_row(cls, row: object) -> "Measurement":
        """The measurement in one parsed journal line. ValueError names a wrong field."""
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
_REQUIRED = dict.fromkeys((*_CASE_FIELDS, "variant", "kind", "pass_number"))  #: in order: error messages are stable
_KNOWN = {"record", *_CASE_FIELDS, *_MEASUREMENT_FIELDS}
_TYPES = types_of(Case) | types_of(Measurement)
_READERS = {name: reader_of(_TYPES[name], null=False) for name in (*_CASE_FIELDS, *_MEASUREMENT_FIELDS)}
