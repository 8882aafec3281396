"""Live memory over a call, drawn: both variants in one axis."""

from pathlib import Path

import pytest

from analysis.numbers.timelines import Timeline, timelines_of
from analysis.report.html.memory_timelines import HEIGHT, WIDTH, timeline_panel
from analysis.report.html.scenario_blocks import scenarios_context
from analysis.report.write import write_report
from analysis.run.load import load_run
from analysis.section import Section
from analysis.units import bytes_text
from benchmarks.record import INPLACE, OUTOFPLACE, VARIANTS
from tests.analysis.invented import append_bytes, declaration, empty_run, scenario_case
from tests.analysis.only_section import only_section

CALLED = {OUTOFPLACE: "out-of-place", INPLACE: "in-place"}
OUT = {"forward_live_bytes": (1024, 4096), "backward_live_bytes": (2048, 1024), "peak_bytes": 4096}
INTO = {"forward_live_bytes": (1024, 2048), "backward_live_bytes": (3072, 1024), "peak_bytes": 3072}


def run_of(parent: Path, phases: tuple[str, ...] = ("step",)) -> Path:
    folder = empty_run(parent, scenarios={"net": declaration(), "old": declaration()})
    for phase in phases:
        append_bytes(folder, scenario_case("net", phase=phase), OUT, INTO)
    append_bytes(folder, scenario_case("old"), {"peak_bytes": 4096}, {"peak_bytes": 4096})
    return folder


@pytest.fixture
def section(tmp_path: Path) -> Section:
    return only_section(run_of(tmp_path))


def test_a_run_gives_the_timelines_that_it_stored(section: Section) -> None:
    ((key, both),) = timelines_of(section.run.frame, "cpu").items()
    assert key[:2] == ("net", "step")
    assert both[OUTOFPLACE] == Timeline((1024, 4096), (2048, 1024))
    assert (both[OUTOFPLACE].peak_region, both[INPLACE].peak_region) == ("forward", "backward")


def test_a_panel_has_one_axis_for_both() -> None:
    both = {OUTOFPLACE: Timeline((1024, 4096), (2048,)), INPLACE: Timeline((1024, 2048), (2048,))}
    panel = timeline_panel("step", both, CALLED)
    assert [text for _, text in panel.ends] == ["0", bytes_text(4096)]
    out, into = panel.lines
    (zero_y, _), (top_y, _) = panel.ends
    assert out.peak[1] == top_y and into.peak[1] == (zero_y + top_y) / 2
    assert [line.about for line in panel.lines] == [
        f"out-of-place: at most {bytes_text(4096)}, in forward",
        f"in-place: at most {bytes_text(2048)}, in forward",
    ]
    assert [text for _, text in panel.regions] == ["forward", "backward"] and panel.split is not None
    assert 0 < out.peak[0] < panel.split < WIDTH and 0 < top_y < zero_y < HEIGHT


def test_a_call_without_backward_takes_the_whole_width() -> None:
    panel = timeline_panel("inference", {variant: Timeline((8, 16), ()) for variant in VARIANTS}, CALLED)
    assert panel.split is None and [text for _, text in panel.regions] == ["the call"]
    assert panel.lines[0].about == f"out-of-place: at most {bytes_text(16)}"


def test_nothing_at_all_is_a_flat_line() -> None:
    panel = timeline_panel("inference", {variant: Timeline((0,), ()) for variant in VARIANTS}, CALLED)
    assert panel.lines[0].peak[1] == panel.ends[0][0]


def test_the_card_of_a_scenario_draws_it_and_that_of_an_older_run_does_not(section: Section) -> None:
    blocks = {block.name: block for _, blocks in scenarios_context(section)["topics"] for block in blocks}
    assert [panel.title for panel in blocks["net"].timelines] == ["step: live memory"] and not blocks["old"].timelines


def test_a_step_shows_its_forward_and_backward(tmp_path: Path) -> None:
    folder = run_of(tmp_path, ("inference", "forward", "backward", "step"))
    blocks = {block.name: block for _, each in scenarios_context(only_section(folder))["topics"] for block in each}
    assert [panel.title for panel in blocks["net"].timelines] == ["inference: live memory", "step: live memory"]


@pytest.mark.slow
def test_the_page_says_what_it_draws(tmp_path: Path) -> None:
    write_report([only_section(run_of(tmp_path))], tmp_path / "report")
    page = (tmp_path / "report/report.html").read_text(encoding="utf-8").replace("\N{NO-BREAK SPACE}", " ")
    assert (
        'aria-label="net, step: live memory: out-of-place: at most 4 KiB, in forward; in-place: at most 3 KiB' in page
    )
    assert "lower is better" in page


def test_what_was_stored_is_read_back(tmp_path: Path) -> None:
    rows = load_run(run_of(tmp_path)).frame
    assert list(rows["backward_live_bytes"]) == [(2048, 1024), (3072, 1024), (), ()]
