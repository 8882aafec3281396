"""A scenario's case, built: equal variants, a fresh input and the same state before every call, gradients, updates."""

import gc
import weakref
from dataclasses import replace

import pytest
import torch

from benchmarks.catalogue.scenarios import Built, optimizers
from benchmarks.measure.memory import measure_memory
from benchmarks.record import INPLACE, OUTOFPLACE, PHASES, VARIANTS
from benchmarks.verify.ops import Disagreement
from benchmarks.verify.scenarios import check_scenario
from benchmarks.workload import make_workload
from tests.support.scenarios import case_of, scenario, sgd, vectors


def test_both_variants_begin_alike_and_the_process_draws_on_as_before():
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    workload = make_workload(scenario(), case_of(scenario()))
    assert torch.equal(torch.rand(4), expected)
    for one, other in zip(*(workload.built[v].parameters for v in VARIANTS), strict=True):
        assert one is not other and torch.equal(one, other)
    again = make_workload(scenario(), case_of(scenario()))
    assert torch.equal(again.base, workload.base)


@pytest.mark.parametrize("phase", PHASES)
def test_a_module_trains_where_a_graph_is_recorded(phase):
    declared = scenario()
    workload = make_workload(declared, case_of(declared, phase))
    assert all(variant.module.training == (phase != "inference") for variant in workload.built.values())


def test_every_call_finds_input_and_state_as_they_were():
    declared = scenario()
    workload = make_workload(declared, case_of(declared))
    subject = workload.subjects[INPLACE]
    before = [t.clone() for t in workload.built[INPLACE].state]
    for _ in range(3):
        x = subject.restore()
        assert torch.equal(x, workload.base) and x is not workload.base
        assert all(torch.equal(t, old) for t, old in zip(workload.built[INPLACE].state, before, strict=True))
        subject.call(x)
        assert not torch.equal(workload.built[INPLACE].state[0], before[0])


def test_what_a_variant_only_reads_is_put_back_as_well():
    """Not for its values: a variant whose state was just copied would find it in cache, and the other would not."""
    averages = torch.ones(64)
    declared = vectors(Built(lambda x: x + averages, read=(averages,)), lambda x: x + 1)
    subject = make_workload(declared, case_of(declared)).subjects[OUTOFPLACE]
    version = averages._version
    subject.restore()
    assert averages._version == version + 1 and torch.equal(averages, torch.ones(64))


def test_what_a_variant_says_it_only_reads_it_may_not_write():
    held = torch.ones(64)
    declared = vectors(Built(lambda x: x + held.add_(0), read=(held,)), lambda x: x + 1)
    with pytest.raises(Disagreement, match="out-of-place variant: aten::add_ writes a tensor it holds"):
        check_scenario(make_workload(declared, case_of(declared)))


@pytest.mark.parametrize("rule", ["sgd_fused", "adam_foreach", "ema_lerp"])
def test_both_variants_of_an_update_begin_with_the_same_bytes_in_cache(rule):
    (declared,) = (each for each in optimizers.SCENARIOS if each.name == rule)
    put_back = [
        sum(t.nbytes for t in (*built.state, *built.read) if t.numel() > 1)
        for built in (declared.build(variant, min(declared.scales)) for variant in VARIANTS)
    ]
    assert put_back[0] == put_back[1] > 0


def test_random_variants_draw_the_same_numbers_before_every_call():
    declared = vectors(lambda x: x + torch.rand_like(x), lambda x: x + torch.rand_like(x), random=True)
    workload = make_workload(declared, case_of(declared))
    results = [s.call(s.restore()) for s in workload.subjects.values() for _ in range(2)]
    assert all(torch.equal(each, results[0]) for each in results)


def test_backward_differentiates_parameters_then_an_input_that_wants_it():
    weight = torch.full((64,), 3.0, requires_grad=True)
    variant = Built(lambda x: x * weight, (weight,))
    declared = vectors(variant, variant)
    workload = make_workload(declared, case_of(declared, "backward"))
    subject = workload.subjects[OUTOFPLACE]
    by_weight, by_input = subject.backward(subject.call(subject.restore()))
    torch.testing.assert_close(by_weight * 3.0, by_input * workload.base)
    assert len(workload.leaves(OUTOFPLACE)) == 2 and not by_weight.requires_grad


def test_a_scalar_result_is_a_loss():
    declared = vectors(lambda x: (x * x).sum(), lambda x: (x * x).sum())
    workload = make_workload(declared, case_of(declared))
    subject = workload.subjects[INPLACE]
    (gradient,) = subject.backward(subject.call(subject.restore()))
    assert torch.equal(gradient, 2 * workload.base)


def test_a_step_updates_and_the_next_call_finds_the_old_parameters():
    declared = vectors(sgd(), sgd(), grad_input=False)
    backward = make_workload(declared, case_of(declared, "backward")).subjects[INPLACE]
    (gradient,) = backward.backward(backward.call(backward.restore()))
    step = make_workload(declared, case_of(declared, "step")).subjects[INPLACE]
    for _ in range(2):
        (updated,) = step.backward(step.call(step.restore()))
        torch.testing.assert_close(updated, 1 - 0.5 * gradient)


def halving(gradients):
    return torch._foreach_mul_(gradients, 0.5)


def test_an_update_may_write_the_gradients_that_it_is_given():
    weight = torch.full((64,), 3.0, requires_grad=True)
    call = lambda x: (x * weight).square()  # noqa: E731  # one expression, both variants call it
    declared = vectors(
        Built(call, (weight,), update=lambda gradients: [g * 0.5 for g in gradients]),
        Built(call, (weight,), update=halving),
    )
    assert check_scenario(make_workload(declared, case_of(declared, "step"))).error == 0.0


def test_an_update_alone_gets_the_gradients_anew_for_every_call():
    weight = torch.full((64,), 3.0, requires_grad=True)
    variant = Built(lambda x: x * weight, (weight,), update=halving)
    declared = vectors(variant, variant, grad_input=False, update_alone=True, phases=("inference", "step"))
    step = make_workload(declared, case_of(declared, "step")).subjects[INPLACE]
    (half,) = step.backward(step.call(step.restore()))
    alone = make_workload(declared, case_of(declared, "inference")).subjects[INPLACE]
    for _ in range(2):
        (updated,) = alone.call(alone.restore())
        assert torch.equal(updated, half)
    assert alone.backward is None


def test_a_whole_step_runs_its_own_backward():
    def call(x):
        x = x.detach().requires_grad_(True)
        x.square().sum().backward()
        return x.grad

    declared = vectors(call, call, phases=("step",), whole_step=True, grad_input=False)
    subject = make_workload(declared, case_of(declared)).subjects[INPLACE]
    x = subject.restore()
    result = subject.call(x)
    assert torch.equal(result, 2 * x) and subject.backward(result) == ()


def test_bytes_leave_out_parameters_and_state():
    """A vector of N: multiplied by a parameter, 2N at the peak, and the input is held beside the result."""
    weight = torch.ones(64, requires_grad=True)
    variant = Built(lambda x: x * weight, (weight,))
    declared = vectors(variant, variant, grad_input=False)
    subject = make_workload(declared, case_of(declared, "step")).subjects[OUTOFPLACE]
    seen = measure_memory(subject.restore, subject.call, subject.backward, "cpu")
    assert (seen.forward_peak_bytes, seen.held_bytes) == (512, 512)


def test_a_workloads_tensors_go_with_it_though_nothing_collects():
    declared = scenario()
    workload = make_workload(declared, case_of(declared))
    for subject in workload.subjects.values():
        subject.backward(subject.call(subject.restore()))
    alive = [weakref.ref(t) for variant in workload.built.values() for t in (*variant.parameters, *variant.state)]
    gc.disable()
    try:
        del workload, subject
        assert not any(each() is not None for each in alive)
    finally:
        gc.enable()


def test_a_case_keeps_its_scale():
    declared = scenario()
    assert make_workload(declared, case_of(declared, scale=4)).base.shape == (4, 3, 8, 8)
    assert replace(case_of(declared), scale=4) != case_of(declared)
