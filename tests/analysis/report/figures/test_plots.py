"""Figures name what is missing, say which side is better, and are the same for the same data."""

from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest

from analysis.report import write
from analysis.report.figures import canvas
from analysis.report.figures.drawings import DRAWINGS
from analysis.report.figures.sheets import cases_by_family
from analysis.report.html.anchors import Anchors
from analysis.report.html.bandwidth import bandwidth_cloud
from analysis.report.html.size_panels import size_panels
from analysis.run.load import load_run
from analysis.section import Section, sections
from tests.analysis.invented import append_failure, append_times, around, case, empty_run
from tests.analysis.only_section import only_section

DRAWING = {drawing.name: drawing.plot for drawing in DRAWINGS}
SPEEDUP = DRAWING["speedup_by_op"]


def svgs(plot: Callable, section: Section) -> list[tuple[str, bytes]]:
    """Each plate's name and SVG: what it says stands there, and a PNG takes longer than all else."""
    return [(name, files["svg"]) for name, files in canvas.draw(plot, section, kinds=["svg"])]


def texts(svg: bytes) -> list[str]:
    return [element.text for element in ElementTree.fromstring(svg).iter() if element.tag.endswith("}text")]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["speedup_by_op", "speedup_by_size", "memory_by_phase"])
def test_the_same_bytes_again_and_a_side_that_is_better(named_section: Section, name: str) -> None:
    plates = canvas.draw(DRAWING[name], named_section)
    assert plates
    assert plates == canvas.draw(DRAWING[name], named_section)
    for _, files in plates:
        assert files["png"].startswith(b"\x89PNG")
        assert any("→" in text or "←" in text for text in texts(files["svg"]))


def test_what_has_no_speedup_is_named_in_its_row(named_section: Section) -> None:
    plates = {name: {text.strip() for text in texts(svg)} for name, svg in svgs(SPEEDUP, named_section)}
    assert {"crashed", "disagreed", "bistable", "pointwise"} <= plates["pointwise"]
    assert "holds_half" in plates["activations"]


def test_nothing_to_draw_is_no_figure(tmp_path: Path) -> None:
    folder = empty_run(tmp_path)
    append_failure(folder, case("relu"), "hung", "no answer")
    run = load_run(folder)
    (section,) = sections([run])
    drawn = {name: svgs(plot, section) for name, plot in DRAWING.items()}
    assert [name for name, plates in drawn.items() if not plates] == [
        "speedup_by_size",
        "memory_by_phase",
        "bandwidth",
        "growth",
    ]
    assert "hung" in {text.strip() for text in texts(drawn["speedup_by_op"][0][1])}


@pytest.mark.slow
@pytest.mark.parametrize("speed", [1e-8, 1e8])
def test_a_speedup_beyond_the_axis_is_written(tmp_path: Path, speed: float) -> None:
    folder = empty_run(tmp_path)
    append_times(folder, case("absurd"), [speed] * 7)
    append_times(folder, case("relu"), around(2.0, 0.01))
    run = load_run(folder)
    (section,) = sections([run])
    ((_, svg),) = svgs(SPEEDUP, section)
    assert {"1.00e-08x", "1.00e+08x"} & {text.strip() for text in texts(svg)}


@pytest.mark.slow
def test_a_figure_of_the_page_has_its_places_and_texts(tmp_path: Path) -> None:
    folder = empty_run(tmp_path)
    for name, speed, moved in (("busy", 2.0, 1_000_000), ("idle", 0.5, 10_000)):
        append_times(folder, case(name), around(speed, 0.01), moved_bytes=moved, ceiling_bytes_per_s=1e10)
        append_times(folder, case(name, numel=1024), around(speed, 0.01))
    section = only_section(folder)
    drawn = bandwidth_cloud(section, Anchors([section]))
    ((_, svg),) = svgs(DRAWING["bandwidth"], section)
    assert {text for _, text in (*drawn.shares, *drawn.ticks)} <= set(texts(svg))
    (plate,) = DRAWING["bandwidth"](section)
    marks = [line for line in plate.figure.axes[0].lines if line.get_marker() in "os"]
    assert {(line.get_xdata()[0], line.get_ydata()[0]) for line in marks} == {(dot.x, dot.y) for dot in drawn.dots}
    (_, (panel,)), *_ = size_panels(section)[1]
    (plate,) = DRAWING["speedup_by_size"](section)
    places = {float(y) for line in plate.figure.axes[0].lines for y in line.get_ydata()}
    assert places == {y for size in panel.sizes for marks in size.marks for _, y in marks.dots}


def rows_of(svg: bytes, prefix: str) -> list[str]:
    return [text for text in texts(svg) if text.startswith(prefix)]


@pytest.mark.slow
def test_a_large_family_is_cut_into_figures_and_no_op_is_lost(tmp_path: Path) -> None:
    folder = empty_run(tmp_path)
    for number in range(90):
        append_times(folder, case(f"op{number:03}", phase="inference"), [1.0 + number / 100])
        append_times(folder, case(f"op{number:03}", phase="step"), [1.0])
    plates = svgs(SPEEDUP, only_section(folder))
    assert [name for name, _ in plates] == [f"pointwise, {n} of 2" for n in (1, 2)]
    ops = [rows_of(svg, "op") for _, svg in plates]
    assert max(map(len, ops)) <= 80
    assert sorted(op for some in ops for op in some) == [f"op{number:03}" for number in range(90)]
    assert "op089" in ops[0], "the fastest come first"


def test_families_beyond_the_readable_share_a_figure() -> None:
    cases = pd.DataFrame({"family": [f"family{number:02}" for number in range(40)], "number": range(40)})
    parts = list(cases_by_family(cases))
    assert [name for name, _ in parts][-2:] == ["family23", "16 more families"]
    assert [number for _, part in parts for number in part["number"]] == list(range(40))


@pytest.mark.slow
def test_only_the_plain_case_of_an_op_has_a_row(tmp_path: Path) -> None:
    folder = empty_run(tmp_path)
    append_times(folder, case("add"), around(2.0, 0.01))
    append_times(folder, case("add", dtype="bfloat16"), around(3.0, 0.01))
    ((_, svg),) = svgs(SPEEDUP, only_section(folder))
    assert rows_of(svg, "add") == ["add"]


@pytest.mark.slow
def test_a_panel_of_few_ops_says_so_once(tmp_path: Path) -> None:
    folder = empty_run(tmp_path)
    for number in range(10):
        append_times(folder, case(f"op{number}"), around(2.0, 0.01))
    for number in range(3):
        append_times(folder, case(f"op{number}", phase="forward"), around(2.0, 0.01))
    for number in range(8):
        append_times(folder, case(f"op{number}", phase="step"), around(2.0, 0.01))
    ((_, svg),) = svgs(SPEEDUP, only_section(folder))
    words = [text.replace("\u00a0", " ").strip() for text in texts(svg)]
    assert words.count("not measured") == 2, "those of the step alone"
    assert "64 Ki elements, float32; 3 of 10 ops" in words


@pytest.mark.slow
def test_another_size_than_the_panels_is_said(tmp_path: Path) -> None:
    folder = empty_run(tmp_path)
    for number in range(10):
        append_times(folder, case(f"op{number}"), around(2.0, 0.01))
    append_times(folder, case("slow", numel=1024), around(1.5, 0.01))
    ((_, svg),) = svgs(SPEEDUP, only_section(folder))
    assert [text.replace("\u00a0", " ") for text in texts(svg)].count("1 Ki") == 1


def test_sizes_are_drawn_by_family_and_one_size_is_none(tmp_path: Path) -> None:
    folder = empty_run(tmp_path)
    for family in ("pointwise", "linalg", "scans"):
        for numel in (1024, 65536) if family != "scans" else (1024,):
            append_times(folder, case(f"{family}_op", family=family, numel=numel), around(2.0, 0.01))
    ((name, svg),) = svgs(DRAWING["speedup_by_size"], only_section(folder))
    titles = {text for text in texts(svg) if text.endswith(", inference")}
    assert (name, titles) == ("", {"pointwise, inference", "linalg, inference"})


@pytest.mark.slow
def test_beyond_a_number_of_devices_the_page_alone_shows_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write, "MOST_DRAWN", 1)
    folder = empty_run(tmp_path)
    for number in range(2):
        append_times(folder, case("op", device=f"cuda:{number}", allocator="caching"), around(2.0, 0.01))
    page = write.write_report(sections([load_run(folder)]), tmp_path / "report")
    names = {path.stem for path in (tmp_path / "report/plots").glob("*.svg")}
    assert names and all(name.endswith("-cuda0") for name in names)
    assert "Drawn of the first 1 of 2 devices" in (tmp_path / "report/plots/FIGURES.md").read_text(encoding="utf-8")
    assert all(device in page.read_text(encoding="utf-8") for device in ("cuda:0", "cuda:1"))
