"""What training scenarios claim about bytes, counted by hand: optimizers, losses, checkpoints, custom functions."""

import functools

import pytest
import torch

from benchmarks.catalogue.scenarios import topics
from benchmarks.measure.memory import CountedBytes, measure_memory
from benchmarks.record import INPLACE, OUTOFPLACE
from benchmarks.workload import make_workload
from tests.support.scenarios import case_of

EVERY = {each.name: each for some in topics().values() for each in some}
ITEM = 4
KiB = 1024


@functools.cache
def seen(name: str, phase: str, variant: str, scale: int = 0) -> CountedBytes:
    workload = make_workload(EVERY[name], case_of(EVERY[name], phase, scale))
    subject = workload.subjects[variant]
    backward = subject.backward if phase in ("backward", "step") else None
    with torch.set_grad_enabled(workload.case.records_graph):
        return measure_memory(subject.restore, subject.call, backward, "cpu")


def held(name: str, variant: str, scale: int = 0) -> int:
    return seen(name, "forward", variant, scale).held_bytes


#: What the update alone takes, in sizes of the parameters; the gradients that it is given are one of them.
UPDATES = {
    "sgd_single": (3, 1),
    "sgd_foreach": (3, 1),
    "sgd_fused": (3, 1),
    "adam_foreach": (4, 2),
    "adam_fused": (4, 1),
    "clip_grad_norm": (2, 1),
    "unscale": (2, 1),
    "ema_lerp": (2, 1),
    "ema_foreach": (2, 1),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", UPDATES)
def test_an_update_takes_whole_lists_of_parameters(name):
    parameters, largest = 2**18 * ITEM, 2**16 * ITEM
    outofplace, inplace = (seen(name, "inference", v, 2**18).forward_peak_bytes for v in (OUTOFPLACE, INPLACE))
    lists, fewer = UPDATES[name]
    assert 0 <= outofplace - lists * parameters <= 2 * largest, "beside the lists, some tensors' temporaries"
    assert 0 <= inplace - fewer * parameters < KiB, "beside the lists, numbers"


def test_adam_one_tensor_after_the_other_takes_temporaries_of_a_few():
    parameters, largest = 2**18 * ITEM, 2**16 * ITEM
    assert parameters < seen("adam_single", "inference", INPLACE, 2**18).forward_peak_bytes <= parameters + 3 * largest


@pytest.mark.parametrize("variant", [OUTOFPLACE, INPLACE])
def test_label_smoothing_holds_logarithms_and_target(variant):
    assert 0 <= held("label_smoothing", variant, 256) - 2 * 256 * 1000 * ITEM < 4 * KiB


def test_the_gradient_penalty_saves_every_activation_once_less():
    images, activations = 2, 32 * 16**2 + 64 * 8**2 + 128 * 4**2
    saved = held("gradient_penalty", OUTOFPLACE, images) - held("gradient_penalty", INPLACE, images)
    assert saved == images * activations * ITEM


@pytest.mark.parametrize("name", ["checkpoint_leaky_relu", "checkpoint_silu"])
def test_checkpoints_hold_the_inputs_of_blocks_whatever_is_inside(name):
    rows = 512 * 64 * ITEM
    for depth in (2, 4):
        held_bytes = held(name, INPLACE, depth)
        assert held_bytes == held(name, OUTOFPLACE, depth)
        # Beside every block's input and the result, the state of the random numbers for each block.
        assert 0 <= held_bytes - (depth + 1) * rows < 8 * KiB * depth


#: Tensors of a layer's size that each layer adds to what is held; one more is the input.
CHAINS = {"abn_chain": (3, 1), "abn_chain_flag": (2, 1)}
LAYERS = {"custom_swish": (2, 2), "custom_softplus": (2, 1)}


@pytest.mark.parametrize("name", CHAINS)
def test_convolutions_hold_whole_tensors(name):
    size = 4 * 32 * 32 * 32 * ITEM
    for depth in (2, 4):
        for variant, each in zip((OUTOFPLACE, INPLACE), CHAINS[name], strict=True):
            assert 0 <= held(name, variant, depth) - (each * depth + 1) * size < KiB * depth


@pytest.mark.parametrize("name", LAYERS)
def test_layers_hold_whole_tensors(name):
    rows, depth = 64, 6
    for variant, each in zip((OUTOFPLACE, INPLACE), LAYERS[name], strict=True):
        assert held(name, variant, rows) == (each * depth + 1) * rows * 128 * ITEM


@pytest.mark.parametrize(
    "name, variant, stem, block",
    [("abn_resnet", OUTOFPLACE, 3, 6), ("abn_resnet_flag", OUTOFPLACE, 2, 4), ("abn_resnet", INPLACE, 1, 3)],
)
def test_a_residual_net_holds_what_its_blocks_hold(name, variant, stem, block):
    """Blocks of three stages, each stage half the one before; out of place the last result is not needed by anyone."""
    images, first = 2, 2 * 16 * 32 * 32 * ITEM
    expected = stem * first + block * (first + first // 2 + first // 4) + images * 3 * 32 * 32 * ITEM
    expected -= first // 4 if block == 6 else 0
    assert 0 <= held(name, variant, images) - expected < 8 * KiB
