"""The words of the record, each with its field type: variants, phases, allocators, states."""

from typing import Annotated

from benchmarks.record.field_types import Choice

OUTOFPLACE, INPLACE = VARIANTS = ("outofplace", "inplace")
#: The variants as written in prose.
PROSE = {OUTOFPLACE: "out-of-place", INPLACE: "in-place"}

#: The family of pairs from a user's file, and the topic of its scenarios.
USER = "user"

PHASES = ("inference", "forward", "backward", "step")

#: The allocator of a case. CPU heaps: pages kept, pages fresh, as the process had it; and the GPU's own allocator.
ALLOCATORS = ("retained", "fresh", "inherited", "caching")
#: The heaps that a pass's process may have (`running.heaps`).
HEAPS = ("retained", "large", "fresh", "inherited")

#: What a pass measures: one or the other.
KINDS = ("time", "memory")

#: How a case ended.
OK = "ok"
STATES = (OK, "disagreed", "unsupported", "out_of_memory", "crashed", "hung")

RUN_STATES = ("partial", "complete")
PASS_STATES = ("planned", "done")

Variant = Annotated[str, Choice(VARIANTS)]
Phase = Annotated[str, Choice(PHASES)]
Allocator = Annotated[str, Choice(ALLOCATORS)]
Heap = Annotated[str, Choice(HEAPS)]
PassKind = Annotated[str, Choice(KINDS)]
State = Annotated[str, Choice(STATES)]
RunState = Annotated[str, Choice(RUN_STATES)]
PassState = Annotated[str, Choice(PASS_STATES)]

#: A verdict is `faster`/`slower` beyond +/-difference, `no difference` within +/-equivalence (shares of 1).
THRESHOLDS = {"difference": 0.01, "equivalence": 0.03, "confidence": 0.95}

#: Bytes per element of each dtype that the suite measures, by torch's name. No other dtype is stored.
ITEM_BYTES = {
    "float32": 4,
    "float64": 8,
    "bfloat16": 2,
    "float16": 2,
    "complex64": 8,
    "int64": 8,
    "int32": 4,
    "int16": 2,
    "int8": 1,
    "uint8": 1,
    "bool": 1,
}
