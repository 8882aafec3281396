"""Cases of a pair at a small size: its plain one, and all others that its axes allow."""

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
    """Each dtype in the pair's first layout, each layout in its first dtype, and some other combinations.

    Each dtype has its own kernel (the first layout is contiguous wherever that exists), and each layout may have one.
    A pair does not run the whole product: `turn` shifts layouts against dtypes, so that with a turn per pair all pairs
    together cover every combination.
    """
    count = max(len(pair.dtypes), len(pair.layouts))
    plain = [(dtype, pair.layouts[0]) for dtype in pair.dtypes] + [(pair.dtypes[0], layout) for layout in pair.layouts]
    turned = [
        (pair.dtypes[at % len(pair.dtypes)], pair.layouts[(at + turn) % len(pair.layouts)]) for at in range(count)
    ]
    return list(dict.fromkeys(plain + turned))
