"""Convolutional networks: residual sums, references to pre-activations, dropout, skips, normalised input."""

import operator
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import torch
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
from benchmarks.catalogue.scenarios.scenario import Built, Scenario
from benchmarks.models.plain import PlainStack
from benchmarks.models.resnet import cifar_resnet, resnet18
from benchmarks.models.unet import UNet
from benchmarks.models.vgg import vgg_dropout
from benchmarks.record import Expectation, Growth


def _normalise(statement: Callable[..., torch.Tensor]) -> Built:
    mean, std = (torch.tensor(each)[:, None, None] for each in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    return Built(lambda x: statement(x, mean, std))


SCENARIOS = (
    Scenario(
        "resnet20_residual",
        outofplace=partial(cifar_resnet, 20, nn.ReLU, add=operator.add),
        inplace=partial(cifar_resnet, 20, nn.ReLU, add=operator.iadd),
        shape=image_shapes(32),
        scales=(2,),
        gpu_scales=(1024,),
        practice="The shortcut of a residual block added in place, before an activation that leaves its input alone.",
        code=("out = out + shortcut(x)", "out += shortcut(x)"),
        expects=(
            Expectation("step", "peak", "less", "pytorch/vision pull request 579", "`+=` uses slightly less memory"),
            held_expectation("same", "add: its gradients need neither operand"),
            Expectation("step", "time", "same", "by derivation: 9 of some 70 kernels save one allocation"),
            LAYERS_DECIDE_PEAK,
        ),
        note="after an activation that keeps its result `+=` raises in backward (pytorch/vision issue 807)",
    ),
    Scenario(
        "resnet18_torchvision",
        outofplace=partial(resnet18, nn.ReLU),
        inplace=partial(resnet18, partial(nn.ReLU, inplace=True), add=operator.iadd),
        shape=image_shapes(32),
        scales=(2,),
        gpu_scales=(512,),
        practice="ResNet-18 as torchvision writes it, `out += identity` and ReLU(inplace=True), against neither.",
        code=("out = out + identity; nn.ReLU()", "out += identity; nn.ReLU(inplace=True)"),
        expects=(replace(RELU_SAVES_MEMORY, phase="forward"), RELU_KEEPS_RESULT, RELU_SAME_SPEED),
        note="a step's peak is mostly the gradients of 11.7 million parameters, where the image is small",
    ),
    Scenario(
        "preactivation_temporary",
        outofplace=partial(PlainStack, width=16, holds=False, inplace=False),
        inplace=partial(PlainStack, width=16, holds=False, inplace=True),
        shape=(4, 3, 32, 32),
        gpu_shape=(512, 3, 32, 32),
        axis="layers",
        scales=(8, 16, 32),
        practice="Convolution and ReLU in one expression: the pre-activation is a temporary that nothing else holds.",
        code=("x = F.relu(conv(x))", "x = F.relu(conv(x), inplace=True)"),
        expects=(
            RELU_KEEPS_RESULT,
            Expectation("step", "peak", "same", "by derivation: out-of-place frees what in-place reuses"),
            Expectation("inference", "peak", "less", "by derivation: input, pre-activation and result, 3 to 2"),
        ),
        note="on a CPU oneDNN's convolution has a copy of its result in its own layout, as large as ReLU's",
    ),
    Scenario(
        "preactivation_named",
        outofplace=partial(PlainStack, width=16, holds=True, inplace=False),
        inplace=partial(PlainStack, width=16, holds=True, inplace=True),
        shape=(4, 3, 32, 32),
        gpu_shape=(512, 3, 32, 32),
        axis="layers",
        scales=(8, 16, 32),
        practice="Each pre-activation, in as many layers as VGG-A has, has a name that holds it until forward returns.",
        code=("c1 = conv1(x); a1 = F.relu(c1); ...", "c1 = conv1(x); a1 = F.relu(c1, inplace=True); ..."),
        expects=(
            Expectation(
                "forward",
                "peak",
                "less",
                "soumith/cudnn.torch pull request 14",
                "3363 MB instead of 5600 MB for VGG-A where each module keeps its output",
                factor=1.6,
            ),
            Expectation("step", "peak", "less", "by derivation: two tensors per layer to one"),
            RELU_KEEPS_RESULT,
            Growth("forward", "peak", "outofplace", 1.0, "by derivation: two tensors per layer"),
            Growth("forward", "peak", "inplace", 1.0, "by derivation: one tensor per layer"),
        ),
    ),
    Scenario(
        "vgg_like_dropout",
        outofplace=partial(vgg_dropout, 16, inplace=False),
        inplace=partial(vgg_dropout, 16, inplace=True),
        shape=image_shapes(32),
        scales=(2,),
        gpu_scales=(1024,),
        random=True,
        practice="Dropout and ReLU in place at each convolution of a VGG-like network (a quarter of VGG-16's width).",
        code=("nn.Dropout(p), nn.ReLU()", "nn.Dropout(p, inplace=True), nn.ReLU(inplace=True)"),
        expects=(
            Expectation("step", "held", "same", "by derivation: mul keeps the noise, relu its result, either way"),
            Expectation("step", "peak", "same", "docs.pytorch.org, autograd mechanics: in-place seldom lowers memory"),
            Expectation("inference", "time", "same", "by derivation: in eval mode dropout does nothing"),
        ),
        note="dropout comes before ReLU, with the same result: in place after ReLU, backward raises",
    ),
    Scenario(
        "unet_like_relu",
        **flags(UNet, nn.ReLU, width=8),
        shape=image_shapes(64, channels=1),
        scales=(1,),
        gpu_scales=(64,),
        practice="ReLU(inplace=True) in a U-Net (an eighth of the paper's width), whose skips hold what ReLU wrote.",
        expects=(
            RELU_SAVES_MEMORY,
            RELU_KEEPS_RESULT,
            Expectation(
                "inference", "peak", "same", "by derivation: skip, upsampled half and their concatenation decide"
            ),
        ),
        note="without batch norm; the skips are results of ReLU, so that writing them in place is safe",
    ),
    Scenario(
        "normalise_images",
        outofplace=partial(_normalise, lambda x, mean, std: (x - mean) / std),
        inplace=partial(_normalise, lambda x, mean, std: x.sub_(mean).div_(std)),
        shape=image_shapes(224),
        scales=(8, 16, 32, 64),
        gpu_scales=(256,),
        draw=torch.rand,
        phases=("inference",),
        practice="Images brought to mean 0 and deviation 1 before a network sees them: a data loader's last step.",
        code=("(x - mean) / std", "x.sub_(mean).div_(std)"),
        expects=(
            Expectation("inference", "peak", "less", "by derivation: images, difference, quotient: 3 to 1", factor=2.9),
            Expectation("inference", "time", "less", "pytorch/vision pull request 6821: a copy less, 25 % on a CPU"),
            Growth("inference", "time", "inplace", 1.0, "by derivation: two passes over the images"),
        ),
    ),
)
