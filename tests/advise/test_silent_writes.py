"""A step whose gradient is wrong as it is, while torch says nothing: the write and what it overwrites are named."""

import pytest

from tests.advise.asked import advised

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


@pytest.mark.parametrize("write", ["(h.data * 2).mul_(2)"])
def test_a_right_step_has_none(tmp_path, write):
    assert advised(tmp_path, STEP.format(write=write))["overwritten"] == []
