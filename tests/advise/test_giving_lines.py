"""The line that gives an operand its value: by names, attributes, loops, arguments, in functions around."""

import ast
import textwrap

import pytest

from benchmarks.advise.source.giving_lines import giving_line
from benchmarks.advise.source.rewrite import Source
from tests.advise.asked import advised, decision_on

PROGRAM = """
    import torch
    TABLE = torch.ones(3)

    class Net(torch.nn.Module):
        def __init__(self):
            self.scale = torch.ones(3)
            self.register_buffer("mean", torch.zeros(3))
            self.low, self.high = torch.zeros(3), torch.ones(3)

        def forward(self, x, *, mask=None):
            y = x * 2
            z = self.scale.neg()
            z = self.mean.neg()
            z = self.high.neg()
            for row in y.unbind():
                z = row.neg()
            y = y.neg()
            with torch.no_grad() as mode:
                z = mode.neg()
            return TABLE.neg(), mask[0].data.neg(), missing.neg(), (x + y).neg(), x.neg()

    def make():
        state = {"m": torch.zeros(3)}
        state = dict(state)

        def step():
            return state["m"].neg(), [each.neg() for each in state.values()], (lambda g: g.neg())(state)

        state = None
        return step
    """
SOURCE = Source("net.py", textwrap.dedent(PROGRAM).encode())


@pytest.mark.parametrize(
    "operand, line, said",
    [
        ("self.scale", 7, "`self.scale = torch.ones(3)`"),
        ("self.mean", 8, '`self.register_buffer("mean", torch.zeros(3))`'),
        ("self.high", 9, "`self.low, self.high = torch.zeros(3), torch.ones(3)`"),
        ("row", 16, "`for row in y.unbind():`"),
        ("y", 12, "`y = x * 2`"),
        ("mode", 19, "`with torch.no_grad() as mode:`"),
        ("TABLE", 3, "`TABLE = torch.ones(3)`"),
        ("mask[0].data", 11, "`mask`, an argument of forward,"),
        ("x", 11, "`x`, an argument of forward,"),
        ("missing", 21, "`missing`"),
        ("(x + y)", 21, "`x + y`"),
        ('state["m"]', 25, "`state = dict(state)`"),
        ("each", 28, None),
        ("g", 28, "`g`, an argument of a lambda,"),
    ],
)
def test_the_line_that_gives_an_operand_its_value(operand, line, said):
    calls = [
        node for node in ast.walk(SOURCE.tree) if isinstance(node, ast.Call) and SOURCE.text(node) == f"{operand}.neg()"
    ]
    found = giving_line(SOURCE, calls[0], calls[0].func.value)
    assert (found.line, found.file) == (line, "net.py") and said in (None, found.op)


@pytest.mark.slow
def test_every_never_on_older_memory_names_a_line(tmp_path):
    answer = advised(
        tmp_path,
        """
        import numpy as np
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.weight = nn.Parameter(torch.ones(64))
                self.weight.register_hook(lambda g: g.clamp(-1, 1))
            def forward(self, x):
                return x * self.weight.exp()
        def make():
            net, g, h = Net(), torch.randn(64, 64), torch.randn(64, 64)
            state = {"m": torch.tensor([0.0] * 64)}
            leaf = torch.tensor([1.0] * 64, requires_grad=True)
            def step():
                with torch.no_grad():
                    a = g.relu()
                    state["m"] = state["m"] * 0.9
                    b = torch.sigmoid(torch.from_numpy(np.ones(64)))
                net.weight.grad = None
                net(h).sum().backward()
                return a, b, torch.tanh(leaf)
            return step
        """,
        repeats=2,
    )
    lines = {
        "g.relu()": 20,  # the next execution reads it again
        "self.weight.exp()": 10,
        'state["m"] * 0.9': 16,
        "torch.tanh(leaf)": 17,
        "g.clamp(-1, 1)": 11,
    }
    for expression, line in lines.items():
        decision = decision_on(answer, expression)
        assert decision["verdict"] == "never" and decision["saver"]["line"] == line, decision
    assert all(decision["saver"] for decision in answer["decisions"] if decision["verdict"] == "never"), answer
