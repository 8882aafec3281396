"""A step whose gradient or value is wrong as it is, while torch says nothing: the write is named, and what it does."""

import pytest

from benchmarks.advise.user.question import NEVER
from tests.advise.asked import advised, decision_on

pytestmark = pytest.mark.slow

STEP = """
def make():
    torch.manual_seed(0)
    net, x = nn.Linear(16, 16), torch.randn(8, 16)
    def step():
        net.zero_grad()
        h = net(x).exp()
        loss = h.sum()
        {write}
        loss.backward()
        return loss.detach()
    return step
"""
WRITTEN, SAVED = 13, 11  # lines of the program, behind its imports


def test_a_write_past_the_version_counter_is_named(tmp_path):
    answer = advised(tmp_path, STEP.format(write="h.data.mul_(0.5)"))
    (found,) = answer["overwritten"]
    assert (found["op"], found["line"], found["saved_by"], found["saved_line"]) == ("mul_", WRITTEN, "exp", SAVED)


#: By what is wrong: the body of a step, the write, and a word of the reason. Each body ends with a right twin of it.
VALUES = {
    "it reads what it wrote": (
        "x = p.clone()\nx.div_(x[:, :1])\nreturn x / x[:, :1].div_(x[:, :1].clone())",
        "div_",
        "read",
    ),
    "windows overlap": ("x = p.clone()\nx.unfold(0, 2, 1).mul_(2)\nreturn x.unfold(0, 2, 2).mul_(2)", "mul_", "share"),
    "autocast keeps a cast": (
        "with torch.autocast('cpu', dtype=torch.bfloat16):\n    torch.mm(p, w)\n    with torch.no_grad():\n"
        "        w.mul_(3)\n    y = torch.mm(p, w)\n    torch.clear_autocast_cache()\n    return y, torch.mm(p, w)",
        "mul_",
        "autocast",
    ),
}


@pytest.mark.parametrize("wrong", VALUES)
def test_a_write_that_gives_wrong_values_is_named(wrong, tmp_path):
    body, op, word = VALUES[wrong]
    lines = "\n".join(f"        {line}" for line in body.splitlines())
    answer = advised(
        tmp_path,
        f"""
def make():
    p, w = torch.rand(4, 4) + 0.5, torch.eye(4).requires_grad_()
    def step():
{lines}
    return step
""",
    )
    (found,) = answer["overwritten"]
    assert (found["op"], found["saved_by"]) == (op, "") and word in found["why"]
    written = (tmp_path / "program.py").read_text().splitlines()[found["line"] - 1]
    assert f"{op}(" in written and "return" not in written


def test_a_module_that_the_step_makes_is_judged_and_its_backward_hook_forbids(tmp_path):
    answer = advised(
        tmp_path,
        """
def make():
    x = torch.rand(64, requires_grad=True)
    def step():
        plain, hooked = nn.ReLU(), nn.ReLU(inplace=False)
        hooked.register_full_backward_hook(lambda *_: None)
        loss = plain(x * 2).sum() + hooked(x * 3).sum()
        loss.backward()
        return loss.detach()
    return step
""",
    )
    assert decision_on(answer, "nn.ReLU()")["verdict"] != NEVER
    hooked = decision_on(answer, "nn.ReLU(inplace=False)")
    assert hooked["verdict"] == NEVER and "hook" in hooked["reason"]


@pytest.mark.parametrize("write", ["(h.data * 2).mul_(2)"])
def test_a_right_step_has_none(tmp_path, write):
    assert advised(tmp_path, STEP.format(write=write))["overwritten"] == []
