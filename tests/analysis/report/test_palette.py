"""The colours of both schemes: text and marks stand out."""

import pytest

from analysis.report.palette import SCHEMES, css_variables


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_text_and_marks_stand_out_from_what_they_stand_on(scheme: str) -> None:
    colours = SCHEMES[scheme]
    for text in ("ink", "muted", "in-text", "out-text"):
        for ground in ("paper", "tint"):
            assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
    for mark in ("in", "out", "faint"):
        assert contrast(colours[mark], colours["paper"]) >= 3, mark
    for side in "fs":
        for step in (1, 2, 3):
            assert contrast(colours["ink"], colours[f"{side}{step}"]) >= 4.5
        assert contrast(colours["paper"], colours[f"{side}4"]) >= 4.5
    assert f"--ink: {colours['ink']};" in css_variables()
