"""The measured quantities: one entry per number that is measured of each variant besides its times.

The case table, the columns of `cases.csv` and their description, the page's tables, cards, the gate and dashboards read
this list. A new quantity takes four files: an entry here, a field of `benchmarks.record.Measurement`, the code that
measures it, and the line in `benchmarks.running.session` that stores it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from analysis.units import bytes_text, faults_text, rate_text
from benchmarks.record import VARIANTS

#: How the values of several passes are combined. Exact: deterministic, so one value, or none where passes differ.
Combination = Literal["exact", "median", "max"]


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """A number that is measured of each variant. Its columns are `outofplace_<name>` and `inplace_<name>`."""

    name: str  #: the field of `Measurement`
    kind: Literal["time", "memory"]  #: the passes that measure it; memory passes count bytes
    over_passes: Combination
    unit: str = ""
    meaning: str = ""  #: in the description of its columns of `cases.csv`; empty: it has none there
    text: Callable[[float | None], str]
    heading: str = ""  #: in tables of cases; empty: they do not show it
    on_card: bool = False  #: the terminal's card shows it too
    metric: str = ""  #: its name on dashboards; empty: they do not get it
    gated: bool = False  #: the gate judges it: more is worse
    fault: bool = False  #: normally 0; shown only where a case has another value

    def __post_init__(self) -> None:
        if self.gated and (self.kind, self.over_passes) != ("memory", "exact"):
            raise ValueError(f"{self.name}: without a test the gate judges only what is counted exactly")

    @property
    def columns(self) -> tuple[str, str]:
        """Out-of-place and in-place."""
        outofplace, inplace = (f"{variant}_{self.name}" for variant in VARIANTS)
        return outofplace, inplace

    @property
    def prose(self) -> str:
        """Its name in sentences: 'step peak bytes'."""
        return self.name.replace("_", " ")

    @property
    def short(self) -> str:
        """Its name before values, which have their unit: 'step peak'."""
        return self.heading or self.prose

    @property
    def ratio(self) -> str:
        """The column of out-of-place / in-place; only quantities counted in memory passes have it."""
        return f"{self.name.removesuffix('_bytes')}_ratio"


PEAK_BYTES = Quantity(
    name="peak_bytes",
    kind="memory",
    over_passes="exact",
    unit="bytes",
    meaning="highest live allocator bytes during the call, its own input included",
    text=bytes_text,
    heading="peak",
    on_card=True,
    metric="peak memory",
    gated=True,
)
HELD_BYTES = Quantity(
    name="held_bytes",
    kind="memory",
    over_passes="exact",
    unit="bytes",
    meaning="live bytes after forward with only the result kept, that result included",
    text=bytes_text,
    heading="held",
    metric="held memory",
    gated=True,
)
STEP_PEAK_BYTES = Quantity(
    name="step_peak_bytes",
    kind="memory",
    over_passes="exact",
    unit="bytes",
    meaning="highest live allocator bytes during forward and backward",
    text=bytes_text,
    heading="step peak",
    metric="step peak memory",
    gated=True,
)
PAGE_FAULTS = Quantity(
    name="page_faults",
    kind="time",
    over_passes="median",
    unit="faults per call",
    meaning="minor page faults, the median over passes",
    text=faults_text,
    heading="page faults",
)
#: These two make the share of bandwidth.
MOVED_BYTES = Quantity(name="moved_bytes", kind="time", over_passes="median", text=bytes_text)
CEILING = Quantity(name="ceiling_bytes_per_s", kind="time", over_passes="median", text=rate_text)
#: An upper bound, which the gate does not judge: CUDA rounds up to segments and keeps some from before in the pass.
RESERVED_PEAK_BYTES = Quantity(
    name="reserved_peak_bytes",
    kind="memory",
    over_passes="max",
    unit="bytes",
    meaning="CUDA: what the caching allocator took from the device during the call, the most of all passes",
    text=bytes_text,
    heading="reserved peak",
)
LEAKED_BYTES = Quantity(
    name="leaked_bytes",
    kind="memory",
    over_passes="exact",
    unit="bytes",
    meaning="live allocator bytes that a call leaves behind, once its input, result and gradients are let go",
    text=bytes_text,
    heading="leaked",
    on_card=True,
    gated=True,
    fault=True,
)
GARBAGE_BYTES = Quantity(
    name="garbage_bytes",
    kind="memory",
    over_passes="exact",
    unit="bytes",
    meaning="live allocator bytes that a call leaves to the garbage collector, being part of a cycle",
    text=bytes_text,
    heading="garbage",
    on_card=True,
    gated=True,
    fault=True,
)

#: Columns of `cases.csv` never move: those of SECOND and THIRD came later, and those of a new quantity come last.
FIRST = (PEAK_BYTES, HELD_BYTES, STEP_PEAK_BYTES, PAGE_FAULTS)
SECOND = (MOVED_BYTES, CEILING, RESERVED_PEAK_BYTES)
THIRD = (LEAKED_BYTES, GARBAGE_BYTES)
QUANTITIES = (*FIRST, *SECOND, *THIRD)

TIMED = tuple(quantity for quantity in QUANTITIES if quantity.kind == "time")
COUNTED = tuple(quantity for quantity in QUANTITIES if quantity.kind == "memory")
SHOWN = tuple(quantity for quantity in QUANTITIES if quantity.heading)
ON_CARD = tuple(quantity for quantity in QUANTITIES if quantity.on_card)
GATED = tuple(quantity for quantity in QUANTITIES if quantity.gated)


def combine_passes(values: Any, how: Combination) -> Any:
    """One value per group of `values`, one or more grouped columns; none where passes differ that must be equal."""
    return values.min().mask(passes_differ(values)) if how == "exact" else values.agg(how)


def passes_differ(values: Any) -> Any:
    """Per group of `values`, one or more grouped columns: whether it has more than one value."""
    return (values.min() != values.max()).fillna(False).astype(bool)
