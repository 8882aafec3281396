"""The look of every figure: one palette, quiet axes, and the bytes of a finished figure.

Colours are those of Okabe and Ito, told apart by every kind of colour vision; what a colour says, a marker's shape or
a text says too. Drawn with matplotlib's object interface: no global state is left behind.
"""

import io
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from xml.etree import ElementTree

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.intervals import FASTER, INCONCLUSIVE, NO_DIFFERENCE, SLOWER

OUTOFPLACE_COLOUR, INPLACE_COLOUR = "#d55e00", "#0072b2"
INK, MUTED, GRID, PAPER = "#1c1b19", "#6e6b64", "#e5e2da", "#fffefb"
#: One a phase; none is a variant's.
PHASE_STYLE = {
    "inference": {"color": "#009e73", "marker": "o"},
    "forward": {"color": "#cc79a7", "marker": "D"},
    "backward": {"color": "#e69f00", "marker": "s"},
    "step": {"color": "#7a5195", "marker": "^"},
}

#: A verdict has the colour of the variant that wins, and a shape of its own.
VERDICT_STYLE = {
    FASTER: {"color": INPLACE_COLOUR, "marker": "o", "markerfacecolor": INPLACE_COLOUR},
    SLOWER: {"color": OUTOFPLACE_COLOUR, "marker": "D", "markerfacecolor": OUTOFPLACE_COLOUR},
    NO_DIFFERENCE: {"color": MUTED, "marker": "s", "markerfacecolor": MUTED},
    INCONCLUSIVE: {"color": MUTED, "marker": "o", "markerfacecolor": PAPER},
}

#: On a page these colours follow the reader's light or dark scheme; the files of a figure keep them as they are.
_SCHEME = {
    INK: "var(--ink)",
    MUTED: "var(--muted)",
    GRID: "var(--rule)",
    PAPER: "var(--paper)",
    OUTOFPLACE_COLOUR: "var(--out)",
    INPLACE_COLOUR: "var(--in)",
}
_STYLE = {
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
    "text.parse_math": False,  # names come from files: a dollar sign is a dollar sign
}
#: Attributes that hold places on the page: a hundredth of a point is finer than any screen.
_PLACES = ("d", "x", "y", "transform", "points")
_NO_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}
_SVG_DOTS_PER_INCH, _PNG_DOTS_PER_INCH = 72, 110


@dataclass(frozen=True)
class Plate:
    """One figure of several that answer the same question."""

    name: str  #: what it shows of a section: a family, "pointwise, 1 of 2"; "" for all
    figure: Figure


def draw(plot: Callable[..., list[Plate]], *arguments: object) -> list[tuple[str, bytes, bytes]]:
    """Each plate of `plot(*arguments)`: its name, the bytes of an SVG and of a PNG file; the same for the same data."""
    with matplotlib.rc_context(_STYLE), warnings.catch_warnings():
        # A name may hold signs that the font lacks; an empty box says so better than a line on standard error.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        return [(plate.name, *_files(plate.figure)) for plate in plot(*arguments)]


def _files(figure: Figure) -> tuple[bytes, bytes]:
    svg, png = io.BytesIO(), io.BytesIO()
    # Laid out once, at the resolution at which letters are widest: with its layout engine a figure would be laid out
    # and drawn twice for each file, which is where the time goes.
    figure.set_dpi(_SVG_DOTS_PER_INCH)
    figure.get_layout_engine().execute(figure)
    figure.set_layout_engine(None)
    figure.savefig(svg, format="svg", metadata=_NO_METADATA)
    figure.savefig(png, format="png", dpi=_PNG_DOTS_PER_INCH, metadata={"Software": None})
    return svg.getvalue(), png.getvalue()


def inline_svg(svg: bytes, prefix: str, description: str) -> str:
    """`svg` as an element of a page: ids of its own (`prefix`), the page's fonts and colours, no outside reference.

    Its groups, blanks and far decimals, which show nothing, are left out: half of the bytes.
    """
    root = ElementTree.fromstring(svg)
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        for name in list(element.attrib):
            element.attrib[name.rpartition("}")[2]] = _for_page(name, element.attrib.pop(name), prefix)
    for defs in root.findall("defs"):
        for style in defs.findall("style"):
            defs.remove(style)
    _slim(root, set(re.findall(r"""(?<=[("]#)[^)"]+""", ElementTree.tostring(root, encoding="unicode"))))
    width = root.attrib.pop("width").removesuffix("pt")
    root.attrib.pop("height")
    root.attrib |= {"role": "img", "aria-label": description, "style": f"--width:{float(width) * 4 / 3:.0f}px"}
    return ElementTree.tostring(root, encoding="unicode")


def _for_page(name: str, value: str, prefix: str) -> str:
    if name == "id":
        return f"{prefix}-{value}"
    value = re.sub(r"font-family: [^;]*;? ?| ?rotate\(-0[^)]*\)", "", value)
    value = re.sub(r"#[0-9a-f]{6}\b", lambda found: _SCHEME.get(found[0], found[0]), value)
    value = re.sub(r"^#|(?<=url\()#", f"#{prefix}-", value)
    if name in _PLACES:
        value = re.sub(r"-?\d+\.\d{3,}", lambda found: f"{float(found[0]):.2f}", value)
        value = " ".join(value.split())
    return value


def _slim(element: ElementTree.Element, referenced: set[str]) -> None:
    """Without ids that nothing refers to, without groups that say nothing, without blanks between elements."""
    element.tail = None
    if element.tag != "text":
        element.text = None
    if element.attrib.get("id") not in referenced:
        element.attrib.pop("id", None)
    for name in [name for name, value in element.attrib.items() if not value]:
        del element.attrib[name]
    kept = []
    for child in element:
        _slim(child, referenced)
        kept += list(child) if child.tag == "g" and not child.attrib else [child]
    element[:] = kept


def quiet(axes: Axes) -> None:
    """No frame, no tick marks: the data and a hairline grid."""
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.tick_params(length=0)
    axes.set_axisbelow(True)


def short(label: str, longest: int = 30) -> str:
    """`label`, cut to what a figure's margin holds."""
    return label if len(label) <= longest else label[: longest - 1] + "…"
