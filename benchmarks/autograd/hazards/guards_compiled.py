"""Guards for torch.compile: bugs of older versions in functions that write their inputs."""

import torch

from benchmarks.autograd.evidence import Tensors, leaf_tensor, right_values
from benchmarks.autograd.hazards.compiled import compile_with, on_backends
from benchmarks.autograd.hazards.hazard import Hazard
from benchmarks.autograd.record.findings import FIXED, GUARD


def mutated_input(device: str, backend: str = "aot_eager") -> Tensors:
    def function(a: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        kept = a.detach()
        a.mul_(2)
        return a, kept

    x = leaf_tensor([1.0, 1.0, 1.0], device)
    result = (compile_with(function, backend) if backend else function)(x * 2)
    result[0].sum().backward()
    return x.grad


def leaf_under_no_grad(device: str, backend: str = "aot_eager") -> Tensors:
    def step(w: torch.Tensor) -> None:
        with torch.no_grad():
            w.add_(1)  # as an optimizer does

    w = leaf_tensor([1.0, 2.0], device)
    (compile_with(step, backend) if backend else step)(w)
    (w * w).sum().backward()
    return w.grad


HAZARDS = (
    Hazard(
        "compiled-mutated-input",
        "a compiled function that detaches and then writes an input lost its gradient",
        GUARD,
        mutated_input,
        truth=lambda device: torch.full((3,), 4.0, dtype=torch.float64),
        reference="github.com/pytorch/pytorch/issues/128035",
        last_known=FIXED,
        beside=on_backends(mutated_input),
        isolated=True,
    ),
    Hazard(
        "compiled-leaf-under-no-grad",
        "a compiled function that writes a leaf under no_grad was refused: its no_grad got lost",
        GUARD,
        leaf_under_no_grad,
        truth=lambda device: right_values(4.0, 6.0),
        reference="github.com/pytorch/pytorch/issues/90844",
        last_known=FIXED,
        beside=on_backends(leaf_under_no_grad),
        isolated=True,
    ),
)
