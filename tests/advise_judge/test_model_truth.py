"""Every expression of a file tried: on a file whose best switches are known."""

import pytest

from benchmarks.advise_judge.advisor_answer import AdvisorAnswer
from benchmarks.advise_judge.model_table import MOST_RUNS, judge_model, missed_saving, needless_runs
from benchmarks.advise_judge.model_truth import model_truth
from benchmarks.advise_judge.step_files import StepOutcome
from benchmarks.advise_judge.trap_table import unexplained
from tests.advise.small_process import done_in_small_process

SOURCE = """
import torch
import torch.nn.functional as F
from torch import nn

kept = []

def make():
    torch.manual_seed(0)
    act = nn.ReLU()
    @torch.no_grad()
    def step():
        x = torch.randn(64, 64)
        h = x + 1.0
        y = F.silu(h) * 2.0
        kept[:] = [h]
        z = torch.tanh(y - x)
        return act(z).clamp(max=0.9)
    return step
"""


@pytest.mark.slow
def test_the_best_switches_are_found(tmp_path):
    user = tmp_path / "user"
    user.mkdir()
    (user / "step.py").write_text(SOURCE)
    truth = model_truth(user, "step", "make", tmp_path / "tried")
    places = {text.rsplit(" (", 1)[0] for text in truth.best}
    assert "14: x + 1.0" not in places and "15: F.silu(h)" not in places  # x is read later, and h is kept
    assert "15: F.silu(h) * 2.0" in places or "17: torch.tanh(y - x)" in places
    assert truth.saved_bytes >= 64 * 64 * 4 and truth.tried > truth.safe >= 4


def answer_with(verdict: str, runs: int, saved: int = 0) -> AdvisorAnswer:
    decisions = [{"verdict": verdict, "peak_bytes_saved": saved}]
    facts = {"runs": runs, "decisions": decisions, "before": {"peak_bytes": 9000}, "after": {"peak_bytes": 9000}}
    return AdvisorAnswer(0, "", 1.0, facts)


def test_many_executions_for_nothing_are_a_mistake():
    assert needless_runs(answer_with("leave", MOST_RUNS)) == [] != needless_runs(answer_with("leave", MOST_RUNS + 2))
    assert needless_runs(answer_with("may", 40)) == []


def test_a_saving_that_is_neither_do_nor_may_is_a_mistake():
    original = StepOutcome((), (9000,))
    assert missed_saving(answer_with("leave", 4), 1000, original) == ["saving missed: 1000 B"]
    assert missed_saving(answer_with("may", 4, saved=1000), 1000, original) == []
    assert missed_saving(answer_with("leave", 4), 8, original) == []


@pytest.mark.slow
def test_a_model_in_which_nothing_saves_is_executed_a_few_times():
    row = done_in_small_process(judge_model, "dirty_functions", "dirty_functions_training")
    assert row["mistakes"] == [] and row["do"] == row["may"] == 0 < row["never"]
    assert row["runs"] <= MOST_RUNS


def test_a_never_has_a_reason_whose_lines_are_code():
    text = "x = 1\n# nothing\n\ny = x\n"

    def said(reason, line):
        saver = {"file": "a.py", "line": line}
        decision = {"verdict": "never", "reason": reason, "file": "a.py", "line": 1, "saver": saver}
        return unexplained(AdvisorAnswer(0, "", 1.0, {"decisions": [decision]}), text)

    assert said("y reads it", 4) == []
    assert said("", 4) and said("y reads it", 2) and said("y reads it", 9)
