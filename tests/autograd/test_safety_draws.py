"""The safety matrix of pairs whose variants draw different random numbers, as dropout's do on CUDA."""

import pytest

from benchmarks.autograd.record.safety import COMPILED, NO_CASE, QUESTIONS, RAISES, WORKS, WRONG
from benchmarks.autograd.safety.matrix import PROBES, examine_cell
from benchmarks.catalogue import Pair, families

PAIRS = {pair.name: pair for pairs in families().values() for pair in pairs}
ASKED = [column for column in QUESTIONS if column not in COMPILED]


@pytest.mark.parametrize("name", ["dropout", "nn.Dropout"])
def test_what_draws_other_numbers_is_not_held_side_by_side(name, monkeypatch):
    other = {column for column, probe in PROBES.items() if not probe.side_by_side}
    assert other == {"first", "second", "version"}, "which look at the in-place variant alone"
    on_cpu = {column: examine_cell(PAIRS[name], column, "cpu", False) for column in ASKED}
    monkeypatch.setattr(Pair, "own_draws", lambda self, device: self.draws_on_cuda)
    for column, cell in on_cpu.items():
        found = examine_cell(PAIRS[name], column, "cpu", False)
        if column not in other and cell.status in (WORKS, WRONG):
            assert (found.status, found.text, found.error) == (NO_CASE, "draws other numbers on CUDA", None), column
        else:
            assert found == cell, column
        assert examine_cell(PAIRS["relu"], column, "cpu", False).text != "draws other numbers on CUDA"
    assert on_cpu["nonleaf"].status == on_cpu["agreement"].status == WORKS and on_cpu["leaf"].status == RAISES
