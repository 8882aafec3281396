"""Curves of a GPU: the device's solid, what a user feels dashed where they differ, and up to where the host decides."""

import pytest

from analysis.report.figures import canvas
from analysis.report.figures.drawings import DRAWINGS, captions
from analysis.report.html.anchors import Anchors
from analysis.report.html.bandwidth import bandwidth_cloud
from analysis.report.html.scenario_blocks import scenarios_context
from analysis.report.html.size_panels import size_panels
from analysis.section import Section

pytestmark = pytest.mark.slow  # draws figures

PLOTS = {drawing.name: drawing.plot for drawing in DRAWINGS}
FELT, UNTIL = "as a user feels it", "the host decides up to here"


def drawn(name: str, section: Section) -> list[str]:
    return [files["svg"].decode() for _, files in canvas.draw(PLOTS[name], section, kinds=["svg"])]


@pytest.mark.parametrize(("name", "legend"), [("speedup_by_op", FELT), ("bandwidth", FELT), ("speedup_by_size", UNTIL)])
def test_dashes_and_a_legend_where_the_host_decides(small: Section, name: str, legend: str) -> None:
    for svg in drawn(name, small):
        assert FELT in svg and legend in svg and svg.count("stroke-dasharray") > 2


@pytest.mark.parametrize("name", ["speedup_by_op", "bandwidth"])
def test_none_at_a_size_at_which_the_device_does(sized: Section, name: str) -> None:
    assert not any("stroke-dasharray" in svg or FELT in svg for svg in drawn(name, sized))


def test_growth_has_both_and_the_scale_up_to_which_the_host_decides(sized: Section) -> None:
    (svg,) = drawn("growth", sized)
    assert FELT in svg and UNTIL in svg


@pytest.mark.parametrize("name", PLOTS)
def test_a_cpu_has_neither(named_section: Section, name: str) -> None:
    assert not any("stroke-dasharray" in svg or FELT in svg for svg in drawn(name, named_section))


def test_captions_speak_of_the_host_where_it_decides() -> None:
    assert "dotted line" in captions(host_decides=True, drawn=9, sections=1)
    assert "dotted line" not in captions(host_decides=False, drawn=9, sections=1)


def test_panels_of_the_page_have_a_second_bar_and_a_limit(
    sized: Section, small: Section, named_section: Section
) -> None:
    (_, (panel, _)), *_ = size_panels(sized)[1]
    first, *_, last = panel.sizes
    assert first.felt_y < first.y and last.felt_y is None
    assert first.title.replace("\u00a0", " ").endswith("1.00x of 2 cases, 1.37x as a user feels it")
    assert panel.sizes[2].right < panel.host_until < last.left
    (_, (throughout, _)), *_ = size_panels(small)[1]
    assert throughout.host_until > throughout.sizes[-1].right
    assert not any(panel.host_until for _, panels in size_panels(named_section)[1] for panel in panels if panel)


def test_points_of_the_cloud_lead_to_what_is_felt(small: Section, sized: Section) -> None:
    dots = {dot.pair: dot for dot in bandwidth_cloud(small, Anchors([small])).dots}
    x, y = dots["relu"].felt
    assert x < dots["relu"].x and y < dots["relu"].y  # a smaller share of the bandwidth, a larger speedup
    assert dots["relu"].title.endswith("; as a user feels it 1.33x")
    assert not any(dot.felt for dot in bandwidth_cloud(sized, Anchors([sized])).dots)


def test_growth_on_the_page_has_both(sized: Section) -> None:
    ((_, (block,)),) = scenarios_context(sized)["topics"]
    (panel,) = block.growth
    assert all(line.felt.startswith("M") for line in panel.lines)
    ticks = {text: x for x, text in panel.ticks}
    assert ticks["8"] < panel.host_until < ticks["16"]


def test_the_page_says_what_dashes_are(sized_page: str) -> None:
    for words in ("the dashed bar the geomean as a user feels it", "dashed lines felt times", "way felt"):
        assert words in sized_page, words
