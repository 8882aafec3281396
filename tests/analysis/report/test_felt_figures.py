"""Where the host of a GPU decides, the report answers by what a user feels and gives the device's figure beside it."""

from pathlib import Path

import pytest

from analysis.cards.gather import cards
from analysis.report import tables
from analysis.report.answer import answer_sentences, time_sentences
from analysis.report.exports.files import export_files
from analysis.report.html.anchors import Anchors
from analysis.report.html.heatmap import heatmap
from analysis.report.html.phases import phase_table
from analysis.report.html.runs import runs_page
from analysis.report.html.scenario_blocks import scenarios_context
from analysis.report.markdown import report_markdown
from analysis.right.truth import Truth
from analysis.scenarios.judging import judge_all
from analysis.section import Section
from analysis.units import MISSING
from tests.analysis.invented import around, empty_run
from tests.analysis.invented_gpu import SHORT_S, append_gpu_times, gpu_case
from tests.analysis.only_section import only_section

pytestmark = pytest.mark.slow  # whole runs, tables or figures


def said(text: str) -> str:
    return text.replace("\u00a0", " ")


def append_op(folder: Path, pair: str, host_s: tuple[float, float], numel: int = 1024, device_s: float = SHORT_S):
    times = (device_s,) * 4
    append_gpu_times(folder, gpu_case(pair, numel=numel), around(1.0, 0.005), host_s, times_s=times)


def test_the_answer_has_both_figures(tmp_path: Path) -> None:
    folder = empty_run(tmp_path)
    for pair in ("relu", "exp"):
        append_op(folder, pair, (8e-6, 6e-6))
        append_op(folder, pair, (8e-6, 6e-6), numel=2**20, device_s=1e-4)
    felt, device, host, *_ = map(said, answer_sentences(only_section(folder)))
    assert felt.startswith("As a user feels it, in-place is faster in 2 and no different in 2 of 4 cases;")
    assert "1.15x without autograd (1.33x at 1 Ki elements, 1.00x at 1 Mi)" in felt
    assert device.startswith("On the device alone, in-place is no different in 4 of 4 cases;")
    assert host == (
        "The host decides in 2 of 4 cases, in most of those at 1 Ki elements. Where it decides, the geomean speedup is "
        "1.00x on the device and 1.33x as a user feels it."
    )


def test_sizes_are_named_where_the_host_decides_in_most_cases(tmp_path: Path) -> None:
    folder = empty_run(tmp_path)
    for place, pair in enumerate(("relu", "exp", "sin")):
        append_op(folder, pair, (8e-6, 6e-6))
        append_op(folder, pair, (8e-6, 6e-6), numel=65536, device_s=1e-4 if place else SHORT_S)
    *_, host = time_sentences(only_section(folder))
    assert said(host).startswith("The host decides in 4 of 6 cases, in most of those at 1 Ki elements. Where")


def test_no_size_is_named_where_few_of_each_are(tmp_path: Path) -> None:
    folder = empty_run(tmp_path)
    for place, pair in enumerate(("relu", "exp", "sin")):
        append_op(folder, pair, (8e-6, 8e-6), device_s=1e-4 if place else SHORT_S)
    *_, host = time_sentences(only_section(folder))
    assert said(host).startswith("The host decides in 1 of 3 cases. Where")


def test_where_the_device_decides_one_sentence_says_it(tmp_path: Path, named_section: Section) -> None:
    folder = empty_run(tmp_path)
    append_op(folder, "relu", (8e-6, 6e-6), device_s=1e-4)
    for part in (only_section(folder), named_section):
        assert len(time_sentences(part)) == 1
        assert not any(word in sentence for sentence in answer_sentences(part) for word in ("device", "feels"))


def test_a_geomean_has_both_figures_where_they_differ(sized: Section, named_section: Section) -> None:
    by_size = {said(name): cells[0] for name, cells in tables.geomean_rows(sized, "size")}
    small, large = by_size["1 Ki"], by_size["16 Mi"]
    assert (small.ratio, small.device_ratio) == ("1.24x", "1.02x")
    assert said(small.basis) == "6 cases, the host decides in 6"
    assert ("faster", 5) in small.verdicts and ("no difference", 4) in small.device_verdicts
    assert (large.ratio, large.device_ratio, large.device_verdicts) == ("1.02x", "", [])
    assert not any(
        cell.device_ratio for _, cells in tables.geomean_rows(named_section, "family") for cell in cells if cell
    )


def test_tables_of_one_figure_have_what_is_felt(sized: Section, sized_page: str) -> None:
    anchors = Anchors([sized])
    heat = heatmap(sized.felt, anchors)
    cell = {name: cells for name, _, _, cells in heat.rows}["relu"][0]
    assert (cell.text, said(cell.about)) == ("1.33", "1.33x to 1.33x, faster, the host decides")
    speeds = {name: cells for name, _, _, cells in phase_table(sized.felt, anchors).rows}["relu"]
    assert (speeds[0].text, "the host decides" in speeds[0].about) == ("1.00x", False)  # at the largest size
    for words in (
        "in its plain case, as a user feels it.",
        "its speedup as a user feels it along the axis",
        "Based on medians as a user feels them and exact bytes",
        '<small class="instead">felt</small> <strong>1.24x</strong>',
        '<small class="instead">device</small> <b>1.02x</b>',
    ):
        assert words in sized_page, words


def test_runs_side_by_side_have_both_geomeans(sized: Section, named_section: Section) -> None:
    shown = runs_page([named_section, sized], ["", "s2-"], Anchors([named_section, sized]))
    facts = dict(shown.facts)
    assert facts["geomean speedup, inference"][1] == "1.18x of 24 cases"
    assert facts["geomean speedup, inference, on the device"] == [MISSING, "1.02x"]
    assert shown.host_decides


def test_markdown_has_both_geomeans(sized: Section) -> None:
    text = said(report_markdown([sized], Truth(), [cards(sized, Truth())]))
    assert "**As a user feels it, without autograd, in-place is" in text
    assert "| 1 Ki | **1.24x** felt, **1.02x** on the device (6 cases, the host decides in 6) |" in text
    assert "| 16 Mi | **1.02x** (6 cases" in text


def test_scenarios_are_judged_by_what_is_felt(sized: Section) -> None:
    expected, growth = judge_all(sized)
    assert (expected.outcome, said(expected.measured)) == ("confirmed", "speedup 1.25x (1.25x to 1.25x): faster")
    assert (growth.outcome, growth.measured) == ("confirmed", "∝ steps^1.00 ± 0.00, steps 4 to 16")  # on the device
    shown = scenarios_context(sized)
    ((_, (block,)),) = shown["topics"]
    assert said(block.figures[0].device) == "on the device 32.0 → 31.4 µs, 1.02x"
    assert said(shown["sentence"]).startswith(
        "In real models (1 scenario), as a user feels them, in-place is faster in 1 of 1 in a training step. "
        "On the device alone (the host decides in 1 case) in-place is faster in 1 of 1 in a training step."
    )


def test_tables_for_programs_have_both(sized: Section) -> None:
    made = export_files([sized], Truth())
    rows = [line.split(",") for line in made["tables/sizes.csv"].splitlines()]
    small = dict(zip(rows[0], rows[1], strict=True))
    assert (small["phase"], small["size"], small["host_decides"]) == ("inference", "1024", "6")
    assert (round(float(small["speedup"]), 2), round(float(small["felt_speedup"]), 2)) == (1.02, 1.24)


def test_tables_for_programs_have_no_felt_number_on_a_cpu(named_section: Section) -> None:
    made = export_files([named_section], Truth())
    for name in ("families", "phases", "sizes", "axes"):
        lines = [line.split(",") for line in made[f"tables/{name}.csv"].splitlines()]
        assert all(line[-1] == line[-2] == "" for line in lines[1:]), name
