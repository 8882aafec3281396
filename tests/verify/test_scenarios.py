"""What keeps two variants of a scenario from being compared: other values, gradients, updates, hidden writes."""

from dataclasses import replace

import pytest
import torch

from benchmarks.catalogue.scenarios import Built
from benchmarks.verify.ops import Disagreement
from benchmarks.verify.scenarios import check_scenario
from benchmarks.workload import make_workload
from tests.support.scenarios import case_of, scenario, sgd, vectors


def checked(declared, phase="step"):
    return check_scenario(make_workload(declared, case_of(declared, phase)))


def test_equal_variants_agree_exactly():
    assert checked(vectors(lambda x: x * 2, lambda x: x.mul_(2))).error == 0.0
    assert checked(vectors(sgd(), sgd(), grad_input=False)).error == 0.0
    assert checked(scenario(tolerance=1e-4)).error <= 1e-4


def test_the_error_is_told_as_a_share_of_the_largest():
    assert checked(vectors(lambda x: x * 2, lambda x: x * 2.002, tolerance=0.01)).error == pytest.approx(
        0.001, rel=1e-3
    )


KEPT = torch.zeros(64)


@pytest.mark.parametrize(
    "outofplace, inplace, message",
    [
        (lambda x: x * 2, lambda x: x.mul_(2.1), "values differ between the variants, by up to 0.05"),
        (lambda x: x * 2, lambda x: x.detach() * 2 + 0 * x, "gradients of the input differ between the variants"),
        (lambda x: x * 2, lambda x: x[:3] * 2, r"values: float32 \(64,\) out-of-place, float32 \(3,\) in-place"),
        (lambda x: x / 0, lambda x: x / 0, "values not finite"),
        (lambda x: x * 2, lambda x: KEPT.copy_(x.detach()).mul(0) + x * 2, "the in-place variant: aten::copy_ writes"),
        (lambda x: x.mul_(2), lambda x: x.mul_(2), "the out-of-place variant: aten::mul_ writes its input"),
    ],
)
def test_variants_that_do_not_do_the_same(outofplace, inplace, message):
    with pytest.raises(Disagreement, match=message):
        checked(vectors(outofplace, inplace))


def test_updates_are_compared():
    with pytest.raises(Disagreement, match="differ between the variants"):
        checked(vectors(sgd(), sgd(lr=0.6), grad_input=False))


def test_what_is_written_must_be_declared_as_state():
    with pytest.raises(Disagreement, match="the out-of-place variant: aten::sub_ writes parameter 0"):
        checked(vectors(sgd(lr=1e-9, skip=True), sgd(lr=1e-9, skip=True), grad_input=False, tolerance=1.0))


def test_the_shared_input_is_not_to_be_written():
    shared = []

    def build():
        return Built(lambda x: shared[0].data.add_(1e-6) + x if shared else x * 1)

    declared = vectors(build(), build())
    workload = make_workload(declared, case_of(declared))
    _ = workload.subjects
    shared.append(workload.base)
    with pytest.raises(Disagreement, match="writes the input that both share"):
        check_scenario(workload)


@pytest.mark.parametrize(
    "phase, device, is_random, passes",
    [
        ("step", "cuda:0", True, True),
        ("forward", "cuda:0", True, True),
        ("inference", "cuda:0", True, False),
        ("step", "cuda:0", False, False),
        ("step", "cpu", True, False),
    ],
)
def test_random_variants_may_draw_different_numbers_where_they_train_on_a_gpu(phase, device, is_random, passes):
    declared = vectors(lambda x: x * 2, lambda x: x.mul_(3), random=is_random)
    workload = make_workload(declared, case_of(declared, phase))
    workload = replace(workload, case=replace(workload.case, device=device))
    if passes:
        assert check_scenario(workload) is None, "shapes agree, of the rest nothing is known"
        shorter = vectors(lambda x: x * 2, lambda x: x[:3] * 2, random=True)
        made = replace(make_workload(shorter, case_of(shorter, phase)), case=workload.case)
        with pytest.raises(Disagreement, match="values: float32"):
            check_scenario(made)
    else:
        with pytest.raises(Disagreement, match="values differ between the variants"):
            check_scenario(workload)


@pytest.mark.parametrize(
    "outofplace, inplace, message",
    [
        (1e-6, 0.0, "the in-place variant leaves state of tensor 0 as it was; out-of-place 3 of 3 elements change"),
        (1e-6, 2e-6, "the change of the state differs between the variants, by 1 of the out-of-place one"),
        (1e-6, -1e-6, "the change of the state differs between the variants, by 2 of the out-of-place one"),
    ],
)
def test_a_small_step_is_held_against_its_own_size(outofplace, inplace, message):
    with pytest.raises(Disagreement, match=message):
        checked(vectors(sgd(outofplace), sgd(inplace), grad_input=False, tolerance=1e-3))


@pytest.mark.parametrize("lr, is_below", [(0.5, False), (1e-5, False), (1e-9, True), (1e-12, True)])
def test_a_step_below_what_the_dtype_can_tell_is_told(lr, is_below):
    assert checked(vectors(sgd(lr), sgd(lr), grad_input=False)).below_resolution is is_below
    assert not checked(vectors(sgd(lr), sgd(lr), grad_input=False), "backward").below_resolution
