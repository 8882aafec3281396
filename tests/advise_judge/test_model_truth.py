"""Every expression of a file tried: on a file whose best switches are known."""

import pytest

from benchmarks.advise_judge.model_truth import model_truth

SOURCE = """
import torch
import torch.nn.functional as F
from torch import nn

kept = []

def make():
    torch.manual_seed(0)
    act = nn.ReLU()
    @torch.no_grad()
    def step():
        x = torch.randn(64, 64)
        h = x + 1.0
        y = F.silu(h) * 2.0
        kept[:] = [h]
        z = torch.tanh(y - x)
        return act(z).clamp(max=0.9)
    return step
"""


@pytest.mark.slow
def test_the_best_switches_are_found(tmp_path):
    user = tmp_path / "user"
    user.mkdir()
    (user / "step.py").write_text(SOURCE)
    truth = model_truth(user, "step", "make", tmp_path / "tried")
    places = {text.rsplit(" (", 1)[0] for text in truth.best}
    assert "14: x + 1.0" not in places and "15: F.silu(h)" not in places  # x is read later, and h is kept
    assert "15: F.silu(h) * 2.0" in places or "17: torch.tanh(y - x)" in places
    assert truth.saved_bytes >= 64 * 64 * 4 and truth.tried > truth.safe >= 4
