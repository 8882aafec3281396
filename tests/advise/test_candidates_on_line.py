"""Python 3.10 gives no columns: calls are found all the same, and those that are not found are reported."""

import os

import pytest

from benchmarks.advise.source import frames
from benchmarks.advise.source.instruction_places import InstructionPlaces
from benchmarks.advise.switches.candidates_on_line import NO_COLUMNS
from benchmarks.advise.user.question import DO, LEAVE, NEVER
from tests.advise import asked
from tests.advise.small_process import done_in_small_process

pytestmark = pytest.mark.slow

TEXT = """
def heads(q):
    return q.view(64, 64)
def unknown(h):
    return (h * 5) + (h.tan() * 6)
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear, self.act, self.late = nn.Linear(64, 64), nn.SiLU(), nn.Hardswish(inplace=True)
    def forward(self, x):
        with torch.no_grad(): return self.late(self.act(self.linear(x)))
def make():
    x, net = torch.rand(65536), Net()
    net.weight = nn.Parameter(torch.rand(8192))
    optimizer = torch.optim.Adam([net.weight])
    def step():
        h = x.exp()
        h = h + 1
        h = h[:4096].sqrt()
        g = (h * 2) + (h.sin() * 3)
        z = torch.sigmoid(g); k = h.cos()
        y = heads(k) - 4
        if y.sum() > 0:
            return k
        y = (net(y)
             .abs()
             .sqrt()) + unknown(z)[:64]
        net.zero_grad(set_to_none=False); optimizer.zero_grad(set_to_none=False)
        m = net.weight * 3; m *= 2
        loss = F.silu(m, inplace=True).sum()
        loss.backward()
        optimizer.step()
        return (y + z.mean()).sum() + nn.ReLU()(nn.SiLU()(z)).sum() + loss.detach()
    return step
"""
EXPECTED = {
    "h + 1": DO,
    "torch.sigmoid(g)": DO,  # of the two calls on its line
    "h.cos()": DO,
    "h * 2": NEVER,  # of the two products on its line
    "h.sin() * 3": LEAVE,
    "heads(k) - 4": LEAVE,
    "net(y) .abs() .sqrt()": LEAVE,
    "nn.Hardswish(inplace=True)": LEAVE,
    "nn.ReLU()": LEAVE,
    "nn.SiLU()": LEAVE,
    "F.silu(m, inplace=True)": DO,
    "m *= 2": LEAVE,
    "net.zero_grad(set_to_none=False)": LEAVE,
    "optimizer.zero_grad(set_to_none=False)": LEAVE,
    "torch.optim.Adam([net.weight])": LEAVE,
}


def without_columns(folder, question):
    """The answer of a Python that gives no columns, in a process of its own; one function is not that of the file."""
    frames.columns_in_code = lambda code, last: None
    place = InstructionPlaces.place
    InstructionPlaces.place = lambda self, code, last: None if code.co_name == "unknown" else place(self, code, last)
    os.chdir(folder)
    return asked.answer_here(folder, question)


@pytest.fixture
def found(tmp_path):
    path = tmp_path / "program.py"
    path.write_text(asked.HEAD + TEXT)
    question = asked.Question(steps=(f"{path}:make",), only=str(tmp_path), repeats=1)
    decisions = done_in_small_process(without_columns, tmp_path, question)["decisions"]
    return {each["expression"]: (each["verdict"], each["replacement"], each["reason"]) for each in decisions}


def test_calls_of_all_kinds_are_found_without_columns(found):
    known = {each: verdict for each, (verdict, _, reason) in found.items() if reason != NO_COLUMNS}
    assert known.items() >= EXPECTED.items()
    assert found["F.silu(m, inplace=True)"][1] == "F.silu(m, inplace=False)"
    unclear = {each for each, (verdict, _, reason) in found.items() if reason == NO_COLUMNS and verdict == LEAVE}
    assert unclear == {"h * 5", "h.tan()", "h.tan() * 6", "(h * 5) + (h.tan() * 6)"}
