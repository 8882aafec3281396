"""The instrument as the page shows it: noise, disturbance, what is stored of selftest and gate."""

import json
from pathlib import Path

import pytest

from analysis.report.html.instrument import instrument, measured_by, stored_results
from analysis.report.html.render import html
from analysis.right.truth import Truth
from analysis.run.load import load_runs
from analysis.section import Section, sections
from benchmarks.record import METHOD_VERSION, SPEEDUP_VERSION, STATISTICS_VERSION
from tests.analysis.invented import append_times, around, case, empty_run

#: What a self-test that is made now rests on.
NOW = {"method": METHOD_VERSION, "speedup": SPEEDUP_VERSION, "statistics": STATISTICS_VERSION}


def test_noise_disturbance_and_a_stored_selftest(named_section: Section, tmp_path: Path) -> None:
    stored = tmp_path / "selftest.json"
    stored.write_text(json.dumps({"A/A": "median 0.07%", "odd": 3, "\u202ebad": "x"}))
    (tmp_path / "gate.json").write_text(json.dumps({"false alarms": "0 of 150"}))
    found = instrument(named_section, tmp_path)
    assert found.gate == [("false alarms", "0 of 150")] and found.gate_file.endswith("gate.json")
    assert found.selftest == [("A/A", "median 0.07%"), ("\ufffdbad", "x")]
    assert found.disturbed == [("disturbed", "inference 64\u00a0Ki")]
    rows = {(row.phase, row.size): row for row in found.noise}
    assert rows["step", "64\u00a0Ki"].median == "1.0 %"
    assert rows["inference", "64\u00a0Ki"].inconclusive.startswith("1 (")


def test_selftests_are_of_no_run_and_shown_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stored = tmp_path / "selftest.json"
    stored.write_text(json.dumps({"A/A: false `faster`": "0.07%"}))
    monkeypatch.setattr("analysis.report.html.instrument.SELFTESTS", (stored,))
    for name in ("a", "b"):
        append_times(empty_run(tmp_path, name=name), case("relu"), around(2.0, 0.01))
    page = html(sections(load_runs([tmp_path / "a", tmp_path / "b"])), Truth())
    assert page.count("A/A: false <code>faster</code>") == 1 and 'id="s2-noise"' in page


@pytest.mark.parametrize("content", ["", "[1, 2]", "{", "[" * 5000, '{"a": 1}'])
def test_a_selftest_that_cannot_be_read_is_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "selftest.json").write_text(content)
    assert stored_results([tmp_path / "selftest.json", tmp_path]) == ("", [])


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"gate": {**NOW, "method": 1}}, f"method 1; runs are now measured by method {METHOD_VERSION}"),
        ({"gate": NOW}, f"method {METHOD_VERSION}"),
        (
            {"gate": {"method": METHOD_VERSION}},  # the others were not stored while they were 1
            f"method {METHOD_VERSION}; the speedup of a pass is now computed in another way; "
            "runs are now compared by other statistics",
        ),
        ({"gate": {"method": "1"}}, ""),
        ({"selftest": {"method": 1}}, ""),
        ([], ""),
        (None, ""),
    ],
)
def test_a_selftest_says_by_which_method_where_that_is_stored(tmp_path: Path, facts: object, said: str) -> None:
    (tmp_path / "selftest").mkdir()
    if facts is not None:
        (tmp_path / "parts.json").write_text(json.dumps(facts))
    assert measured_by(tmp_path / "selftest/gate.json") == said
