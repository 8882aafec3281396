"""Bytes of the networks, counted by hand from what torch's gradient formulas keep.

Peaks hold what kernels take for themselves as well, which differs by machine; what forward holds does not.
"""

import pytest
import torch

from benchmarks.catalogue import scenarios
from benchmarks.catalogue.scenarios import Expectation, Scenario
from benchmarks.measure.memory import CountedBytes, measure_memory
from benchmarks.record import INPLACE, OUTOFPLACE, VARIANTS
from benchmarks.workload import make_workload
from tests.support.scenarios import case_of

TOPICS = ("activations", "vision")
ALL = {each.name: each for topic in TOPICS for each in scenarios.topics()[topic]}
FLOAT = 4


def measured(declared: Scenario, phase: str = "forward", scale: int = 0) -> dict[str, CountedBytes]:
    workload = make_workload(declared, case_of(declared, phase, scale))
    with torch.set_grad_enabled(workload.case.records_graph):
        return {
            variant: measure_memory(workload.subjects[variant].restore, workload.subjects[variant].call, None, "cpu")
            for variant in VARIANTS
        }


def held_by_resnet(depth: int, batch: int, tensors: int) -> int:
    """Batch norm's input and the next convolution's at each layer, and the activation's own where `tensors` is 3."""
    blocks = (depth - 2) // 6
    held = FLOAT * batch * (3 * 32 * 32 + 64 + 10)  # the images, the classifier's input, the result
    for stage, (channels, side) in enumerate(((16, 32), (32, 16), (64, 8))):
        layers = 2 * blocks + (stage == 0)
        held += layers * tensors * FLOAT * batch * channels * side * side
        held += layers * 2 * FLOAT * channels  # batch norm's mean and deviation
    if tensors == 3:  # the average that follows the last activation keeps nothing
        held -= FLOAT * batch * 64 * 8 * 8
    return held


#: Tensors that a layer holds, out-of-place and in place.
HELD = {"relu": (2, 2), "leaky_relu": (3, 2), "relu6": (3, 3), "silu": (3, 3), "hardswish": (3, 3), "gelu": (3, 3)}


@pytest.mark.parametrize("activation", HELD)
def test_bytes_held_by_resnet20(activation):
    seen = measured(ALL[f"resnet20_{activation}"], scale=2)
    held = tuple(held_by_resnet(20, 2, tensors) for tensors in HELD[activation])
    assert (seen[OUTOFPLACE].held_bytes, seen[INPLACE].held_bytes) == held


@pytest.mark.slow
@pytest.mark.parametrize("depth", [20, 32])
def test_bytes_held_grow_with_depth(depth):
    seen = measured(ALL["resnet_elu_depth"], scale=depth)
    assert seen[OUTOFPLACE].held_bytes == held_by_resnet(depth, 2, 3)
    assert seen[INPLACE].held_bytes == held_by_resnet(depth, 2, 2)


def test_a_name_holds_what_a_temporary_lets_go():
    """Out-of-place, names hold the pre-activations of all layers; at the last one both variants are at their peak."""
    layers, n = 8, FLOAT * 4 * 16 * 32 * 32
    named, temporary = (measured(ALL[f"preactivation_{kind}"], scale=layers) for kind in ("named", "temporary"))
    more = named[OUTOFPLACE].forward_peak_bytes - named[INPLACE].forward_peak_bytes
    assert (layers - 1) * n <= more <= layers * n
    for variant in (named[INPLACE], temporary[OUTOFPLACE], temporary[INPLACE]):
        assert variant.held_bytes == named[OUTOFPLACE].held_bytes == layers * n + FLOAT * 4 * 3 * 32 * 32
        assert variant.forward_peak_bytes < named[OUTOFPLACE].forward_peak_bytes - (layers - 2) * n


def test_normalising_in_place_needs_the_images_alone():
    declared = ALL["normalise_images"]
    n = FLOAT * 8 * 3 * 224 * 224
    seen = measured(declared, "inference", 8)
    assert (seen[OUTOFPLACE].forward_peak_bytes, seen[INPLACE].forward_peak_bytes) == (3 * n, n)


SAID = [
    (each.name, said)
    for each in ALL.values()
    for said in each.expects
    if isinstance(said, Expectation) and said.quantity == "held"
]


@pytest.mark.slow
@pytest.mark.parametrize("name, said", SAID, ids=[name for name, _ in SAID])
def test_what_is_said_of_held_bytes_holds(name, said):
    """All of it follows from torch's gradient formulas; what is said of peaks and times is for a run to judge."""
    seen = measured(ALL[name])
    ratio = seen[OUTOFPLACE].held_bytes / seen[INPLACE].held_bytes
    assert ratio >= (said.factor or 1) and (ratio > 1 if said.relation == "less" else ratio == 1)
