"""Poisoned ops: they run out of place, and then overwrite their operand with NaN. Whatever still needs it becomes NaN.

A switch may be right by accident: a later op reads only the sign, which relu does not change, or nothing uses the
result. No trace can show that. A switch is plainly right if nothing needs the operand any more, whatever its values.
"""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import nn


def poisoned(operand: torch.Tensor, op: Callable[[torch.Tensor], torch.Tensor]) -> torch.Tensor:
    """Run an op on a copy of its operand, and return the result. Then fill the operand with NaN, unseen by autograd."""
    result = op(operand.clone())
    operand.data.fill_(math.nan)
    return result


def poisoned_module(module: nn.Module) -> nn.Module:
    """Make a module poison its operand in each call, and return it. It stays the same module."""
    forward = module.forward

    def poisoning(operand: torch.Tensor) -> Any:
        return poisoned(operand, forward)

    module.forward = poisoning
    return module


NAMES = {"poisoned": poisoned, "poisoned_module": poisoned_module}
