"""Where the bytes are at the peak: the sum is exact, as given and as patched; a lost write is found by the gate."""

from pathlib import Path
from typing import Any

import pytest

from analysis.gate.change import Limits
from analysis.gate.compare import compare
from analysis.gate.rows import change_rows
from analysis.run.load import load_run
from benchmarks.advise.peak_places import peak_places
from benchmarks.advise.question import Question
from benchmarks.advise.stored_advice import store_advice
from benchmarks.advise.worker import answer_steps
from benchmarks.process import Events
from tests.advise.small_process import done_in_small_process

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
INPLACE, LOST = "g.mul_(self.up(h))", "g = g * self.up(h)"
N = 512 * 256 * 4


def asked(folder: Path, product: str, stores: bool = False) -> Any:
    """The peak of the step, or the whole answer, stored."""
    path = folder / "gated.py"
    path.write_text(GATED.replace("PRODUCT", product))
    question = Question((f"{path}:make",), repeats=1, places=True, only=str(folder))
    return done_in_small_process(_stored if stores else peak_places, *((folder, question) if stores else (question,)))


def _stored(folder: Path, question: Question) -> Path:
    answer = answer_steps(question, Events(None))
    answer |= {"proved": None, "times": None, "times_note": None, "threads_used": 1}
    return store_advice(question, answer, (), folder / "runs", "advise", "vm")


def test_the_rows_add_up_to_the_byte_and_name_their_lines(tmp_path):
    ((inplace,), (lost,)) = asked(tmp_path, INPLACE), asked(tmp_path, LOST)
    for found in (inplace, lost):
        assert sum(row["nbytes"] for row in found["rows"]) == found["peak_bytes"] == sum(found["by_category"].values())
        assert found["by_category"]["parameters"] == 3 * 64 * 256 * 4 and found["regions"] == ["forward"]
    assert lost["peak_bytes"] - inplace["peak_bytes"] == N
    (made,) = [row for row in lost["rows"] if row["op"] == "mul"]
    assert (made["nbytes"], made["text"], Path(made["file"]).name) == (N, LOST, "gated.py")


def test_what_raises_is_a_reason(tmp_path):
    (found,) = asked(tmp_path, "raise ValueError('no')")
    assert found == {"why": "ValueError: no"}


def test_the_gate_names_the_line_of_a_lost_write(tmp_path):
    runs = []
    for name, product in (("base", INPLACE), ("head", LOST)):
        (tmp_path / name).mkdir()
        runs.append(load_run(asked(tmp_path / name, product, stores=True)))
    (row,) = [each for each in change_rows(compare(*runs, Limits()), "worse") if each.quantity.startswith("as given")]
    assert f"gated.py:14 `{LOST}`: mul makes 512\N{NO-BREAK SPACE}KiB more (temporaries)" in row.note
    assert "the advisor would write g.mul_(self.up(h))" in row.note
