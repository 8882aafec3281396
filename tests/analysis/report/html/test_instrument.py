"""The instrument as the page shows it: noise, disturbance, what is stored of selftest and gate."""

import json
from pathlib import Path

import pytest

from analysis.report.html.instrument import instrument, measured_by, stored_results
from analysis.section import Section
from benchmarks.record import METHOD_VERSION


def test_noise_disturbance_and_a_stored_selftest(named_section: Section, tmp_path: Path) -> None:
    stored = tmp_path / "selftest.json"
    stored.write_text(json.dumps({"A/A": "median 0.07%", "odd": 3, "\u202ebad": "x"}))
    (tmp_path / "gate.json").write_text(json.dumps({"false alarms": "0 of 150"}))
    found = instrument(named_section, [tmp_path / "missing.json", stored], [tmp_path / "gate.json"])
    assert found.gate == [("false alarms", "0 of 150")] and found.gate_file.endswith("gate.json")
    assert found.selftest == [("A/A", "median 0.07%"), ("\ufffdbad", "x")]
    assert found.disturbed == [("disturbed", "inference 64\u00a0Ki")]
    rows = {(row.phase, row.size): row for row in found.noise}
    assert rows["step", "64\u00a0Ki"].median == "1.0 %"
    assert rows["inference", "64\u00a0Ki"].inconclusive.startswith("1 (")


@pytest.mark.parametrize("content", ["", "[1, 2]", "{", "[" * 5000, '{"a": 1}'])
def test_a_selftest_that_cannot_be_read_is_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "selftest.json").write_text(content)
    assert stored_results([tmp_path / "selftest.json", tmp_path]) == ("", [])


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"gate": {"method": 1}}, f"method 1; runs are now measured by method {METHOD_VERSION}"),
        ({"gate": {"method": METHOD_VERSION}}, f"method {METHOD_VERSION}"),
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
