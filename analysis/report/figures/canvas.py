"""The look of every figure file: marks, plain axes, and the bytes of a finished figure.

Figures use matplotlib's object interface, which leaves no global state behind.
"""

import io
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.report.palette import GRID, INK, INPLACE_COLOUR, MUTED, OUTOFPLACE_COLOUR, PAPER
from benchmarks.record.interval import FASTER, INCONCLUSIVE, NO_DIFFERENCE, SLOWER

#: A verdict has the colour of the faster variant, and its own shape.
VERDICT_STYLE: dict[str, dict[str, Any]] = {
    FASTER: {"color": INPLACE_COLOUR, "marker": "o", "markerfacecolor": INPLACE_COLOUR},
    SLOWER: {"color": OUTOFPLACE_COLOUR, "marker": "D", "markerfacecolor": OUTOFPLACE_COLOUR},
    NO_DIFFERENCE: {"color": MUTED, "marker": "s", "markerfacecolor": MUTED},
    INCONCLUSIVE: {"color": MUTED, "marker": "o", "markerfacecolor": PAPER},
}

_STYLE: dict[Any, Any] = {  # matplotlib's stubs list all keys as literals
    "font.family": ["DejaVu Sans"],
    "font.size": 8.5,
    "axes.titlesize": 9.5,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.edgecolor": GRID,
    "axes.labelcolor": MUTED,
    "axes.titlecolor": INK,
    "axes.facecolor": "none",
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": INK,
    "xtick.labelsize": 8,
    "figure.facecolor": PAPER,
    "savefig.facecolor": PAPER,
    "svg.fonttype": "none",
    "svg.hashsalt": "in-place against out-of-place",
    "text.parse_math": False,  # names come from files: a dollar sign starts no formula
}
#: How a figure is saved as each kind of file: without the date and other facts of the machine.
_SAVED: dict[str, dict[str, Any]] = {
    "svg": {"dpi": 72, "metadata": {"Date": None, "Creator": None, "Format": None, "Type": None}},
    "png": {"dpi": 110, "metadata": {"Software": None}},
}
KINDS = tuple(_SAVED)


@dataclass(frozen=True)
class Plate:
    """One figure of several that answer the same question."""

    name: str  #: the part of a section that it shows: a family, "pointwise, 1 of 2"; "" for all
    figure: Figure


def draw(
    plot: Callable[..., list[Plate]], *arguments: object, kinds: Sequence[str] = KINDS
) -> list[tuple[str, dict[str, bytes]]]:
    """Each plate of `plot(*arguments)`: its name, and its bytes by kind of file. Equal data give equal bytes."""
    with matplotlib.rc_context(_STYLE), warnings.catch_warnings():
        # A name may have characters that the font lacks; an empty box shows that better than a line on standard error.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        return [(plate.name, _files(plate.figure, kinds)) for plate in plot(*arguments)]


def _files(figure: Figure, kinds: Sequence[str]) -> dict[str, bytes]:
    # Laid out once, at the resolution with the widest letters: else the layout engine would lay out and draw the figure
    # twice for each file, which takes most of the time.
    figure.set_dpi(_SAVED["svg"]["dpi"])
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.execute(figure)
    figure.set_layout_engine(None)
    files = {}
    for kind in kinds:
        written = io.BytesIO()
        figure.savefig(written, format=kind, **_SAVED[kind])
        files[kind] = written.getvalue()
    return files


def hide_frame(axes: Axes) -> None:
    """Removes the frame and tick marks: the data and a hairline grid stay."""
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.tick_params(length=0)
    axes.set_axisbelow(True)


def short(label: str, longest: int = 30) -> str:
    """`label`, cut to fit a figure's margin."""
    return label if len(label) <= longest else label[: longest - 1] + "…"
