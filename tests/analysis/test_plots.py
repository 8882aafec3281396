"""Figures name what is missing, say which side is better, and are the same for the same data."""

from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest

from analysis import canvas
from analysis.geomeans import sections
from analysis.load import Run, load_run
from analysis.page import DRAWINGS
from tests.analysis.invented import append_failure, append_times, around, case, empty_run

DRAWING = {drawing.name: drawing.plot for drawing in DRAWINGS}


def texts(svg: bytes) -> list[str]:
    return [element.text for element in ElementTree.fromstring(svg).iter() if element.tag.endswith("}text")]


@pytest.fixture(scope="module")
def shown(run: Run, cases: pd.DataFrame) -> pd.DataFrame:
    (section,) = sections([run])
    return section.cases


@pytest.mark.parametrize("name", ["speedup_by_op", "speedup_by_size", "memory_by_phase"])
def test_the_same_bytes_again_and_a_side_that_is_better(shown: pd.DataFrame, name: str) -> None:
    svg, png = canvas.draw(DRAWING[name], shown)
    assert (svg, png) == canvas.draw(DRAWING[name], shown)
    assert png.startswith(b"\x89PNG")
    assert any("→" in text or "←" in text for text in texts(svg))


def test_what_has_no_speedup_is_named_in_its_row(shown: pd.DataFrame) -> None:
    svg, _ = canvas.draw(DRAWING["speedup_by_op"], shown)
    words = {text.strip() for text in texts(svg)}
    assert {"crashed", "disagreed", "bistable", "not measured", "holds_half"} <= words


def test_nothing_to_draw_is_no_figure(tmp_path: Path) -> None:
    folder = empty_run(tmp_path)
    append_failure(folder, case("relu"), "hung", "no answer")
    run = load_run(folder)
    (section,) = sections([run])
    drawn = {name: canvas.draw(plot, section.cases) for name, plot in DRAWING.items()}
    assert [name for name, figure in drawn.items() if figure is None] == [
        "speedup_by_size",
        "memory_by_phase",
        "bandwidth",
    ]
    assert "hung" in {text.strip() for text in texts(drawn["speedup_by_op"][0])}


@pytest.mark.parametrize("speed", [1e-8, 1e8])
def test_a_speedup_beyond_the_axis_is_written(tmp_path: Path, speed: float) -> None:
    folder = empty_run(tmp_path)
    append_times(folder, case("absurd"), [speed] * 7)
    append_times(folder, case("relu"), around(2.0, 0.01))
    run = load_run(folder)
    (section,) = sections([run])
    svg, _ = canvas.draw(DRAWING["speedup_by_op"], section.cases)
    assert {"1.00e-08x", "1.00e+08x"} & {text.strip() for text in texts(svg)}


def test_bandwidth_of_both_variants(tmp_path: Path) -> None:
    folder = empty_run(tmp_path)
    append_times(folder, case("relu"), around(2.0, 0.01), moved_bytes=524288, ceiling_bytes_per_s=1e10)
    run = load_run(folder)
    (section,) = sections([run])
    svg, _ = canvas.draw(DRAWING["bandwidth"], section.cases)
    assert {"relu", "out-of-place", "in-place"} <= set(texts(svg))


def test_inline_svg_has_its_own_ids_and_the_pages_colours(shown: pd.DataFrame) -> None:
    svg, _ = canvas.draw(DRAWING["speedup_by_op"], shown)
    element = canvas.inline_svg(svg, "s1", 'what it "says"')
    root = ElementTree.fromstring(element)
    ids = [e.attrib["id"] for e in root.iter() if "id" in e.attrib]
    assert ids
    assert all(name.startswith("s1-") for name in ids)
    assert {e.attrib["href"].removeprefix("#") for e in root.iter("use")} <= set(ids)
    assert root.attrib["aria-label"] == 'what it "says"'
    assert "var(--ink)" in element
    assert "http" not in element
