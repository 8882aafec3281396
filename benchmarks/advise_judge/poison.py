"""Ops out of place whose operand is overwritten once they have run: whoever still needs it shows it by NaN.

A switch may be right by accident: a later op reads only the sign, which relu leaves as it is, or nobody uses what it
computes. No trace can show that. A switch is plainly right where the operand's values do not matter any more, whatever
they are.
"""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import nn


def poisoned(operand: torch.Tensor, op: Callable[[torch.Tensor], torch.Tensor]) -> torch.Tensor:
    """The op's result of a copy of the operand, which is NaN from now on, unnoticed by autograd."""
    result = op(operand.clone())
    operand.data.fill_(math.nan)
    return result


def poisoned_module(module: nn.Module) -> nn.Module:
    """A module that is called so; it stays the same module."""
    forward = module.forward

    def poisoning(operand: torch.Tensor) -> Any:
        return poisoned(operand, forward)

    module.forward = poisoning
    return module


NAMES = {"poisoned": poisoned, "poisoned_module": poisoned_module}
