"""What an optimizer could be asked for: told where it saves, with what differs, and never more than `may`."""

import pytest

from benchmarks.advise.user.question import LEAVE, MAY
from tests.advise.asked import advised, decision_on

pytestmark = pytest.mark.slow

STEP = """
def make():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear({width}, {width}), nn.Linear({width}, 4))
    x = torch.randn({rows}, {width})
    optimizer = torch.optim.{optimizer}
    def step():
        {zeroing}
        loss = net(x).square().sum()
        loss.backward()
        optimizer.step()
        return loss.detach()
    return step
"""
ADAM = "Adam(net.parameters())"


def advised_step(folder, optimizer=ADAM, zeroing="optimizer.zero_grad()", width=128, rows=4):
    return advised(folder, STEP.format(optimizer=optimizer, zeroing=zeroing, width=width, rows=rows), repeats=2)


def test_a_fused_update_where_the_peak_is_in_the_update(tmp_path):
    decision = decision_on(advised_step(tmp_path), f"torch.optim.{ADAM}")
    assert (decision["kind"], decision["verdict"]) == ("optimizer", MAY)
    assert decision["replacement"] == "torch.optim.Adam(net.parameters(), fused=True)"
    assert decision["peak_bytes_saved"] >= 128 * 128 * 4 and "last digits" in decision["warning"]


def test_no_other_update_where_the_peak_is_elsewhere(tmp_path):
    answer = advised_step(tmp_path, rows=4096)
    assert decision_on(answer, f"torch.optim.{ADAM}")["verdict"] == LEAVE
    assert answer["runs"] / 2 <= 4


@pytest.mark.parametrize(
    ("zeroing", "replacement"),
    [
        ("optimizer.zero_grad(set_to_none=False)", "optimizer.zero_grad(set_to_none=True)"),
        ("net.zero_grad(False)", "net.zero_grad(True)"),
    ],
)
def test_gradients_that_are_filled_with_zeros(tmp_path, zeroing, replacement):
    decision = decision_on(advised_step(tmp_path, "SGD(net.parameters(), 0.1, fused=True)", zeroing), zeroing)
    assert (decision["verdict"], decision["replacement"]) == (MAY, replacement)
    assert decision["held_bytes_saved"] >= 128 * 128 * 4 and "skipped" in decision["warning"]
