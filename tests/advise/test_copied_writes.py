"""What is in place and copied first, out of place: found, proved, rewritten, and taken where that is faster."""

import ast

import pytest
import torch

from benchmarks.advise.ask import take_if_quicker
from benchmarks.advise.source.rewrite import Source
from benchmarks.advise.switches.inplace_calls import anchor_of, out_of_place
from benchmarks.advise.user.question import DO, LEAVE
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


CLAMPED = """
def make():
    torch.manual_seed(0)
    lin, x = nn.Linear(16, 16), torch.randn(8, 16)
    def step():
        lin.zero_grad()
        h = lin(x)
        keep = h
        h.clamp_(-100, 100)
        h.clamp_(max=50)
        loss = (h + keep).sum()
        loss.backward()
        return loss.detach()
    return step
"""


@pytest.mark.slow
def test_a_proof_does_not_rest_on_another_call_that_stays_in_place(tmp_path):
    answer = advised(tmp_path, CLAMPED)
    for expression in ("h.clamp_(-100, 100)", "h.clamp_(max=50)"):
        decision = decision_on(answer, expression)
        assert decision["verdict"] == LEAVE and "is needed" in decision["reason"]
    assert answer["quicker"] is None


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


def _answer(verdicts):
    return {
        "times": [{"verdict": each, "low": 1.1, "high": 1.2} for each in verdicts] or None,
        "times_note": None if verdicts else "cpu is in use",
        "decisions": [{"verdict": LEAVE, "reason": "copied"}],
        "sets": {"do": []},
        "per_step": [{"after": None}, {"after": None}],
    }


@pytest.mark.parametrize(
    "verdicts, unproved, taken",
    [
        (["faster", "inconclusive"], None, True),
        (["faster", "slower"], None, False),
        ([], "other bytes", False),
        ([], None, False),
    ],
)
def test_it_is_done_where_it_is_proved_and_a_step_gets_faster_and_none_slower(verdicts, unproved, taken):
    answer = _answer(verdicts)
    quicker = {"decisions": [0], "patch": "p", "after": {}, "per_step": [{}, {}]}
    assert take_if_quicker(answer, quicker, unproved) == taken
    assert (answer["decisions"][0]["verdict"] == DO) == taken == (answer["sets"]["do"] == [0])
    assert (answer["times"] is None) != taken
    assert (unproved or "copied") in answer["decisions"][0]["reason"]
    assert (answer["times_note"] is None) == bool(verdicts)


@pytest.mark.slow
def test_a_patch_is_written_only_where_all_of_a_decision_is_in_it(tmp_path):
    text = """
    Act = nn.SiLU
    def make():
        torch.manual_seed(0)
        lin, a, b = nn.Linear(16, 16), Act(inplace=True), nn.SiLU(inplace=True)
        x = torch.randn(8, 16)
        def step():
            lin.zero_grad()
            b(a(lin(x))).sum().backward()
        return step
    """
    answer = advised(tmp_path, text)
    quicker = answer["quicker"]
    assert [answer["decisions"][number]["expression"] for number in quicker["decisions"]] == ["nn.SiLU(inplace=True)"]
    assert "Act(inplace=True)" in str(quicker["texts"])
    assert "nn.SiLU(inplace=False)" in quicker["patch"]
    assert answer["runs"] == 5, "as it is, watched, both out of place, so watched, one: the proof of both is one of it"
