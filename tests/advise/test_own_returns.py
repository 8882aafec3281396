"""A function of the user's that may return its own input, in whatever way: its result is not written."""

import pytest

from benchmarks.advise.user.question import DO, MAY
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
def scaled(x, s):
    if s == 1:
        return x
    return x * s
def scaled_name(x, s):
    if s != 1:
        x = x * s
    return x
def listed(ts): return [t if cold else 2 * t for t in ts]
def appended(ts):
    out = []
    for t in ts:
        out.append(t if cold else 2 * t)
    return out
def added(t, more):
    out = [2 * t]
    out += more
    return out
def joined(t, *more): return (2 * t,) + more
def yielded(ts):
    for t in ts:
        if cold: yield t
        yield 2 * t
def by_name(ts): return {{n: t if cold else 2 * t for n, t in enumerate(ts)}}
def again(n, t):
    if n == 0:
        return t if cold else 2 * t
    return other(n - 1, t)
def other(n, t):
    return again(n, t)
def make():
    x = torch.rand(4096)
    pick = lambda t: t if cold else t + 1
    @torch.no_grad()
    def step():
        h = x.exp()
{lines}
        return h.sum(), [y.sum() for y in ({names})]
    return step
"""

#: By a line, the expression (or the module's path) that is looked at, and whether it is safe.
LINES = {
    "{y} = arm(h).sqrt()": ("arm(h).sqrt()", False),
    "{y} = pick(h).sqrt()": ("pick(h).sqrt()", False),
    "{y} = through(h).sqrt()": ("through(h).sqrt()", False),
    "{y} = shift(h).sqrt()": ("shift(h).sqrt()", False),
    "{y} = kept.first(h).sqrt()": ("kept.first(h).sqrt()", False),
    "{y} = (kept\n            .first(h)).sqrt()": ("(kept .first(h)).sqrt()", False),
    "{y} = kept(h.cos()).sqrt()": ("kept(h.cos()).sqrt()", False),
    "{y} = kept.same(arm(h)).sqrt()": ("kept.same(arm(h)).sqrt()", False),
    "t = arm(h); u = t.view(-1); {y} = u.sqrt()": ("u.sqrt()", False),
    "{y} = seq(h)": ("1", False),
    "z = scaled(h.cos(), 1); a = scaled(h, 0.5); {y} = a.sqrt() + z.sqrt()": ("a.sqrt()", False),
    "z = scaled_name(h.cos(), 1); b = scaled_name(h, 0.5); {y} = b.sqrt() + z.sqrt()": ("b.sqrt()", False),
    "c, _ = listed([h, h.cos()]); {y} = c.sqrt()": ("c.sqrt()", False),
    "d = appended([h, h.cos()])[0]; {y} = d.sqrt()": ("d.sqrt()", False),
    "e = added(h.cos(), [h])[0]; {y} = e.sqrt()": ("e.sqrt()", False),
    "f = joined(h.cos(), h)[0]; {y} = f.sqrt()": ("f.sqrt()", False),
    "g = list(yielded([h, h.cos()]))[0]; {y} = g.sqrt()": ("g.sqrt()", False),
    "i = by_name([h])[0]; {y} = i.sqrt()": ("i.sqrt()", False),
    "z = again(2, h.cos()).sqrt(); j = other(2, h); {y} = j.sqrt() + z": ("j.sqrt()", False),
    "l = listed([h.cos(), h.tan()])[1]; {y} = l.sqrt()": ("l.sqrt()", True),
    "m = scaled(h.cos(), 0.5); {y} = m.sqrt()": ("m.sqrt()", True),
    "{y} = arm(h.cos()).sqrt()": ("arm(h.cos()).sqrt()", True),
    "{y} = anew(h).sqrt()": ("anew(h).sqrt()", True),
    "k = h.tan(); k = shift(k); {y} = k.sqrt(); k = None": ("k.sqrt()", True),
}


def test_what_a_function_may_return_is_not_overwritten(tmp_path):
    lines = [f"        {line.format(y=f'y{number}')}" for number, line in enumerate(LINES)]
    names = ", ".join(f"y{number}" for number in range(len(LINES)))
    found = findings(tmp_path, STEP.format(lines="\n".join(lines), names=names))
    expected = {expression: DO if is_safe else MAY for expression, is_safe in LINES.values()}
    assert {expression: found[expression] for expression in expected} == expected
