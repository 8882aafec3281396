"""Times of a step: an interval from six passes, none from fewer; a process that fails is one line."""

import math

import pytest

from benchmarks.advise.trials.step_times import PASSES, NotTimed, StepTimes, time_steps, times_json
from benchmarks.advise.user.question import Question
from benchmarks.measure.rounds import Rounds
from benchmarks.record import INPLACE, OUTOFPLACE


def rounds(given_s: float, patched_s: float) -> Rounds:
    return Rounds({OUTOFPLACE: (given_s,) * 4, INPLACE: (patched_s,) * 4}, {}, 1, 0.1)


def test_six_passes_give_an_interval_and_a_verdict():
    speedups = [1.10, 1.12, 1.14, 1.11, 1.13, 1.15]
    (found,) = times_json(StepTimes([[rounds(each, 1.0)] for each in speedups], 2), ["a"])
    assert found["speedup"] == pytest.approx(math.sqrt(1.12 * 1.13))
    assert (found["low"], found["high"]) == (pytest.approx(1.10), pytest.approx(1.15))
    assert (found["verdict"], found["passes"], found["threads"], len(found["rounds"])) == ("faster", PASSES, 2, 6)


def test_fewer_passes_give_a_speedup_alone():
    (found,) = times_json(StepTimes([[rounds(2.0, 1.0)]] * 3), ["a"])
    assert found["speedup"] == pytest.approx(2.0)
    assert found["low"] is found["high"] is found["verdict"] is None


@pytest.mark.slow
def test_both_variants_go_on_from_the_same_state_and_an_error_is_one_line(tmp_path):
    """Each process writes the weights that it began with, and how far its own state has come; then it fails."""
    text = (
        "import os, torch\n"
        "def make():\n"
        "    w, count = torch.randn(3), [0]\n"
        "    def step():\n"
        "        count[0] += 1\n"
        "        open(f'{os.environ[\"SEEN\"]}/{os.getpid()}', 'w').write(f'{w.tolist()} {count[0]}')\n"
        "        assert count[0] < 50, 'over'\n"
        "    return step\n"
    )
    step, patched, seen = tmp_path / "step.py", tmp_path / "patched.py", tmp_path / "seen"
    step.write_text(text)
    patched.write_text(text.replace("torch.randn(3)", "torch.randn(3).mul_(1.0)"))
    seen.mkdir()
    question = Question((f"{step}:make",), patched=((str(step), str(patched)),))
    with pytest.MonkeyPatch.context() as patch, pytest.raises(NotTimed, match=r"^AssertionError: over$"):
        patch.setenv("SEEN", str(seen))
        time_steps(question, 0.1, lambda line: None)
    weights, counts = zip(*(path.read_text().rsplit(" ", 1) for path in seen.iterdir()), strict=True)
    assert len(weights) == 2 and weights[0] == weights[1]
    assert max(map(int, counts)) == 50 and min(map(int, counts)) > 1
