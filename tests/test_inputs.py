"""Inputs: equal in every process, inside the domain, ordinary numbers; restored, and what becomes of them if not."""

import subprocess
import sys
from dataclasses import replace

import pytest
import torch

from benchmarks.autograd.equivalence import Disagreement, check
from benchmarks.catalogue import families
from benchmarks.catalogue.domains import DOMAINS
from benchmarks.catalogue.pair import Pair
from benchmarks.inputs import Inputs, make_inputs, run_once, sample
from benchmarks.record import INPLACE, OUTOFPLACE, VARIANTS, Case
from tests.commands import ROOT

CPU = torch.device("cpu")
DTYPES = (torch.float32, torch.float64, torch.bfloat16, torch.float16)
CASE = Case("pointwise", "exp", "inference", 64, (8, 8), "float32", "contiguous", "none", False, "cpu", "inherited", 1)
PAIRS = [pair for pairs in families().values() for pair in pairs]


def inputs_of(pair, **axes) -> Inputs:
    return make_inputs(pair, replace(CASE, pair=pair.name, operand=pair.operands[0], **axes))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("domain", DOMAINS)
def test_values_lie_in_their_domain_and_are_ordinary_numbers(domain, dtype):
    values = sample(domain, (64, 1024), dtype, CPU, "any role")
    bounds, magnitudes = DOMAINS[domain], values.double().abs()
    rounding = torch.finfo(dtype).eps * bounds.high
    assert values.dtype == dtype and values.shape == (64, 1024) and values.isfinite().all()
    assert bounds.low - rounding <= magnitudes.min() < bounds.low + 0.01
    assert bounds.high - 0.01 < magnitudes.max() <= bounds.high + rounding
    assert magnitudes.min() >= torch.finfo(dtype).tiny
    negative = (values < 0).double().mean().item()
    assert negative == pytest.approx(0.5, abs=0.02) if bounds.signed else negative == 0


def test_no_two_roles_and_no_two_pairs_are_equal():
    roles = ["exp input", "exp other 0", "exp other 1", "exp upstream", "log input"]
    drawn = {tuple(sample("real", (32,), torch.float32, CPU, role).tolist()) for role in roles}
    assert len(drawn) == len(roles)


def test_every_process_draws_the_same():
    code = (
        "import torch; torch.manual_seed({}); from benchmarks.inputs import sample; "
        "print(sample('real', (500,), torch.float32, torch.device('cpu'), 'exp input').tolist())"
    )
    torch.manual_seed(3)
    here = sample("real", (500,), torch.float32, CPU, "exp input").tolist()
    command = [sys.executable, "-c", code.format(4)]
    there = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout
    assert there.strip() == str(here)


def test_the_axes_decide_shape_dtype_operand_and_grad():
    pair = Pair("add", others=("real", "real"), scalar=True)
    plain = inputs_of(pair, dtype="float64")
    assert (plain.base.dtype, plain.base.shape, plain.base.requires_grad) == (torch.float64, (8, 8), False)
    assert [other.shape for other in plain.others] == [(8, 8), (8, 8)] and plain.leaves == ()
    number = make_inputs(pair, replace(CASE, operand="scalar", phase="step", other_requires_grad=True))
    assert number.others[0] == 1.125 and len(number.leaves) == 1
    both = inputs_of(pair, phase="step", other_requires_grad=True)
    assert [leaf is tensor for leaf, tensor in zip(both.leaves, (both.base, both.others[0]), strict=True)] == [True] * 2
    own = inputs_of(Pair("own", outofplace=torch.mul, inplace=torch.mul, others=("unit",), other_shapes=((1, 8),)))
    assert own.others[0].shape == (1, 8) and own.others[0].abs().max() <= 0.9


@pytest.mark.parametrize("phase", ["inference", "step"])
def test_a_restored_input_is_equal_and_nobody_elses(phase):
    inputs = inputs_of(Pair("exp"), phase=phase)
    with torch.set_grad_enabled(inputs.records_graph):
        first, second = inputs.restore(), inputs.restore()
    assert torch.equal(first, inputs.base) and torch.equal(second, inputs.base)
    assert len({t.data_ptr() for t in (first, second, inputs.base)}) == 3
    assert not first._is_view()
    assert (first.requires_grad, first.is_leaf) == ((False, True) if phase == "inference" else (True, False))


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
def test_every_call_of_an_in_place_form_finds_the_base(pair):
    """By values: after each of many calls the next restored input, and every operand, is what it was at first."""
    inputs = inputs_of(pair)
    operands = (inputs.base, *inputs.others)
    before = [operand.clone() for operand in operands]
    results = []
    for _ in range(5):
        x = inputs.subjects[INPLACE].restore()
        assert torch.equal(x, before[0])
        results.append(inputs.subjects[INPLACE].call(x).clone())
    assert all(map(torch.equal, operands, before))
    assert all(torch.equal(result, results[0]) for result in results)


@pytest.mark.parametrize("name, becomes", [("exp", "inf"), ("log", "nan"), ("logit", "nan"), ("acos", "nan")])
def test_an_input_that_is_not_restored_turns_to_inf_or_nan_and_is_caught(name, becomes, monkeypatch):
    pair = next(pair for pair in PAIRS if pair.name == name)
    inputs = inputs_of(pair)
    call, x = inputs.subjects[INPLACE].call, inputs.restore()
    for _ in range(100):
        x = call(x)
    hit = x.isinf() if becomes == "inf" else x.isnan()
    assert hit.float().mean() > 0.9
    check(inputs)
    unrestored = replace(inputs)
    monkeypatch.setattr(Inputs, "restore", lambda self: self.base)  # the harness's mistake: one tensor for all calls
    with pytest.raises(Disagreement, match="writes an operand other than its own input"):
        check(unrestored)


def test_an_input_that_was_spoilt_before_is_caught():
    inputs = inputs_of(Pair("exp"))
    for _ in range(100):
        inputs.base.exp_()
    with pytest.raises(Disagreement, match="not finite"):
        check(inputs)


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


def test_backward_is_from_one_explicit_upstream_gradient():
    inputs = inputs_of(Pair("mul", others=("real",)), phase="backward", other_requires_grad=True)
    expected = sample("real", (8, 8), torch.float32, CPU, "mul upstream")
    for variant in VARIANTS:
        subject = inputs.subjects[variant]
        to_base, to_other = subject.backward(subject.call(subject.restore()))
        assert torch.equal(to_base, expected * inputs.others[0])
        assert torch.equal(to_other, expected * inputs.base)
    assert inputs.base.grad is None
