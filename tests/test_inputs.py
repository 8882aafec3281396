"""Inputs: made as their case says, restored before every call, and what becomes of them if not."""

import gc
import itertools
import weakref
from dataclasses import replace

import pytest
import torch

from benchmarks.catalogue import families
from benchmarks.catalogue.pair import Pair
from benchmarks.inputs import Inputs, make_inputs, tensors
from benchmarks.record import INPLACE, OUTOFPLACE, PHASES, VARIANTS, Case
from benchmarks.tensors import sample
from benchmarks.verify.ops import Disagreement, check_op
from benchmarks.verify.prepare import run_once
from tests.catalogue.cases import plain_case

CPU = torch.device("cpu")
CASE = Case("pointwise", "exp", "inference", 64, (8, 8), "float32", "contiguous", "none", False, "cpu", "inherited", 1)
PAIRS = [(family, pair) for family, pairs in families().items() for pair in pairs]


def inputs_of(pair, **axes) -> Inputs:
    return make_inputs(pair, replace(CASE, **{"pair": pair.name, "operand": pair.operands[0], **axes}))


def test_the_axes_decide_shape_dtype_operand_and_grad():
    pair = Pair("addcmul", others=("real", "real"), scalar=True)
    plain = inputs_of(pair, dtype="float64")
    assert (plain.base.dtype, plain.base.shape, plain.base.requires_grad) == (torch.float64, (8, 8), False)
    assert [other.shape for other in plain.others] == [(8, 8), (8, 8)] and plain.leaves == ()
    add = Pair("add", others=("real",), scalar=True)
    number = make_inputs(add, replace(CASE, operand="scalar", phase="step", other_requires_grad=True))
    assert number.others[0] == 1.125 and len(number.leaves) == 1
    both = inputs_of(pair, phase="step", other_requires_grad=True)
    assert [leaf is tensor for leaf, tensor in zip(both.leaves, (both.base, both.others[0]), strict=True)] == [True] * 2
    assert inputs_of(pair, operand="zero_dim").others[0].shape == ()
    assert inputs_of(pair, operand="broadcast").others[0].shape == (8,)
    strided = inputs_of(pair, layout="strided")
    assert {t.stride() for t in strided.operands} == {(16, 2)}
    own = inputs_of(Pair("own", outofplace=torch.mul, inplace=torch.mul, others=("unit",), other_shapes=((1, 8),)))
    assert own.others[0].shape == (1, 8) and own.others[0].abs().max() <= 0.9


@pytest.mark.parametrize("layout", ["contiguous", "transposed", "strided", "channels_last"])
@pytest.mark.parametrize("phase", ["inference", "step"])
def test_a_restored_input_is_equal_and_nobody_elses(phase, layout):
    inputs = inputs_of(Pair("exp"), phase=phase, layout=layout, shape=(2, 2, 4, 4))
    with torch.set_grad_enabled(inputs.case.records_graph):
        first, second = inputs.restore(), inputs.restore()
    assert torch.equal(first, inputs.base) and torch.equal(second, inputs.base)
    assert len({t.data_ptr() for t in (first, second, inputs.base)}) == 3
    assert first.stride() == inputs.base.stride() and not first._is_view()
    assert (first.requires_grad, first.is_leaf) == ((False, True) if phase == "inference" else (True, False))


@pytest.mark.parametrize("family, pair", PAIRS, ids=[pair.name for _, pair in PAIRS])
def test_every_call_of_an_in_place_variant_finds_the_base(family, pair):
    """By values: after each of many calls the next restored input, and every operand, is what it was at first."""
    inputs = make_inputs(pair, plain_case(family, pair))
    before = [operand.clone() for operand in inputs.operands]
    results = []
    for _ in range(4):
        prepared = inputs.subjects[INPLACE].restore()
        x = tensors(prepared[0] if pair.setup else prepared)
        assert all(map(torch.equal, x, before))
        results.append([t.clone() for t in tensors(inputs.subjects[INPLACE].call(prepared))])
    assert all(map(torch.equal, inputs.operands, before))
    assert all(map(torch.equal, itertools.chain(*results[1:]), itertools.cycle(results[0])))


@pytest.mark.parametrize("name", ["add", "foreach_add", "dropout", "rrelu_with_noise"])
@pytest.mark.parametrize("phase", ["inference", "step"])
def test_a_cases_tensors_go_with_it_though_nothing_collects(name, phase):
    """A pass runs without garbage collection: what a cycle held would pile up, case by case."""
    family, pair = next((family, pair) for family, pair in PAIRS if pair.name == name)
    check_op(make_inputs(pair, plain_case(family, pair)))  # the first of a process leaves a frame of torch's imports
    gc.disable()
    try:
        inputs = make_inputs(pair, plain_case(family, pair, phase=phase))
        check_op(inputs)
        for variant in VARIANTS:
            run_once(inputs, variant)
        upstream = inputs.upstream if phase == "step" else []
        alive = [weakref.ref(t) for t in (*inputs.operands, *upstream)]
        del inputs, upstream
        assert not any(reference() is not None for reference in alive)
    finally:
        gc.enable()


def test_random_ops_draw_the_same_numbers_in_every_call_and_others_leave_the_seed_alone():
    pair = next(pair for _, pair in PAIRS if pair.name == "uniform")
    inputs = make_inputs(pair, replace(CASE, pair="uniform"))
    torch.manual_seed(1)
    first, second = (inputs.subjects[INPLACE].call(inputs.restore()) for _ in range(2))
    assert torch.equal(first, second) and not torch.equal(first, inputs.base)
    torch.manual_seed(1)
    before = torch.get_rng_state()
    inputs_of(Pair("exp")).restore()
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("name, becomes", [("exp", "inf"), ("log", "nan"), ("logit", "nan"), ("acos", "nan")])
def test_an_input_that_is_not_restored_turns_to_inf_or_nan_and_is_caught(name, becomes, monkeypatch):
    pair = next(pair for _, pair in PAIRS if pair.name == name)
    inputs = inputs_of(pair)
    call, x = inputs.subjects[INPLACE].call, inputs.restore()
    for _ in range(100):
        x = call(x)
    hit = x.isinf() if becomes == "inf" else x.isnan()
    assert hit.float().mean() > 0.9
    check_op(inputs)
    unrestored = replace(inputs)
    # The harness's mistake: one tensor for all calls.
    monkeypatch.setattr(Inputs, "_restorer", lambda self: lambda: self.base)
    with pytest.raises(Disagreement, match="writes an operand other than its own input"):
        check_op(unrestored)


def test_an_input_that_was_spoilt_before_is_caught():
    inputs = inputs_of(Pair("exp"))
    for _ in range(100):
        inputs.base.exp_()
    with pytest.raises(Disagreement, match="not finite"):
        check_op(inputs)


def test_setup_gives_every_call_a_state_of_its_own():
    seen = []

    def scaled(x, state):
        seen.append(state)
        return x * state["by"]

    pair = Pair("own", outofplace=scaled, inplace=scaled, setup=lambda x: {"by": x.numel()}, verify=False)
    inputs = inputs_of(pair)
    for variant in VARIANTS:
        subject = inputs.subjects[variant]
        assert torch.equal(subject.call(subject.restore()), inputs.base * 64)
    assert seen[0] == seen[1] and seen[0] is not seen[1]


@pytest.mark.parametrize("phase, calls", [("inference", [False]), ("forward", [True, True]), ("step", [True, True])])
def test_run_once_calls_the_variant_under_its_phase(phase, calls):
    """Under a graph once more: the result's shape is asked for, to draw its upstream gradient."""
    seen = []

    def spy(x):
        seen.append(x.requires_grad)
        return x * 2

    run_once(inputs_of(Pair("own", outofplace=spy, inplace=spy), phase=phase), OUTOFPLACE)
    assert seen == calls


def test_phases_that_record_a_graph_do_the_same_work_on_the_same_tensors():
    """So that what holds in one of them need not be tested in the others."""
    pair = Pair("mul", others=("real",))
    forward, *others = (inputs_of(pair, phase=phase, other_requires_grad=True) for phase in PHASES[1:])
    for other in others:
        assert all(map(torch.equal, (*forward.operands, *forward.upstream), (*other.operands, *other.upstream)))
        assert [t.requires_grad for t in forward.operands] == [t.requires_grad for t in other.operands]
        for variant in VARIANTS:
            ran = [each.subjects[variant] for each in (forward, other)]
            gradients = [subject.backward(subject.call(subject.restore())) for subject in ran]
            assert all(map(torch.equal, *gradients)) and len(gradients[0]) == 2


def test_backward_is_from_one_explicit_upstream_gradient():
    inputs = inputs_of(Pair("mul", others=("real",)), phase="backward", other_requires_grad=True)
    expected = sample("real", (8, 8), torch.float32, CPU, "mul upstream")
    for variant in VARIANTS:
        subject = inputs.subjects[variant]
        to_base, to_other = subject.backward(subject.call(subject.restore()))
        assert torch.equal(inputs.upstream[0], expected) and inputs.upstream is inputs.upstream
        assert torch.equal(to_base, expected * inputs.others[0])
        assert torch.equal(to_other, expected * inputs.base)
    assert inputs.base.grad is None


@pytest.mark.parametrize("family, pair", PAIRS, ids=[pair.name for _, pair in PAIRS])
def test_inputs_elsewhere_are_equal_and_share_nothing(family, pair):
    inputs = make_inputs(pair, plain_case(family, pair))
    there = inputs.elsewhere()
    assert there.case == inputs.case and len(there.operands) == len(inputs.operands)
    for here, copy in zip(inputs.operands, there.operands, strict=True):
        assert torch.equal(copy, here) and copy.stride() == here.stride()
        assert copy.data_ptr() != here.data_ptr() and copy.requires_grad == here.requires_grad
    assert [other for other in inputs.others if isinstance(other, int | float)] == [
        other for other in there.others if isinstance(other, int | float)
    ]
    check_op(there)


def test_memory_that_is_kept_is_not_given_to_the_next_place():
    inputs = inputs_of(Pair("mul", others=("real",)), shape=(256, 256))
    places = [inputs, *(inputs.elsewhere() for _ in range(4))]
    assert len({t.data_ptr() for place in places for t in place.operands}) == 10
