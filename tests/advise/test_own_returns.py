"""A function of the user's that returns its own input on a path that was not executed: its result is not written."""

import pytest

from benchmarks.advise.question import DO, MAY
from tests.advise.asked import findings

pytestmark = pytest.mark.slow

STEP = """
cold = False
class Shift(nn.Module):
    def forward(self, x):
        if cold:
            return x
        return x + 1
class Kept:
    last = None
    def __call__(self, x):
        if self.last is not None:
            return self.last
        return x + 1
    def first(self, x):
        y = x + 1
        if cold:
            y = x[:4]
        return self.same(y)
    def same(self, y):
        return y.view(-1)
shift, kept, seq = Shift(), Kept(), nn.Sequential(Shift(), nn.ReLU())
def arm(x): return x if cold else x + 1
def through(x):
    x = arm(x)
    return x
def anew(x):
    if cold:
        x = x * 2
    y = x.exp() if cold else x.sin()
    return y
def make():
    x = torch.rand(4096)
    pick = lambda t: t if cold else t + 1
    @torch.no_grad()
    def step():
        h = x.exp()
{lines}
        return h.sum(), [y.sum() for y in (y0, y1, y2, y3, y4, y5, y6, y7, y8, y9, y10, y11)]
    return step
"""

#: By a line, the expression (or the module's path) that is looked at, and whether it is safe.
LINES = {
    "{y} = arm(h).sqrt()": ("arm(h).sqrt()", False),
    "{y} = pick(h).sqrt()": ("pick(h).sqrt()", False),
    "{y} = through(h).sqrt()": ("through(h).sqrt()", False),
    "{y} = shift(h).sqrt()": ("shift(h).sqrt()", False),
    "{y} = kept.first(h).sqrt()": ("kept.first(h).sqrt()", False),
    "{y} = kept(h.cos()).sqrt()": ("kept(h.cos()).sqrt()", False),
    "{y} = kept.same(arm(h)).sqrt()": ("kept.same(arm(h)).sqrt()", False),
    "t = arm(h); u = t.view(-1); {y} = u.sqrt()": ("u.sqrt()", False),
    "{y} = seq(h)": ("1", False),
    "{y} = arm(h.cos()).sqrt()": ("arm(h.cos()).sqrt()", True),
    "{y} = anew(h).sqrt()": ("anew(h).sqrt()", True),
    "k = h.tan(); k = shift(k); {y} = k.sqrt(); k = None": ("k.sqrt()", True),
}


def test_what_a_function_may_return_is_not_overwritten(tmp_path):
    lines = [f"        {line.format(y=f'y{number}')}" for number, line in enumerate(LINES)]
    found = findings(tmp_path, STEP.format(lines="\n".join(lines)))
    expected = {expression: DO if is_safe else MAY for expression, is_safe in LINES.values()}
    assert {expression: found[expression] for expression in expected} == expected
