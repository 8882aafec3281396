"""The figures of the report: which there are, their order and their captions."""

from collections.abc import Callable
from dataclasses import dataclass

from analysis.report.figures import page_figures, plots
from analysis.report.figures.canvas import Plate
from analysis.section import Section


@dataclass(frozen=True)
class Drawing:
    """A question of the report: the name of its files, the function that draws its figures, and its caption."""

    name: str
    plot: Callable[[Section], list[Plate]]
    title: str
    caption: str


DRAWINGS = (
    Drawing(
        "speedup_by_op",
        plots.speedup_by_op,
        "Which ops are faster in place?",
        "Speedup of each op with its interval over passes. Right of 1x in-place is faster. A mark has the colour of "
        "the faster variant, grey for neither. Ops are sorted by the first panel of their family. An op without a case "
        "of the panel's size is drawn at its nearest size, which is named at the end of the row.",
    ),
    Drawing(
        "speedup_by_size",
        page_figures.speedup_by_size,
        "How does size change it?",
        "Every case with its interval, sorted by speedup within a size, a row per family and a panel per phase; the "
        "bar across them is their geomean. Above 1x in-place is faster. A family that was measured at one size is left "
        "out.",
    ),
    Drawing(
        "memory_by_phase",
        plots.memory_by_phase,
        "Does it save memory?",
        "Bytes of both variants in multiples of N, the bytes of the input; left is less. Peaks include the call's own "
        "input. A family's ops that need the same share a row.",
    ),
    Drawing(
        "bandwidth",
        page_figures.bandwidth,
        "Do ops that mostly move bytes gain?",
        "Each op without autograd at one size: the bytes per second that it must read and write, as a share of what "
        "this machine copied in the same run, against its speedup. Above 1x in-place is faster; above 100 % the data "
        "came from a cache. Only ops whose bytes are known are shown.",
    ),
    Drawing(
        "growth",
        page_figures.scenario_growth,
        "How does the cost of scenarios grow?",
        "Time and memory against the scale, both axes logarithmic, a panel per scenario and quantity; the thick line "
        "is the fitted power law, whose exponents are below. Lower is better.",
    ),
)


_HOST = (
    "Where the host of a GPU takes longer than its device, solid lines and full marks are the device's. Dashed lines "
    "lead to, or join, the times that a user feels: the longer of both. Up to a dotted line the host decides in most "
    "cases.\n"
)


def captions(host_decides: bool, drawn: int, sections: int) -> str:
    """The captions of all figures as Markdown, for a file next to them. The first `drawn` of `sections` have files."""
    few = f"Drawn of the first {drawn} of {sections} devices and runs; `report.html` shows all.\n"
    texts = [f"## `{each.name}`\n\n{each.title} {each.caption}\n" for each in DRAWINGS]
    return "\n".join(["# Figures\n", *([few] if drawn < sections else []), *([_HOST] if host_decides else []), *texts])
