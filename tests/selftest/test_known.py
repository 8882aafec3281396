"""The pairs whose truth is known: they do what their names say."""

from fractions import Fraction

import pytest
import torch

from benchmarks.measure.memory import measure_memory
from benchmarks.record import INPLACE, OUTOFPLACE, VARIANTS
from benchmarks.selftest import aa_pairs, known_bytes, planted_pairs


@pytest.mark.parametrize("pair", planted_pairs.PAIRS, ids=lambda pair: pair.name)
def test_a_planted_pair_runs_its_op_as_often_as_it_says(pair):
    effect, truth = planted_pairs.TRUTH[pair.name]
    version = {}
    for variant in VARIANTS:
        x = torch.ones(4)
        pair.bind(variant)(x)
        version[variant] = x._version  # an in-place op moves the version counter by one
    assert Fraction(version[OUTOFPLACE], version[INPLACE]) == truth
    assert float(truth) - 1 == pytest.approx(float(effect.split()[0]) / 100, rel=0.02)


def test_every_op_has_its_own_pair_beside_itself():
    names = {pair.name for pair in aa_pairs.PAIRS}
    assert names == {*aa_pairs.OPS, *(name for both in aa_pairs.BESIDE_ITSELF.values() for name in both)}
    for pair in aa_pairs.SAME:
        assert pair.outofplace is pair.inplace


@pytest.mark.parametrize("numel", [1024, 1_000_003])
@pytest.mark.parametrize("pair", known_bytes.PAIRS, ids=lambda pair: pair.name)
def test_known_bytes_are_counted_exactly(pair, numel):
    leaf, upstream = torch.rand(numel).requires_grad_(), torch.rand(numel)
    for variant in VARIANTS:
        seen = measure_memory(
            leaf.clone, pair.bind(variant), lambda result: torch.autograd.grad(result, leaf, upstream), "cpu"
        )
        truth, n = known_bytes.TRUTH[pair.name, variant], 4 * numel
        assert (seen.forward_peak_bytes, seen.held_bytes) == (truth.peak(n), truth.held(n))
        assert seen.step_peak_bytes == truth.step_peak(n)
