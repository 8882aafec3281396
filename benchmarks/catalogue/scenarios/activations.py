"""The in-place flag of each kind of activation, in residual networks: what backward needs decides the saving."""

from collections.abc import Callable
from typing import Any

from torch import nn

from benchmarks.catalogue.scenarios.flags import (
    LAYERS_DECIDE_PEAK,
    RELU_KEEPS_RESULT,
    RELU_SAME_SPEED,
    RELU_SAVES_MEMORY,
    flags,
    held_expectation,
    image_shapes,
)
from benchmarks.catalogue.scenarios.scenario import Scenario
from benchmarks.models.activation import GELU
from benchmarks.models.mobilenet import mobilenet_v2
from benchmarks.models.resnet import cifar_resnet
from benchmarks.record import Expectation, Growth

#: Expected of an activation that keeps its input unless done in place: in place its result serves.
_RESULT_SERVES = (
    Expectation("forward", "peak", "less", "by derivation: peak of a forward pass is what it holds", factor=1.3),
    Expectation("step", "peak", "less", "arXiv:1712.02616: the input of an invertible activation need not be kept"),
    LAYERS_DECIDE_PEAK,
)
#: Expected of an activation that needs its input in both variants: in place clones it first.
_CLONES = (
    Expectation("forward", "time", "more", "by derivation: torch clones the input before it is written over"),
    LAYERS_DECIDE_PEAK,
)


def _resnet20(
    name: str,
    activation: Callable[..., nn.Module],
    practice: str,
    *expects: Expectation | Growth,
    scales: tuple[int, ...] = (2,),
    **more: Any,
) -> Scenario:
    """ResNet-20 on CIFAR images, with one activation in its 19 places."""
    variants = flags(cifar_resnet, activation, depth=20) | more
    return Scenario(
        f"resnet20_{name}",
        **variants,
        shape=image_shapes(32),
        scales=scales,
        gpu_scales=(1024,),
        practice=practice,
        expects=expects,
    )


SCENARIOS = (
    _resnet20(
        "relu",
        nn.ReLU,
        "ReLU(inplace=True) in every place of a residual network, as torchvision ships it.",
        RELU_SAVES_MEMORY,
        RELU_KEEPS_RESULT,
        RELU_SAME_SPEED,
        LAYERS_DECIDE_PEAK,
        Growth("forward", "held", "inplace", 1.0, "by derivation: each kept tensor has a row per image"),
        scales=(2, 4, 8, 16),
        note="nothing but ReLU has the pre-activation: out-of-place it is freed as soon as in-place would reuse it",
    ),
    _resnet20(
        "leaky_relu",
        nn.LeakyReLU,
        "LeakyReLU(inplace=True), usual in detectors and discriminators: its result can replace its input.",
        held_expectation("less", "leaky_relu keeps self, leaky_relu_ result", factor=1.4),
        *_RESULT_SERVES,
    ),
    Scenario(
        "resnet_elu_depth",
        **flags(cifar_resnet, nn.ELU),
        shape=(2, 3, 32, 32),
        gpu_shape=(512, 3, 32, 32),
        axis="depth",
        scales=(20, 32, 44, 56, 8),
        practice="ELU(inplace=True) in residual networks of growing depth: it saves memory at each layer.",
        tolerance=1e-4,  # in place the gradient comes from the result, where e^x - 1 is rounded
        expects=(
            held_expectation("less", "elu keeps self, elu_ result", factor=1.4),
            *_RESULT_SERVES,
            Growth("forward", "held", "outofplace", 1.0, "by derivation: three tensors per layer"),
            Growth("forward", "held", "inplace", 1.0, "by derivation: two tensors per layer"),
            Growth("step", "time", "outofplace", 1.0, "arXiv:1512.03385, section 4.2: each block does the same work"),
        ),
    ),
    _resnet20(
        "relu6",
        nn.ReLU6,
        "ReLU6(inplace=True), for networks that will be quantized.",
        Expectation("step", "held", "same", "pytorch issue 95432", "ReLU6 in place saves no memory"),
        *_CLONES,
    ),
    _resnet20(
        "silu",
        nn.SiLU,
        "SiLU(inplace=True), as in YOLO and EfficientNet implementations.",
        Expectation(
            "step",
            "held",
            "same",
            "huggingface/pytorch-image-models pull request 156",
            "the input must be cloned first: about the same memory, and slower",
        ),
        *_CLONES,
    ),
    _resnet20(
        "hardswish",
        nn.Hardswish,
        "Hardswish(inplace=True), as in MobileNetV3 implementations.",
        held_expectation("same", "hardswish_backward(grad, self) in both variants"),
        *_CLONES,
    ),
    _resnet20(
        "gelu",
        GELU,
        "GELU by the operator that writes its input; nn.GELU has no flag for it.",
        held_expectation("same", "gelu_backward(grad, self) in both variants"),
        *_CLONES,
        code=("F.gelu(x)", "torch.ops.aten.gelu_(x)"),
        note="the in-place GELU of arXiv:2210.10246, which does save memory, keeps its result and a mask instead",
    ),
    Scenario(
        "mobilenetv2_relu6",
        **flags(mobilenet_v2, nn.ReLU6),
        shape=image_shapes(32),
        scales=(2,),
        gpu_scales=(512,),
        practice="MobileNetV2 with ReLU6(inplace=True), as torchvision ships it.",
        expects=(
            Expectation("forward", "peak", "same", "pytorch issue 81548: memory is the same with and without the flag"),
            held_expectation("same", "hardtanh_backward(grad, self) in both variants"),
            *_CLONES,
        ),
    ),
)
