"""What is in place and copied first, out of place: found, proved, rewritten, and taken where that is faster."""

import ast

import pytest
import torch

from benchmarks.advise.ask import take_if_quicker
from benchmarks.advise.inplace_calls import anchor_of, out_of_place
from benchmarks.advise.question import DO, LEAVE
from benchmarks.advise.rewrite import Source
from tests.advise.asked import advised, decision_on

STEP = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin, self.act, self.w = nn.Linear(16, 16), nn.SiLU(True), nn.Parameter(torch.rand(16))
    def forward(self, x):
        h = self.act(self.lin(x))
        g = F.silu(self.lin(h), inplace=True)
        g += h; g.mul_(self.w + 1)
        {rest}

def make():
    torch.manual_seed(0)
    net, x = Net(), torch.randn(8, 16)
    def step():
        net.zero_grad()
        loss = net(x).sum()
        loss.backward()
        return loss.detach()
    return step
"""
COPIED = {
    "nn.SiLU(True)": "nn.SiLU(False)",
    "F.silu(self.lin(h), inplace=True)": "F.silu(self.lin(h), inplace=False)",
    "g.mul_(self.w + 1)": "g = g.mul(self.w + 1)",
}


@pytest.mark.slow
def test_what_torch_copies_first_is_proved_out_of_place(tmp_path):
    answer = advised(tmp_path, STEP.format(rest="return g"))
    for expression in COPIED:
        decision = decision_on(answer, expression)
        assert decision["verdict"] == LEAVE
        assert "torch copies it first" in decision["reason"] and "(512 B)" in decision["reason"]
    (text,) = answer["quicker"]["texts"].values()
    assert all(changed in text for changed in COPIED.values())
    assert "copies nothing" in decision_on(answer, "g += h")["reason"]
    assert len(answer["quicker"]["decisions"]) == len(COPIED)


@pytest.mark.slow
@pytest.mark.parametrize(
    "rest", ["v = g.view(-1); g.mul_(self.w); return v", "k = [g]; g.mul_(self.w); return k[0] * 1"]
)
def test_a_write_that_is_read_under_another_name_stays(rest, tmp_path):
    answer = advised(tmp_path, STEP.format(rest=rest))
    decision = decision_on(answer, "g.mul_(self.w)")
    assert decision["verdict"] == LEAVE and "torch copies" not in decision["reason"]
    (text,) = answer["quicker"]["texts"].values()
    assert "g.mul_(self.w);" in text


#: By a line, the method or function that is called, and the line out of place; None where it cannot be written so.
LINES = [
    ("y = x.relu_()", torch.Tensor.relu_, "y = x.relu()"),
    ("x.relu_()", torch.Tensor.relu_, "x = x.relu()"),
    ("self.h.relu_()", torch.Tensor.relu_, None),
    ("torch.relu_(x)", torch.relu_, "x = torch.relu(x)"),
    ("y = F.relu(x, inplace=True)", torch.nn.functional.relu, "y = F.relu(x, inplace=False)"),
    ("y = F.relu(x, True)", torch.nn.functional.relu, "y = F.relu(x, False)"),
    ("y = F.relu(x, inplace=flag)", torch.nn.functional.relu, None),
    ("x += y", torch.Tensor.add_, "x = x + y"),
    ("x *= y + 1", torch.Tensor.mul_, "x = x * (y + 1)"),
    ("x -=  (y - 1) # sum", torch.Tensor.sub_, "x = x -  (y - 1) # sum"),
    ("x[0] += y", torch.Tensor.add_, None),
    ("é = 1; x /= y if y else 2", torch.Tensor.div_, "é = 1; x = x / (y if y else 2)"),
]


@pytest.mark.parametrize("line, func, expected", LINES)
def test_a_line_is_written_out_of_place_and_found_again(line, func, expected):
    source = Source("a.py", line.encode())
    statement = source.tree.body[-1]
    node = statement if isinstance(statement, ast.AugAssign) else statement.value
    site = out_of_place(source, source.place(node), func, direct="F." not in line)
    assert (site is None) == (expected is None)
    if site is not None:
        edits = [edit for _, edit in site.edits]
        text = source.edited(edits)
        assert text == expected
        changed = Source("a.py", expected.encode())
        assert anchor_of(changed, changed.tree.body[-1].value) == site.anchor_after(edits)


@pytest.mark.parametrize("verdicts, taken", [(["faster", "inconclusive"], True), (["faster", "slower"], False)])
def test_it_is_done_where_a_step_gets_faster_and_none_slower(verdicts, taken):
    answer = {
        "times": [{"verdict": each, "low": 1.1, "high": 1.2} for each in verdicts],
        "decisions": [{"verdict": LEAVE, "reason": "copied"}],
        "sets": {"do": []},
        "per_step": [{"after": None}, {"after": None}],
    }
    quicker = {"decisions": [0], "patch": "p", "after": {}, "per_step": [{}, {}]}
    assert take_if_quicker(answer, quicker) == taken
    assert (answer["decisions"][0]["verdict"] == DO) == taken == (answer["sets"]["do"] == [0])
    assert (answer["times"] is None) != taken
