"""Activations: functions with an `inplace=` flag, their own `F.*_`, and modules. One line per pair."""

import torch
from torch import nn
from torch.nn import functional

from benchmarks.catalogue.constructors import direct, module, with_flag
from benchmarks.catalogue.dtypes import NO_HALF
from benchmarks.catalogue.pair import Pair

BY_RESULT = "in place the gradient comes from the result, by another formula: it differs in the last digits"
#: The kinks of hard sigmoids.
THREE = (-3.0, 3.0)

FLAGGED = (
    with_flag(functional.celu, note=BY_RESULT),
    with_flag(functional.elu, note=BY_RESULT),
    with_flag(functional.hardsigmoid, delicate=THREE),
    with_flag(functional.hardswish, delicate=THREE),
    with_flag(functional.hardtanh, delicate=(-1.0, 1.0)),
    with_flag(functional.leaky_relu),
    with_flag(functional.mish),
    with_flag(functional.relu),
    with_flag(functional.relu6, delicate=(0.0, 6.0)),
    with_flag(functional.rrelu),  # in evaluation mode: without noise
    with_flag(functional.selu, note=BY_RESULT),
    with_flag(functional.silu),
    with_flag(functional.threshold, args=(0.5, -0.5), delicate=(0.5,)),
)

DIRECT = (
    direct("celu"),
    direct("elu"),
    direct("hardtanh", delicate=(-1.0, 1.0)),
    direct("leaky_relu"),
    direct("relu"),
    direct("rrelu"),
    direct("selu"),
    direct("threshold", args=(0.5, -0.5), delicate=(0.5,)),
    Pair(
        "gelu",
        outofplace=functional.gelu,
        inplace=torch.ops.aten.gelu_,
        covers=("gelu_",),
        code=("F.gelu(x)", "torch.ops.aten.gelu_(x)"),
        note="F.gelu has no in-place flag: the in-place variant is the operator itself",
    ),
    Pair(
        "rrelu_with_noise",
        outofplace=torch.ops.aten.rrelu_with_noise,
        inplace=torch.ops.aten.rrelu_with_noise_,
        covers=("rrelu_with_noise_",),
        setup=torch.empty_like,  # the noise, which both variants write
        random=True,
        code=("aten.rrelu_with_noise(x, noise)", "aten.rrelu_with_noise_(x, noise)"),
    ),
)

MODULES = (
    module(nn.CELU),
    module(nn.ELU),
    module(nn.Hardsigmoid, delicate=THREE),
    module(nn.Hardswish, delicate=THREE),
    module(nn.Hardtanh, delicate=(-1.0, 1.0)),
    module(nn.LeakyReLU),
    module(nn.Mish),
    module(nn.ReLU),
    module(nn.ReLU6, delicate=(0.0, 6.0)),
    module(nn.RReLU, random=True, dtypes=NO_HALF),
    module(nn.SELU),
    module(nn.SiLU),
    module(nn.Threshold, 0.5, -0.5, delicate=(0.5,)),
)

PAIRS = FLAGGED + DIRECT + MODULES
