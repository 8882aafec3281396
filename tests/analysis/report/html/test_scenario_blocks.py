"""Scenarios in the report: apart from ops, beside what was expected of them."""

import csv
from pathlib import Path

import pytest

from analysis.numbers.geomeans import headline
from analysis.report.answer import answer_sentences
from analysis.report.html.scenario_blocks import scenarios_context
from analysis.report.write import write_report
from analysis.run.load import load_run
from analysis.scenarios.csv_tables import scenario_tables
from analysis.scenarios.judging import judge_all
from analysis.section import Section, sections
from tests.analysis.hostile import HOSTILE
from tests.analysis.invented import (
    append_bytes,
    append_times,
    around,
    case,
    declaration,
    empty_run,
    expecting,
    growing,
    named_run,
    scenario_case,
    scenario_run,
)
from tests.analysis.only_section import only_section
from tests.analysis.page import Page


@pytest.fixture(scope="module")
def section(tmp_path_factory: pytest.TempPathFactory) -> Section:
    return only_section(scenario_run(tmp_path_factory.mktemp("runs")))


@pytest.fixture(scope="module")
def written(section: Section, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    write_report([section], folder)
    return folder


@pytest.fixture(scope="module")
def page(written: Path) -> Page:
    return Page((written / "report.html").read_text(encoding="utf-8"))


def test_each_expectation_has_its_outcome(section: Section) -> None:
    assert [(each.scenario, each.quantity, each.outcome) for each in judge_all(section)] == [
        ("faster_as_expected", "time", "confirmed"),
        ("slower_than_expected", "time", "contradicted"),
        ("too_noisy_to_say", "time", "open"),
        ("holds_half_as_expected", "held", "confirmed"),
        ("holds_half_as_expected", "peak", "confirmed"),
        ("grows_squarely", "time", "contradicted"),
        ("grows_squarely", "time", "confirmed"),
        ("does_not_fit", "held", "open"),
    ]


def test_a_run_of_scenarios_alone_has_an_answer(section: Section) -> None:
    assert answer_sentences(section) == [
        "In real models (6 scenarios) in-place is faster in 2, slower in 1 and no different in 1 of 5 (1 inconclusive) "
        "in a training step. It holds less memory for backward in 1 of 1 and needs the same memory at the peak in "
        "all 2. Expectations: 4 confirmed, 2 contradicted, 2 open.",
        "Not compared: 1 case (1 out of memory).",
    ]


@pytest.mark.slow
def test_scenarios_enter_no_number_of_ops(tmp_path: Path) -> None:
    folder = named_run(tmp_path)
    before = answer_sentences(only_section(folder))
    append_times(folder, scenario_case("rnn", family="pointwise", scale=4), around(9.0, 0.01))
    section = only_section(folder)
    assert "rnn" not in set(headline(section.cases)["pair"])
    first, memory, models, left_out = answer_sentences(section)
    assert [first, memory, left_out] == before
    assert models == "In real models (1 scenario) in-place is faster in 1 of 1 in a training step."
    assert len(section.all_cases) == len(section.cases) + 1


def test_ops_alone_have_no_scenarios(tmp_path: Path) -> None:
    section = only_section(named_run(tmp_path))
    assert section.scenarios.empty
    assert scenarios_context(section) == {}
    assert scenario_tables([section]) == {}


def test_a_scenario_is_told_at_its_usual_scale_and_grows_over_all(section: Section) -> None:
    blocks = {block.name: block for _, blocks in scenarios_context(section)["topics"] for block in blocks}
    squarely = blocks["grows_squarely"]
    assert squarely.figures[0].speed.text == "8.00x", "at scale 8, the first declared"
    assert squarely.about.startswith("steps 8 · input 8x100 float32 · 2 threads")
    time, peak = squarely.growth
    assert (squarely.axis, time.title, peak.title) == ("steps", "step: time", "step: peak memory")
    assert [line.exponent for line in time.lines] == ["steps^2.00 ± 0.00", "steps^1.00 ± 0.00"]
    assert [len(line.marks) for line in peak.lines] == [4, 4]
    assert blocks["faster_as_expected"].growth == [], "one scale is no growth"


def test_figures_of_a_phase(section: Section) -> None:
    blocks = {block.name: block for _, blocks in scenarios_context(section)["topics"] for block in blocks}
    (figures,) = blocks["holds_half_as_expected"].figures
    assert (figures.held.ratio, figures.held.word) == ("2.00x", "less")
    assert figures.peak.word == "same", "two bytes of eight thousand"
    assert "agree to 2e-07 of the largest magnitude (allowed: 1e-05)" in blocks["holds_half_as_expected"].about
    assert blocks["does_not_fit"].failed == "out of memory: needs 64 GiB"


def test_a_variant_that_needs_nothing_is_no_gap(tmp_path: Path) -> None:
    folder = empty_run(tmp_path, scenarios={name: declaration() for name in ("none_left", "none_at_all")})
    append_bytes(folder, scenario_case("none_left"), {"held_bytes": 64}, {"held_bytes": 0})
    append_bytes(folder, scenario_case("none_at_all"), {"held_bytes": 0}, {"held_bytes": 0})
    ((_, blocks),) = scenarios_context(only_section(folder))["topics"]
    assert [(block.held.ratio, block.held.word) for block in blocks] == [("∞", "less"), ("1.00x", "same")]


@pytest.mark.slow
def test_the_page_sets_expectation_beside_measurement(page: Page) -> None:
    for words in (
        "Expectations that this run contradicts",
        "out-of-place: time ∝ steps^1",
        "∝ steps^2.00 ± 0.00, steps 4 to 16",
        "in-place: less held memory, by 2.00x at least",
        "No phase gave a number: out of memory: needs 64 GiB",
        "What people do.",
    ):
        assert words in page.text
    assert "never_measured" not in page.text
    assert "Which ops are faster" not in page.text, "there are none"


@pytest.mark.slow
def test_the_files(written: Path) -> None:
    names = {path.relative_to(written).as_posix() for path in written.rglob("*") if path.is_file()}
    assert {f"tables/{name}.csv" for name in ("scenarios", "expectations", "growth", "cases")} <= names
    assert {name for name in names if name.startswith("plots/")} - {"plots/FIGURES.md"} == {
        f"plots/growth-recurrence-cpu.{kind}" for kind in ("svg", "png")
    }
    with (written / "tables/cases.csv").open(encoding="utf-8") as table:
        cases = list(csv.DictReader(table))
    assert sorted(row["scale"] for row in cases if row["pair"] == "grows_squarely") == ["16", "2", "4", "8"]
    text = (written / "report.md").read_text(encoding="utf-8")
    assert "| slower_than_expected | **0.80x** slower |" in text


def test_tables_for_scripts(section: Section) -> None:
    tables = scenario_tables([section])
    rows = tables["scenarios"].set_index(["scenario", "scale"])
    held = rows.loc["holds_half_as_expected", 8]
    assert (held["outofplace_held_bytes"], held["held_ratio"], held["agreement_error"]) == (4096, 2.0, 2e-07)
    assert (held["usual"], rows.loc[("grows_squarely", 4), "usual"], held["topic"]) == (True, False, "vision")
    (expectation,) = tables["expectations"].dropna(subset="factor").itertuples()
    assert (expectation.outcome, expectation.ratio, expectation.factor) == ("confirmed", 2.0, 2.0)
    times = tables["growth"][tables["growth"]["quantity"] == "time"]
    assert dict(zip(times["variant"], times["exponent"], strict=True)) == pytest.approx(
        {"outofplace": 2.0, "inplace": 1.0}
    )


def test_threads_and_devices_are_not_mixed(tmp_path: Path) -> None:
    folder = empty_run(tmp_path, scenarios={"net": declaration(expecting("time", "less"))})
    append_times(folder, scenario_case("net", threads=1), around(0.5, 0.01))
    append_times(folder, scenario_case("net", threads=2), around(2.0, 0.01))
    append_times(folder, scenario_case("net", device="cuda:0", allocator="caching"), around(0.5, 0.01))
    on_cpu, on_gpu = sections([load_run(folder)])
    assert [each.outcome for each in judge_all(on_cpu)] == ["confirmed"], "that of most threads speaks"
    assert [each.outcome for each in judge_all(on_gpu)] == ["contradicted"]


@pytest.mark.slow
def test_an_update_alone_is_called_so(tmp_path: Path) -> None:
    folder = empty_run(
        tmp_path, scenarios={"sgd": declaration(expecting("time", "less", "inference"), update_alone=True)}
    )
    append_times(folder, scenario_case("sgd", "inference"), around(2.0, 0.01))
    ((_, (block,)),) = scenarios_context(only_section(folder))["topics"]
    assert [row.phase for row in (*block.figures, *block.expectations)] == ["update alone"] * 2


GARBAGE = {"odd": 7, "net": {"expects": [{}, 3, "less"]}, HOSTILE: {"axis": []}}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("told", "count", "left_out"),
    [(None, "1 scenario", 0), ([1], "1 scenario", 0), (GARBAGE, "3 scenarios", 3)],
    ids=["nothing", "a list", "of three"],
)
def test_garbage_in_the_facts_is_a_line_at_most(tmp_path: Path, told: object, count: str, left_out: int) -> None:
    folder = empty_run(tmp_path, scenarios=told, pairs={"net": 3})
    for name in GARBAGE if told is GARBAGE else ["net"]:
        for scale in (1, 2, 4):
            append_times(folder, scenario_case(name, scale=scale), around(2.0, 0.01))
    page = Page(write_report([only_section(folder)], tmp_path / "report").read_text(encoding="utf-8"))
    assert f"In real models ({count}) in-place is faster in {count[0]} of {count[0]}" in page.text
    assert page.text.count("Left out: net: expectation") == page.text.count("Left out: ") == left_out


@pytest.mark.slow
def test_hostile_scenarios_stay_text(tmp_path: Path) -> None:
    hostile = declaration(
        expecting("time", "less", source=HOSTILE, about=HOSTILE),
        growing("time", "inplace", 1, source=HOSTILE),
        expecting("time", HOSTILE),
        **{"topic": HOSTILE, "practice": HOSTILE, "axis": HOSTILE},
    )
    texts = {"outofplace": HOSTILE, "inplace": HOSTILE + "_", "note": HOSTILE}
    folder = empty_run(tmp_path, scenarios={HOSTILE: hostile}, pairs={HOSTILE: texts})
    for scale in (1, 2, 4):
        append_times(folder, scenario_case(HOSTILE, scale=scale), around(2.0, 0.01))
    append_times(folder, case("relu"), around(2.0, 0.01))
    page = Page(write_report([only_section(folder)], tmp_path / "report").read_text(encoding="utf-8"))
    assert page.count("script") == 1
    assert page.text.count('<script>alert("x")</script>') > 8
    text = (tmp_path / "report/report.md").read_text(encoding="utf-8")
    assert "<script" not in text and "://" not in text and "@team" not in text
    for path in (tmp_path / "report/plots").glob("*.svg"):
        assert b"<script" not in path.read_bytes()


@pytest.mark.slow
def test_variants_are_called_as_their_scenario_declares(tmp_path: Path) -> None:
    """In the captions of their code, above their times, and beside the exponents of their growth."""
    labels = {"labels": ["x[i] = 0", "index_fill_"], "outofplace": "x[i] = 0", "inplace": "x.index_fill_(0, i, 0)"}
    folder = scenario_run(tmp_path, pairs={"grows_squarely": labels})
    (block,) = (
        block
        for _, blocks in scenarios_context(only_section(folder))["topics"]
        for block in blocks
        if block.name == "grows_squarely"
    )
    assert list(block.labels.values()) == ["x[i] = 0", "index_fill_"]
    assert {line.called for panel in block.growth for line in panel.lines} == {"x[i] = 0", "index_fill_"}
    page = write_report([only_section(folder)], tmp_path / "report").read_text(encoding="utf-8")
    assert page.count("<figcaption>x[i] = 0</figcaption>") == 1
    assert "<th>index_fill_" in page and "index_fill_ ∝ steps^" in page
