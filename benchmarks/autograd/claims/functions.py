"""Custom autograd functions that write: what breaks, what does not."""

from collections.abc import Iterator
from typing import Any

import torch

from benchmarks.autograd.claims.claim import Claim, Setting
from benchmarks.autograd.evidence import error_of, leaf_tensor, numbers, program_error_text
from benchmarks.autograd.hazards.functions import HalvedGradient, SwishCopySaved, SwishInputSaved, swish_gradient
from benchmarks.autograd.record.findings import Observation


class Doubled(torch.autograd.Function):
    """In place by the rules: marked dirty, returned, nothing saved."""

    @staticmethod
    def forward(context: Any, x: torch.Tensor) -> torch.Tensor:
        x.mul_(2)
        context.mark_dirty(x)
        return x

    @staticmethod
    def backward(context: Any, gradient: torch.Tensor) -> torch.Tensor:
        return gradient * 2


class DoubledUnmarked(Doubled):
    """The same without mark_dirty: autograd does not know of the write."""

    @staticmethod
    def forward(context: Any, x: torch.Tensor) -> torch.Tensor:
        x.mul_(2)
        return x


def _gradient(function: type[torch.autograd.Function], device: str, at: float = 1.0) -> torch.Tensor | None:
    x = leaf_tensor(at, device)
    function.apply(x * 1).backward()
    return x.grad


def _gradient_of_reused_input(function: type[torch.autograd.Function], device: str) -> str:
    """x.grad of y = x * 1; u = f(y); (u + y): both are the written tensor, so 2 + 2 is right."""
    x = leaf_tensor(1.0, device)
    y = x * 1
    u = function.apply(y)
    error = error_of((u + y).backward)
    return numbers(x.grad) if error is None else program_error_text(error)


def custom_functions(setting: Setting) -> Iterator[Observation]:
    right = numbers(_gradient(Doubled, setting.device))
    yield Observation("marked dirty and returned: gradient, 2 is right", right, right != "2")
    reused = _gradient_of_reused_input(Doubled, setting.device)
    yield Observation("the same, its input used again: 4 is right", reused, reused != "4")
    reused = _gradient_of_reused_input(DoubledUnmarked, setting.device)
    yield Observation("without mark_dirty, its input used again: 4 is right", reused, reused != "4")
    truth = numbers(swish_gradient(1.0))
    seen = numbers(_gradient(SwishCopySaved, setting.device))
    yield Observation(f"swish that saves a copy: {truth} is right", seen, seen != truth)
    seen = numbers(_gradient(SwishInputSaved, setting.device))
    yield Observation(f"swish that saves x and then writes it: {truth} is right", seen, seen != truth)
    x, y = leaf_tensor(1.0, setting.device), leaf_tensor(1.0, setting.device)
    (x * 1 + HalvedGradient.apply(y * 1)).backward()
    seen = numbers([x.grad, y.grad])
    yield Observation("backward writes its grad_output: 1; 0.5 is right", seen, seen != "1; 0.5")


CLAIMS = (
    Claim(
        "custom-functions",
        "custom autograd functions that write in place give wrong gradients",
        "custom autograd functions break",
        custom_functions,
    ),
)
