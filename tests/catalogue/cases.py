"""Cases of a pair at a small size: its plain one, and all that its axes allow."""

from dataclasses import replace

from benchmarks.catalogue.pair import Pair
from benchmarks.planning.axes import Axes, cross
from benchmarks.planning.presets import Preset, Slice
from benchmarks.record import PHASES, Case

NUMEL = 256


def plain_case(family: str, pair: Pair, **axes) -> Case:
    """One small case without a graph, at the pair's usual values; `axes` changes some of them."""
    (case,) = cases_of(family, pair, phases=("inference",), dtype=pair.dtypes[0], layout=pair.layouts[0])[:1]
    return replace(case, **axes)


def cases_of(family: str, pair: Pair, dtype: str, layout: str, phases: tuple[str, ...] = PHASES) -> list[Case]:
    """Every operand kind, phase and requirement of a gradient for one dtype and layout."""
    slices = (Slice(phases, (), "all", operands=pair.operands), Slice(phases, (), "all", other_requires_grad=True))
    axes = Axes(("cpu",), (1,), numels=(NUMEL,), dtypes=(dtype,), layouts=(layout,))
    cases = cross({family: (pair,)}, Preset(slices, 1, 1.0, 1.0), axes)
    return [replace(case, allocator="inherited") for case in cases]


def every_dtype_and_layout(pair: Pair, turn: int) -> list[tuple[str, str]]:
    """Every dtype and every layout of a pair at least once, side by side; `turn` says which layout comes first.

    Not their product: torch walks a layout by the same iterator whatever the dtype, so a pair that is right in each
    layout in some dtype is right in each. With a turn for each pair, all of them together have every combination.
    """
    count = max(len(pair.dtypes), len(pair.layouts))
    return [(pair.dtypes[at % len(pair.dtypes)], pair.layouts[(at + turn) % len(pair.layouts)]) for at in range(count)]
