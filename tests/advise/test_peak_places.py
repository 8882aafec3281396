"""Where the bytes are at the peak: the sum is exact, as given and as patched; a lost write is found by the gate."""

from pathlib import Path
from typing import Any

import pytest

from analysis.gate.change import Limits
from analysis.gate.compare import compare
from analysis.gate.rows import change_rows
from analysis.run.load import load_run
from benchmarks.advise.trials.peak_places import peak_places
from benchmarks.advise.user.question import Question
from tests.advise.small_process import done_in_small_process
from tests.support.advised_runs import STEP, answer_without_patch, stored

pytestmark = pytest.mark.slow

GATED = """
import torch
from torch import nn
import torch.nn.functional as F

class Gated(nn.Module):
    def __init__(self):
        super().__init__()
        self.gate, self.up = nn.Linear(64, 256, bias=False), nn.Linear(64, 256, bias=False)
        self.down = nn.Linear(256, 64, bias=False)

    def forward(self, h):
        g = F.silu(self.gate(h))
        PRODUCT
        return self.down(g)

def make():
    model, h = Gated(), torch.randn(512, 64)
    def step():
        with torch.no_grad():
            return model(h)
    return step
"""
INPLACE, LOST, RAISES = "g.mul_(self.up(h))", "g = g * self.up(h)", "raise ValueError('no')"
N = 512 * 256 * 4

Peak = dict[str, Any]


@pytest.fixture(scope="module")
def peaks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Peak]:
    """Where the bytes are, by the line that differs."""
    return done_in_small_process(_peaks, tmp_path_factory.mktemp("steps"))


def _peaks(folder: Path) -> dict[str, Peak]:
    found = {}
    for number, product in enumerate((INPLACE, LOST, RAISES)):
        path = folder / f"gated{number}.py"
        path.write_text(GATED.replace("PRODUCT", product))
        (found[product],) = peak_places(Question((f"{path}:make",), repeats=1))
    return found


def test_the_rows_add_up_to_the_byte_and_name_their_lines(peaks):
    inplace, lost = peaks[INPLACE], peaks[LOST]
    for found in (inplace, lost):
        assert sum(row["nbytes"] for row in found["rows"]) == found["peak_bytes"] == sum(found["by_category"].values())
        assert found["by_category"]["parameters"] == 3 * 64 * 256 * 4 and found["regions"] == ["forward"]
    assert lost["peak_bytes"] - inplace["peak_bytes"] == N
    (made,) = [row for row in lost["rows"] if row["op"] == "mul"]
    assert (made["nbytes"], made["text"], Path(made["file"]).name) == (N, LOST, "gated1.py")


def test_what_raises_is_a_reason(peaks):
    assert peaks[RAISES] == {"why": "ValueError: no"}


def test_the_gate_names_the_line_of_a_lost_write(peaks, tmp_path, monkeypatch):
    runs = []
    for product in (INPLACE, LOST):
        found = _of_one_file(peaks[product])
        before = {"peak_bytes": found["peak_bytes"], "held_bytes": 0}
        answer = answer_without_patch(places=[found], per_step=[{"step": STEP, "before": before, "after": None}])
        runs.append(load_run(stored(answer, tmp_path, monkeypatch)))
    notes = {each.note for each in change_rows(compare(*runs, Limits()), "worse")}
    assert notes == {f"gated.py:14 `{LOST}`: mul makes 512\N{NO-BREAK SPACE}KiB more (temporaries)"}


def _of_one_file(found: Peak) -> Peak:
    return {**found, "rows": [{**row, "file": row["file"] and "gated.py"} for row in found["rows"]]}
