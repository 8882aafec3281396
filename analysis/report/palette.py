"""One palette for figures and page: the meaning of colours, in a light and in a dark scheme.

Colours are those of Okabe and Ito, which every kind of colour vision can distinguish; a shape, a text or a place
repeats their meaning. In-place is blue and out-of-place orange, everywhere. Text in either colour has its own shade,
for a contrast of at least 4.5 (WCAG AA); marks have at least 3.
"""

OUTOFPLACE_COLOUR, INPLACE_COLOUR = "#d55e00", "#0072b2"
INK, MUTED, GRID, PAPER = "#1c1b19", "#66635c", "#e5e2da", "#fffefb"

#: The share of a variant's colour in the tints of a heat map, from hardly to far faster or slower.
_SHARES = (0.14, 0.30, 0.50, 0.86)
#: From this tint on, text on it has the colour of the paper.
DEEP = 4

_LIGHT = {
    "ink": INK,
    "muted": MUTED,
    "faint": "#8a867d",  # marks only
    "rule": GRID,
    "paper": PAPER,
    "tint": "#f6f4ee",
    "in": INPLACE_COLOUR,
    "out": OUTOFPLACE_COLOUR,
    "in-text": "#00639b",
    "out-text": "#a64600",
}
_DARK = {
    "ink": "#e9e6df",
    "muted": "#a9a59b",
    "faint": "#817d74",
    "rule": "#37352f",
    "paper": "#181715",
    "tint": "#232220",
    "in": "#56b4e9",
    "out": "#f08a3c",
    "in-text": "#6cbdec",
    "out-text": "#f39a55",
}


def _mix(colour: str, paper: str, share: float) -> str:
    pairs = [(int(colour[i : i + 2], 16), int(paper[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(share * ours + (1 - share) * theirs):02x}" for ours, theirs in pairs)


def _tints(scheme: dict[str, str], colours: dict[str, str]) -> dict[str, str]:
    return {
        f"{name}{step}": _mix(colour, scheme["paper"], share)
        for name, colour in colours.items()
        for step, share in enumerate(_SHARES, start=1)
    }


#: By scheme, by name: `f1` to `f4` are tints of faster, `s1` to `s4` of slower.
SCHEMES = {
    "light": _LIGHT | _tints(_LIGHT, {"f": "#00639b", "s": "#a64600"}),
    "dark": _DARK | _tints(_DARK, {"f": "#56b4e9", "s": "#f08a3c"}),
}


def css_variables() -> str:
    """The schemes as CSS: the reader's system decides, unless the page's root has `data-scheme`."""
    light, dark = (" ".join(f"--{name}: {colour};" for name, colour in SCHEMES[n].items()) for n in ("light", "dark"))
    return (
        f":root {{ color-scheme: light; {light} }}\n"
        f"@media screen and (prefers-color-scheme: dark) {{"
        f" :root:not([data-scheme=light]) {{ color-scheme: dark; {dark} }} }}\n"
        f"@media screen {{ :root[data-scheme=dark] {{ color-scheme: dark; {dark} }} }}\n"
    )
