"""What a run of the advisor stores is read from a file that anybody may have written: nothing of it is trusted."""

import pytest

from analysis.run.advised_steps import LEAVE, stored_advice

STEP = {"step": "a", "given": {"peak_bytes": 4}, "given_peak": {"peak_bytes": 4, "rows": [{"sum_bytes": 4}]}}


@pytest.mark.parametrize("facts", [{}, {"advice": None}, {"advice": {}}, {"advice": {"steps": [3]}}])
def test_a_run_of_anything_else_has_none(facts):
    assert stored_advice(facts) is None


@pytest.mark.parametrize("wrong", [None, 3, "text", [], [None], {}, {"rows": 3}, float("nan")])
@pytest.mark.parametrize("name", ["given", "patched", "given_peak", "patched_peak", "step", "why_no_peak"])
def test_a_wrong_part_of_a_step_is_missing(name, wrong):
    advice = stored_advice({"advice": {"steps": [{**STEP, name: wrong}]}})
    assert advice is not None
    (step,) = advice.steps
    assert step.patched_peak is None and step.patched_peak_bytes is None


@pytest.mark.parametrize("wrong", [None, 3, ["x"], {"verdict": 3}, {"modules": 3, "saver": "x", "line": "y"}])
def test_a_wrong_decision_is_one_to_leave_or_none(wrong):
    advice = stored_advice({"advice": {"steps": [STEP], "decisions": [wrong], "patch": wrong}})
    assert advice is not None
    assert {each.verdict for each in advice.decisions} <= {LEAVE, "3"}


def test_bytes_are_summed_by_any_key():
    rows = [{"category": "a", "op": "mul", "sum_bytes": 3}, {"category": "b", "op": "mul", "sum_bytes": 5}]
    advice = stored_advice({"advice": {"steps": [{**STEP, "given_peak": {"peak_bytes": 8, "rows": rows}}]}})
    assert advice is not None
    peak = advice.steps[0].given_peak
    assert peak is not None
    assert peak.sums(lambda each: each.category) == {"b": 5, "a": 3}
    assert peak.sums(lambda each: each.op) == {"mul": 8}
