"""Python 3.10 tells no columns: one candidate on a line is found, two are reported and not patched."""

import os

import pytest

from benchmarks.advise.source import frames
from benchmarks.advise.switches.candidates_on_line import NO_COLUMNS
from benchmarks.advise.user.question import DO, LEAVE, MAY
from tests.advise import asked
from tests.advise.small_process import done_in_small_process

pytestmark = pytest.mark.slow

TEXT = """
def heads(q):
    return q.view(64, 64)
def make():
    x = torch.rand(65536)
    @torch.no_grad()
    def step():
        h = x.exp()
        h = h + 1
        h = h[:4096].sqrt()
        g = (h * 2) + (h.sin() * 3)
        z = torch.sigmoid(g)
        k = h.cos()
        y = heads(k) - 4
        if y.sum() > 0:
            return k
        return (y.flatten() + z).sum()
    return step
"""


def without_columns(folder, question):
    """The answer of a Python that tells no columns, in a process of its own."""
    frames.place_in_code = lambda code, last: None
    os.chdir(folder)
    return asked.answer_here(folder, question)


@pytest.fixture
def decisions(tmp_path):
    path = tmp_path / "program.py"
    path.write_text(asked.HEAD + TEXT)
    question = asked.Question(steps=(f"{path}:make",), only=str(tmp_path), repeats=1)
    return done_in_small_process(without_columns, tmp_path, question)["decisions"]


def test_one_candidate_on_a_line_is_found_and_two_are_left(decisions):
    found = {(each["expression"], each["operand"]): each for each in decisions}
    assert found["h + 1", 1]["verdict"] == DO
    assert found["torch.sigmoid(g)", 1]["reason"] != NO_COLUMNS
    assert found["heads(k) - 4", 1]["verdict"] in (MAY, LEAVE)
    for expression in ("h * 2", "h.sin() * 3"):
        assert (found[expression, 1]["verdict"], found[expression, 1]["reason"]) == (LEAVE, NO_COLUMNS)
