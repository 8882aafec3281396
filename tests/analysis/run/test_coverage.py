"""Coverage is read from `run.json` without trust, and says what is missing."""

from pathlib import Path

import pytest

from analysis.report.write import write_report
from analysis.run.coverage import coverage_table, pair_notes, run_coverage, skipped_pairs
from analysis.run.load import load_run
from analysis.section import sections
from tests.analysis.invented import append_times, around, case, empty_run

STORED = {
    "torch": "2.13.0",
    "measured": ["add_", "relu_", "F.relu(inplace=)"],
    "excused": {
        "absolute_": {"kind": "alias", "about": "abs_"},
        "clip_": {"kind": "alias", "about": "clamp_"},
        "t_": {"kind": "writes no element"},
    },
    "missing": [],
}


def test_all_accounted_for() -> None:
    known = run_coverage({"coverage": STORED})
    assert known.line == "All 6 in-place names of torch 2.13.0 are accounted for: 3 measured, 3 excused."
    assert known.kinds == [("alias", ["absolute_ (abs_)", "clip_ (clamp_)"]), ("writes no element", ["t_"])]


def test_what_is_missing_is_named_in_the_line() -> None:
    names = [f"new{number:02}_" for number in range(40)]
    line = run_coverage({"coverage": {**STORED, "missing": names}}).line
    assert line.startswith(
        "6 of 46 in-place names of torch 2.13.0 are accounted for: 3 measured, 3 excused. Missing: new00_,"
    )
    assert line.endswith("and 28 more.")


def test_a_name_with_two_statuses_has_the_worse() -> None:
    stored = {**STORED, "excused": {"relu_": "why not"}, "missing": ["add_"]}
    table = coverage_table({"coverage": stored}).set_index("name")
    assert table["status"].to_dict() == {"F.relu(inplace=)": "measured", "add_": "missing", "relu_": "excused"}
    assert table.loc["relu_", "reason"] == "why not"


def test_skipped_pairs_and_notes_are_grouped() -> None:
    facts = {
        "skipped": {"relu6": "no torch.relu6_", "silu": "no torch.silu_", "gelu": "no torch.silu_"},
        "pairs": {
            "eq": {"note": "writes bool"},
            "ne": {"note": "writes bool"},
            "elu": {"note": "by formula"},
            "add": {},
        },
    }
    assert skipped_pairs(facts) == [("no torch.silu_", ["gelu", "silu"]), ("no torch.relu6_", ["relu6"])]
    assert pair_notes(facts) == [("writes bool", ["eq", "ne"]), ("by formula", ["elu"])]


@pytest.mark.parametrize(
    "nonsense", [None, 7, "text", [], {}, {"measured": 3}, {"measured": [None, 7, [], " "]}, [1], True]
)
def test_nonsense_is_no_coverage(nonsense: object) -> None:
    facts = {"coverage": nonsense, "skipped": nonsense, "pairs": nonsense}
    assert run_coverage(facts) is None
    assert coverage_table(facts).empty
    assert pair_notes(facts) == []


def test_reasons_of_another_kind_are_passed_over() -> None:
    known = run_coverage(
        {"coverage": {"torch": ["2.13"], "measured": "add_", "excused": {"a_": {"b": 1}, "": "x", "c_": 3}}}
    )
    assert known.names == {"a_": ("excused", "no reason given"), "c_": ("excused", "3")}
    assert known.line == "All 2 in-place names are accounted for: 2 excused."


def written(tmp_path: Path, **changes: object) -> Path:
    folder = empty_run(tmp_path, **changes)
    append_times(folder, case("relu"), around(2.0, 0.01))
    return write_report(sections([load_run(folder)]), tmp_path / "report").parent


@pytest.mark.slow
def test_the_report_has_it(tmp_path: Path) -> None:
    to = written(tmp_path, coverage=STORED, skipped={"silu": "no torch.silu_"}, pairs={"relu": {"note": "<b>fair</b>"}})
    for name in ("report.html", "report.md"):
        text = (to / name).read_text(encoding="utf-8")
        assert "All 6 in-place names of torch 2.13.0 are accounted for" in text.replace("\u00a0", " ")
        assert "<b>fair</b>" not in text
        for words in ("writes no element", "clip", "silu", "fair"):
            assert words in text
    table = (to / "tables/coverage.csv").read_text().splitlines()
    assert table[0] == "run,name,status,reason"
    assert len(table) == 7
    assert any(line.endswith("clip_,excused,alias: clamp_") for line in table)


@pytest.mark.slow
def test_a_run_without_it_says_nothing_of_it(tmp_path: Path) -> None:
    to = written(tmp_path)
    assert not (to / "tables/coverage.csv").exists()
    assert "accounted for" not in (to / "report.html").read_text(encoding="utf-8")
    assert "Coverage" not in (to / "report.md").read_text(encoding="utf-8")
