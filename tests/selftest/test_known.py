"""The pairs whose truth is known: they do what their names say."""

from fractions import Fraction

import pytest
import torch

from benchmarks.catalogue import families
from benchmarks.catalogue.scenarios import topic_of, topics
from benchmarks.measure.memory import measure_memory
from benchmarks.record import INPLACE, OUTOFPLACE, VARIANTS
from benchmarks.selftest import aa_pairs, aa_scenarios, known_bytes, planted_pairs


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


@pytest.mark.parametrize("module", [aa_pairs, aa_scenarios])
def test_each_variant_stands_beside_itself_twice_and_beside_its_partner(module):
    pairs = {pair.name: pair for pair in module.PAIRS}
    real = {pair.name: pair for pair in module.REAL}
    assert set(pairs) == {*real, *(name for times in module.AA_PAIR_NAMES.values() for both in times for name in both)}
    for name, times in module.AA_PAIR_NAMES.items():
        for both in times:
            for variant, named in zip(VARIANTS, both, strict=True):
                assert {getattr(pairs[named], side) for side in VARIANTS} == {getattr(real[name], variant)}


def test_an_op_of_each_family_and_a_scenario_of_each_topic_is_beside_itself():
    for family, pairs in families().items():
        named = {*aa_pairs.OPS} & {pair.name for pair in pairs}
        assert named or family == "linalg", family
    assert {topic_of(pair.name) for pair in aa_scenarios.REAL} == {*topics()} - {aa_scenarios.LEFT_OUT}


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
