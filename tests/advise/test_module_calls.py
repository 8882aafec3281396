"""Modules with a flag that are called in other ways, or made at other times: one decision for all that changes."""

import pytest

from benchmarks.advise.user.question import DO, LEAVE, NEVER
from tests.advise.asked import advised, decision_on, findings

pytestmark = pytest.mark.slow

CALLED = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b, self.c, self.lin = nn.ReLU(), nn.ReLU(), nn.ReLU(), nn.Linear(8, 8)
    def forward(self, x):
        h, kept = self.lin(x), self.lin(x)
        first = self.a(self.lin(x)), self.b(self.lin(x)), self.c(self.lin(x))
        return *first, self.a(input=h), self.b.forward(kept), h, kept
def make():
    net, x = Net(), torch.rand(8, 8)
    @torch.no_grad()
    def step():
        kept = x * 2
        return nn.ReLU()(x * 3), nn.ReLU()(input=kept), [y.sum() for y in net(x)], kept.sum()
    return step
"""


def test_a_module_that_is_called_by_a_keyword_or_past_its_hooks_is_not_judged(tmp_path):
    found = findings(tmp_path, CALLED)
    assert {path: found.get(path) for path in ("a", "b", "c")} == {"a": None, "b": None, "c": DO}


MADE = """
def made(flag): return nn.{made}
def make():
    torch.manual_seed(0)
    act, lin, x = made(True), nn.Linear(64, 256), torch.rand(64, 64)
    def step():
        lin.zero_grad()
        h = lin(x)
        k = act(h)
        {line}
        (k.sum() + y.sum() + {read}.sum()).backward()
    return step
"""


@pytest.mark.parametrize(
    "made, line, read, verdict",
    [
        ("ReLU()", "y = made(True)(k * 3)", "h", NEVER),  # the one that make() built keeps its input
        ("SiLU(inplace=True)", "g = lin(x); q = g * 2; made(True)(g); y = g * q", "k", LEAVE),
    ],
)
def test_what_one_expression_makes_in_make_and_in_the_step_is_one_decision(made, line, read, verdict, tmp_path):
    answer = advised(tmp_path, MADE.format(made=made, line=line, read=read))
    assert decision_on(answer, f"nn.{made}")["verdict"] == verdict
    assert made not in (answer["patch"] or "") and answer["quicker"] is None
