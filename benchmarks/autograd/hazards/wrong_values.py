"""In-place updates that compute a wrong value without an error: compiled, or inside one region of autocast."""

from functools import partial

import torch

from benchmarks.autograd.evidence import Tensors, right_values
from benchmarks.autograd.hazards.compiled import compile_with, on_backends
from benchmarks.autograd.hazards.hazard import Hazard
from benchmarks.autograd.record.findings import SILENT


def cast_of_old_weight(device: str, cache: bool = True) -> Tensors:
    weight = torch.eye(2, device=device).requires_grad_()
    x = torch.tensor([[1.0, 2.0]], device=device)
    with torch.autocast(torch.device(device).type, dtype=torch.bfloat16, cache_enabled=cache):
        torch.mm(x, weight)  # autocast keeps this cast of the weight until the region ends
        with torch.no_grad():
            weight.mul_(3)  # a step of an optimizer
        return x @ weight


def cast_anew(device: str) -> Tensors:
    weight = torch.eye(2, device=device).requires_grad_()
    x = torch.tensor([[1.0, 2.0]], device=device)
    with torch.autocast(torch.device(device).type, dtype=torch.bfloat16):
        torch.mm(x, weight)
        with torch.no_grad():
            weight.mul_(3)
        torch.clear_autocast_cache()
        return x @ weight


def _mirrored(x: torch.Tensor) -> torch.Tensor:
    torch._foreach_add_([x], [x.flip(0)])  # pyright: ignore[reportPrivateImportUsage]  # no public name
    return x


def _mirrored_anew(x: torch.Tensor) -> torch.Tensor:
    return torch._foreach_add([x], [x.flip(0)])[0]  # pyright: ignore[reportPrivateImportUsage]  # no public name


def mirrored_list(device: str, backend: str = "inductor") -> Tensors:
    x = torch.arange(6.0, device=device)
    return (compile_with(_mirrored, backend) if backend else _mirrored)(x)


def mirrored_list_anew(device: str) -> Tensors:
    x = torch.arange(6.0, device=device)
    return compile_with(_mirrored_anew, "inductor")(x)


def _every_fifth_doubled(x: torch.Tensor) -> torch.Tensor:
    windows = x.unfold(0, 1, 5)
    windows.add_(windows)
    return x


def gapped_windows(device: str, backend: str = "aot_eager") -> Tensors:
    x = torch.arange(1.0, 7.0, device=device)
    return (compile_with(_every_fifth_doubled, backend) if backend else _every_fifth_doubled)(x)


def strided_slice(device: str) -> Tensors:
    def function(x: torch.Tensor) -> torch.Tensor:
        x[::5] += x[::5]
        return x

    return compile_with(function, "aot_eager")(torch.arange(1.0, 7.0, device=device))


def _doubled_by_hand(device: str) -> Tensors:
    return right_values(2.0, 2.0, 3.0, 4.0, 5.0, 12.0)


HAZARDS = (
    Hazard(
        "autocast-stale-cast",
        "autocast keeps its cast of a weight until the region ends: after an in-place update the old one is used",
        SILENT,
        cast_of_old_weight,
        truth=lambda device: torch.tensor([[3.0, 6.0]], dtype=torch.float64),
        reference="docs.pytorch.org/docs/stable/amp.html (cache_enabled)",
        last_known=SILENT,
        instead="torch.clear_autocast_cache() after the update, or a region for each step",
        rewrite=cast_anew,
        beside=(("cache_enabled=False", partial(cast_of_old_weight, cache=False)),),
    ),
    Hazard(
        "compiled-foreach-itself",
        "compiled, _foreach_add_ reads what it has already written where an operand is made of the same tensor",
        SILENT,
        mirrored_list,
        truth=lambda device: torch.full((6,), 5.0, dtype=torch.float64),
        last_known=SILENT,
        instead="torch._foreach_add, out-of-place",
        rewrite=mirrored_list_anew,
        beside=on_backends(mirrored_list, "aot_eager"),
        isolated=True,
    ),
    Hazard(
        "compiled-gapped-windows",
        "compiled, a write through unfold with a step beyond its size reaches other elements",
        SILENT,
        gapped_windows,
        truth=_doubled_by_hand,
        last_known=SILENT,
        instead="x[::5] += x[::5], through a slice",
        rewrite=strided_slice,
        beside=on_backends(gapped_windows),
        isolated=True,
    ),
)
