"""The catalogue as declared: nothing twice, nothing that torch does not have, nothing kept out of training idly."""

from dataclasses import replace

import pytest
import torch

from benchmarks.autograd.equivalence import Disagreement, check
from benchmarks.catalogue import USER, families
from benchmarks.catalogue.domains import DOMAINS
from benchmarks.catalogue.pair import NO_GRAPH
from benchmarks.inputs import make_inputs
from benchmarks.record import INPLACE, OUTOFPLACE, PHASES, VARIANTS, Case

PAIRS = [(family, pair) for family, pairs in families().items() for pair in pairs]
each_pair = pytest.mark.parametrize("family, pair", PAIRS, ids=[pair.name for _, pair in PAIRS])


def name_of(parameter):
    return getattr(parameter, "name", parameter)


def case_of(family, pair, phase):
    return Case(
        family, pair.name, phase, 64, (64,), "float32", "contiguous", pair.operands[0], False, "cpu", "inherited", 1
    )


def test_at_least_seventy_pairs_each_under_a_name_of_its_own():
    names = [pair.name for _, pair in PAIRS]
    assert len(names) >= 70
    assert len(set(names)) == len(names)
    assert USER not in families()


@each_pair
def test_both_variants_are_torchs(family, pair):
    for variant in VARIANTS:
        if getattr(pair, variant) is None:
            assert callable(getattr(torch.Tensor, pair.method(variant)))
        else:
            assert callable(getattr(pair, variant))
    assert pair.method(INPLACE) == pair.method(OUTOFPLACE) + "_"


@each_pair
def test_a_declaration_says_no_more_than_it_must(family, pair):
    assert pair.verify, "the catalogue makes promises"
    assert pair.op != pair.name, "op is the name by default"
    assert pair.setup is None and pair.shape is None and pair.other_shapes == ()
    assert pair.phases in (PHASES, NO_GRAPH)
    assert {pair.domain, *pair.others} <= set(DOMAINS)


@pytest.mark.parametrize("family, pair", [p for p in PAIRS if p[1].phases == NO_GRAPH], ids=name_of)
def test_what_is_kept_out_of_training_has_no_gradient_to_measure(family, pair):
    """Either torch has no derivative for one of the forms, or the gradient is zero everywhere."""
    allowed = replace(pair, phases=PHASES)
    inputs = make_inputs(allowed, case_of(family, pair, "step"))
    try:
        check(inputs)
        gradients = [inputs.subjects[v].backward(inputs.subjects[v].call(inputs.restore())) for v in VARIANTS]
    except (RuntimeError, NotImplementedError, Disagreement):
        return
    assert all(not gradient.any() for (gradient, *_) in gradients), "has a gradient: let it train"


@pytest.mark.parametrize("family, pair", [p for p in PAIRS if p[1].scalar], ids=name_of)
def test_a_scalar_operand_is_really_a_python_number(family, pair):
    inputs = make_inputs(pair, replace(case_of(family, pair, "inference"), operand="scalar"))
    assert type(inputs.others[0]) is float
    check(inputs)


def test_in_place_forms_write_and_return_their_input():
    for family, pair in PAIRS:
        inputs = make_inputs(pair, case_of(family, pair, "inference"))
        x = inputs.restore()
        assert inputs.subjects[INPLACE].call(x) is x, pair.name
