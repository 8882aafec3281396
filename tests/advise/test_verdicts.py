"""Verdicts on programs whose truth is known: what keeps, reads or shares an operand forbids to write it."""

import pytest

from benchmarks.advise.user.question import DO, LEAVE, MAY, NEVER
from tests.advise.asked import advised, decision_on, verdicts

pytestmark = pytest.mark.slow

#: Each program's step ends with x of N elements; the site's verdict.
INFERENCE = """
def make():
    x = torch.rand(4096) + 0.5
    kept = []
    @torch.no_grad()
    def step():
{body}
    return step
"""

PROGRAMS = {
    "a local that is dead": ("h = x.exp()\ny = h + 1\ndel h\nreturn y.sin()", "h + 1", (DO,)),
    "a temporary": ("return (x.exp() + 1).sin()", "x.exp() + 1", (DO,)),
    "the other operand": ("h = x.exp()\ny = h + x.sin()\nreturn y.cos() * h", "h + x.sin()", (DO,)),
    "read later": ("h = x.exp()\ny = h + 1\nreturn y * h", "h + 1", (NEVER,)),
    "read later by value that stays the same": ("h = x.exp()\ny = h.relu()\nreturn y + h", "h.relu()", (NEVER,)),
    "kept by a list": ("h = x.exp()\nkept.append(h)\nreturn h + 1", "h + 1", (NEVER,)),
    "kept by a list, times one": ("h = x.exp()\nkept.append(h)\nreturn h * 1", "h * 1", (NEVER,)),
    "the step's own input": ("return (x + 1).sum()", "x + 1", (NEVER,)),
    "a view read later": ("h = x.exp()\nv = h.view(64, 64)\ny = h + 1\nreturn y.sum() + v.sum()", "h + 1", (NEVER,)),
    "written later": (
        "h = x.exp()\ny = h + 1\nh.zero_()\nreturn y.sin()",
        "h + 1",
        (NEVER,),
    ),
    "numpy has it": ("h = x.exp()\na = h.numpy()\ny = h + 1\nreturn y.sum() + float(a[0])", "h + 1", (NEVER,)),
    "a view from a function, whose base is used on a branch not seen": (
        "def heads(q):\n    return q.view(64, 64)\nh = x.exp()\ny = heads(h) + 1\nif y.sum() < 0:\n    return h\n"
        "return y.sin()",
        "heads(h) + 1",
        (MAY, LEAVE),
    ),
    "a view from a function, whose base is dead": (
        "def heads(q):\n    return q.view(64, 64)\nh = x.exp()\ny = heads(h) + 1\ndel h\nreturn y.sin()",
        "heads(h) + 1",
        (DO,),
    ),
    "one of two, and the other is read": (
        "a, b = x.exp(), x.sin()\ny = (a if x.sum() > 0 else b) + 1\nreturn y.sin() + b",
        "(a if x.sum() > 0 else b) + 1",
        (MAY, LEAVE),
    ),
    "one of two, and neither is read": (
        "a, b = x.exp(), x.sin()\ny = (a if x.sum() > 0 else b) + 1\nreturn y.sin()",
        "(a if x.sum() > 0 else b) + 1",
        (DO,),
    ),
    "one of two, and the other is an argument": (
        "def layer(g, c):\n    h = g.exp() if c else g\n    return h + 1\nreturn layer(x.sin(), True).cos()",
        "h + 1",
        (MAY, LEAVE),
    ),
    "replaced in a try that may fail first": (
        "h = x.exp()\ntry:\n    h = torch.relu(h + 1)\nexcept RuntimeError:\n    pass\nreturn h.sin()",
        "h + 1",
        (MAY, LEAVE),
    ),
    "a variable of the function around it": (
        "h = None\ndef inner():\n    nonlocal h\n    h = x.exp()\n    return h + 1\ny = inner()\n"
        "return (y if y.sum() > 0 else h).sin()",
        "h + 1",
        (MAY, LEAVE, NEVER),
    ),
    "read on a branch not seen": (
        "h = x.exp()\ny = h + 1\nif y.sum() < 0:\n    return h\nreturn y.sin()",
        "h + 1",
        (MAY, LEAVE),
    ),
    "kept on a branch not seen": (
        "h = x.exp()\nif h.sum() < 0:\n    kept.append(h)\nreturn (h + 1).sin()",
        "h + 1",
        (MAY, LEAVE),
    ),
    "kept on one line that may not run": (
        "h = x.exp()\nif h.sum() < 0: kept.append(h)\nreturn (h + 1).sin()",
        "h + 1",
        (MAY, LEAVE),
    ),
    "kept under another name, on a branch not seen": (
        "h = x.exp()\ng = h\nif h.sum() < 0:\n    kept.append(g)\ndel g\nreturn (h + 1).sin()",
        "h + 1",
        (MAY, LEAVE),
    ),
    "dropout that returns its input": (
        "h = x.exp()\nd = F.dropout(h, 0.5, training=False)\ny = d + 1\nreturn y * h",
        "d + 1",
        (NEVER,),
    ),
    "dropout that would return its input": (
        "drops = True\nh = x.exp()\nd = F.dropout(h, 0.5, training=drops)\ny = d + 1\nreturn y * h",
        "d + 1",
        (MAY, LEAVE),
    ),
    "dropout that never returns its input": (
        "h = x.exp()\nd = F.dropout(h, 0.5, training=True)\ny = d + 1\nreturn y * h",
        "d + 1",
        (DO,),
    ),
    "broadcast": ("h = x[:64].exp()\nreturn (h + x.view(64, 64)).sin()", "h + x.view(64, 64)", (NEVER,)),
    "another dtype": ("h = torch.arange(4096)\nreturn (h * 0.5).sin()", "h * 0.5", (NEVER,)),
    "expanded": ("h = x[:1].exp().expand(4096)\nreturn (h + 1).sin()", "h + 1", (NEVER,)),
    "one of two parts that one call split": (
        "q, k = x.exp().chunk(2)\nq = q * 2\nreturn q.sin() + k",
        "q * 2",
        (DO,),
    ),
    "a part of heads": (
        "q, k = x.exp().view(8, 64, 2, 4).permute(2, 1, 0, 3)\nq = q * 2\nreturn q.sin() + k",
        "q * 2",
        (DO,),
    ),
    "a part, and what it was split from read later": (
        "h = x.exp()\nq, k = h.chunk(2)\nq = q * 2\nreturn q.sin() + k + h.sum()",
        "q * 2",
        (NEVER,),
    ),
    "parts that share no byte for these numbers": (
        "n = 2048\nh = x.exp()\nq, k = h[:n], h[n:]\ndel h\nq = q * 2\nreturn q.sin() + k",
        "q * 2",
        (MAY, LEAVE),
    ),
    "parts that share a byte": (
        "h = x.exp()\nq, k = h[:2048], h[2047:4095]\ndel h\nq = q * 2\nreturn q.sin() + k",
        "q * 2",
        (NEVER,),
    ),
    "two operands that lie in some of the same memory": (
        "h = x.exp().view(64, 64)\nreturn (h[:, :2] + h[:, 1:3]).sin()",
        "h[:, :2] + h[:, 1:3]",
        (NEVER,),
    ),
    "a temporary with a name, read on a branch not seen": (
        "y = (t := x.exp()) + 1\nif y.sum() < 0:\n    return t\nreturn y.sin()",
        "(t := x.exp()) + 1",
        (MAY, LEAVE),
    ),
    "what lives on cannot be read": (
        "torch.vmap(lambda t: kept.append(t) or t * 1)(x.view(64, 64))\nh = x.exp()\nreturn (h + 1).sin()",
        "h + 1",
        (MAY, LEAVE),
    ),
    "a loop that reads the last round's": (
        "h = x.exp()\nys = []\nfor _ in range(2):\n    y = h + 1\n    ys.append(y)\nreturn sum(ys)",
        "h + 1",
        (NEVER,),
    ),
}

#: Of these the reason is the operand itself, so that no other line is to be named.
OF_THE_OPERAND = {
    "broadcast", "another dtype", "expanded", "two operands that lie in some of the same memory",
    "the step's own input",
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_verdict(name, tmp_path):
    body, expression, expected = PROGRAMS[name]
    lines = "\n".join("        " + line for line in body.split("\n"))
    answer = advised(tmp_path, INFERENCE.format(body=lines))
    assert verdicts(answer)[expression] in expected
    if expected == (NEVER,) and name not in OF_THE_OPERAND:
        decision = decision_on(answer, expression)
        second = decision["saver"]["line"]
        assert f"program.py:{second}" in decision["reason"]
        assert second != decision["line"] or name == "a loop that reads the last round's"


def test_what_keeps_an_operand_is_named(tmp_path):
    body = "        h = x.exp()\n        kept.append(h.detach())\n        return h + 1"
    decision = decision_on(advised(tmp_path, INFERENCE.format(body=body)), "h + 1")
    assert "an element of a list" in decision["reason"]
    assert decision["reason"].endswith("keeps it: kept.append(h.detach()) at program.py:12")


def test_what_the_step_returns_is_named(tmp_path):
    body = "        h = x.exp()\n        y = (h + 1).sin()\n        return h, y"
    reason = decision_on(advised(tmp_path, INFERENCE.format(body=body)), "h + 1")["reason"]
    assert "the step returns it: return h, y at program.py:13" in reason


def test_what_is_older_than_the_step_is_read_by_the_next_execution(tmp_path):
    answer = advised(tmp_path, INFERENCE.format(body="        return (x + 1).sum()"), repeats=2)
    decision = decision_on(answer, "x + 1")
    assert (decision["verdict"], decision["saver"]["line"]) == (NEVER, decision["line"])
    assert "the next execution reads it: add at program.py:11" in decision["reason"]


def test_what_saves_only_beside_an_argument_is_told_with_it(tmp_path):
    text = """
    def plus(h):
        h = h * 2
        return (h + 1).sin()
    def make():
        x = torch.rand(4096)
        @torch.no_grad()
        def step():
            return plus(x.exp()) + x
        return step
    """
    answer = advised(tmp_path, text)
    found = {each["expression"]: each for each in answer["decisions"]}
    assert found["h * 2"]["verdict"] == MAY and "argument" in found["h * 2"]["warning"]
    assert answer["sets"]["do"] == [] or found["h + 1"]["verdict"] == DO
