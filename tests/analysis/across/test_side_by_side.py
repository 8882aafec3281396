"""Runs side by side: what differs, and what changed, whatever the order in which they are named."""

from pathlib import Path

import pytest

from analysis.across.across_sentences import (
    differs_sentence,
    place_names,
    side_by_side_sentences,
    step_notes,
    step_title,
)
from analysis.across.change_lists import change_lists
from analysis.across.changes_table import changes_table
from analysis.across.place_change import BYTES_MOVED, SPEEDUP_MOVED, STATE, VERDICT
from analysis.across.place_numbers import place_table
from analysis.across.side_by_side import SideBySide, side_by_side
from analysis.right.truth import Truth, read_truth
from analysis.section import Section
from tests.analysis.across.invented_versions import sections_of, three_versions, version_run
from tests.analysis.invented import append_failure, append_times, around, case, empty_run
from tests.support.commands import ROOT

pytestmark = pytest.mark.slow  # whole runs, tables or figures


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> list[Section]:
    return sections_of(*three_versions(tmp_path_factory.mktemp("versions")))


@pytest.fixture(scope="module")
def side(parts: list[Section]) -> SideBySide:
    found = side_by_side(parts, Truth())
    assert found is not None
    return found


def texts(side: SideBySide, step: int, kind: str) -> list[tuple[str, str, str]]:
    """(subject, before, after) of a kind in a step."""
    lines = change_lists(side.steps[step]).get(kind, [])
    return [(line.change.subject, line.change.before, line.change.after) for line in lines]


def test_versions_follow_each_other_by_number_not_by_age(side: SideBySide) -> None:
    assert place_names(side) == ["2.6.0", "2.13.0", "2.15.0"]
    assert [step_title(each.step, side) for each in side.steps] == ["torch 2.6.0 to 2.13.0", "torch 2.13.0 to 2.15.0"]
    assert differs_sentence(side) == (
        "These 3 runs differ in torch (2.6.0, 2.13.0, 2.15.0). "
        "They agree in machine (bench-1, Invented CPU) and device (cpu)."
    )


def test_a_verdict_that_turned_shows_the_scenario_first_and_the_op_with_its_scenarios(side: SideBySide) -> None:
    assert texts(side, 0, VERDICT) == [
        ("net", "1.50x faster", "0.80x slower"),
        ("relu", "1.50x faster", "0.80x slower"),
    ]
    first, second = change_lists(side.steps[0])[VERDICT]
    assert (first.meaning, second.meaning) == ("a scenario", "in 1 scenario: net")


def test_bytes_change_to_the_byte_and_by_variant(side: SideBySide) -> None:
    (change,) = [each for each in side.steps[1].changes if each.kind == BYTES_MOVED and "in-place" in each.what]
    assert (change.subject, change.before_value, change.after_value) == ("exp", 1024, 1412)
    assert (change.before, change.after, change.change) == ("1,024\u00a0B", "1,412\u00a0B", "+38\u00a0%")


def test_nothing_else_is_said_to_have_changed(side: SideBySide) -> None:
    assert side.steps[0].counts == {VERDICT: 2}
    assert side.steps[1].counts == {BYTES_MOVED: 2}
    assert side_by_side_sentences(side)[1] == "torch 2.6.0 to 2.13.0: 2 verdicts changed; 15 cases compared."
    assert [step_notes(each)[0] for each in side.steps] == [
        "Foremost: verdicts of net, relu.",
        "Foremost: counts of bytes of exp.",
    ]


def test_the_order_of_the_runs_changes_nothing(parts: list[Section], side: SideBySide) -> None:
    truth = read_truth([ROOT / "results/reference/autograd"])
    whole = side_by_side(parts, truth)
    assert whole is not None and len(whole.steps[0].changes) > len(side.steps[0].changes)
    expected = changes_table(whole)
    found = side_by_side([*parts[1:], parts[0]], truth)
    assert found is not None
    assert side_by_side_sentences(found) == side_by_side_sentences(whole)
    assert changes_table(found).equals(expected)
    rows = [[row.speedups for row in place_table(each, truth).rows] for each in (found, whole)]
    assert rows[0] == rows[1]


def test_on_another_machine_only_a_verdict_that_turned_round_counts(tmp_path: Path) -> None:
    here = version_run(tmp_path, "2.13.0", {"relu": 1.5, "exp": 1.3})
    there = version_run(tmp_path, "2.13.0", {"relu": 0.8, "exp": 2.6}, {"exp": 4096}, host="bench-2")
    side = side_by_side(sections_of(here, there), Truth())
    assert side is not None and [each.step.differs for each in side.steps] == [["machine"]]
    assert texts(side, 0, VERDICT) == [("relu", "1.50x faster", "0.80x slower")]
    assert SPEEDUP_MOVED not in side.steps[0].counts
    assert side.steps[0].counts[BYTES_MOVED] == 2
    assert "Times are not compared" in side_by_side_sentences(side)[1]


def test_devices_are_compared_by_verdicts_alone(tmp_path: Path) -> None:
    cpu = version_run(tmp_path, "2.13.0", {"relu": 1.5})
    gpu = version_run(tmp_path, "2.13.0", {"relu": 0.8}, {"relu": 4096}, device="cuda:0")
    side = side_by_side(sections_of(cpu, gpu), Truth())
    assert side is not None and side.steps[0].counts == {VERDICT: 1}
    assert side.steps[0].step.differs == ["device"]


def test_a_case_that_fails_after_is_named_with_its_reason(tmp_path: Path) -> None:
    before, after = (version_run(tmp_path, torch, {}) for torch in ("2.6.0", "2.13.0"))
    append_times(before, case("gone"), around(1.5, 0.01))
    append_failure(after, case("gone"), "unsupported", "no such op")
    side = side_by_side(sections_of(before, after), Truth())
    assert side is not None
    (change,) = side.steps[0].changes
    assert (change.kind, change.before, change.after, change.change) == (STATE, "works", "unsupported", "no such op")


def test_runs_without_a_case_in_common_are_not_set_side_by_side(tmp_path: Path) -> None:
    one, other = empty_run(tmp_path, "one"), empty_run(tmp_path, "other")
    append_times(one, case("relu"), around(1.5, 0.01))
    append_times(other, case("exp"), around(1.5, 0.01))
    parts = sections_of(one, other)
    assert side_by_side(parts, Truth()) is None
    assert side_by_side(parts[:1], Truth()) is None


def test_a_partial_run_says_why_it_is_not_judged(tmp_path: Path) -> None:
    whole = version_run(tmp_path, "2.6.0", {"relu": 1.5})
    part = empty_run(tmp_path, "part", state="partial", method=4)
    append_times(part, case("relu"), around(3.0, 0.01))
    side = side_by_side(sections_of(whole, part), Truth())
    assert side is not None and not side.steps[0].changes
    assert "is partial and cannot be compared" in side_by_side_sentences(side)[1]


def test_numbers_of_places_are_over_the_cases_that_all_have(tmp_path: Path) -> None:
    one = version_run(tmp_path, "2.6.0", {"relu": 9.0})
    other = version_run(tmp_path, "2.13.0", {})
    side = side_by_side(sections_of(one, other), Truth())
    assert side is not None
    table = place_table(side, Truth())
    assert table.common and [row.cases for row in table.rows] == [12, 12]
    assert [row.speedups["inference"] for row in table.rows] == pytest.approx([1.2, 1.2])
