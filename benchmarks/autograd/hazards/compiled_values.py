"""torch.compile: in-place writes whose values, or a gradient, differ from eager mode."""

# Pyright: torch has its foreach functions under private names only. Said here, as the programs below are printed.
# pyright: reportPrivateImportUsage=false

from collections.abc import Callable
from typing import Any

import torch

from benchmarks.autograd.evidence import Tensors, leaf_tensor, right_values
from benchmarks.autograd.hazards.compiled import compile_with, on_backends
from benchmarks.autograd.hazards.hazard import Hazard
from benchmarks.autograd.record.findings import RAISES, SILENT


def _run(function: Callable[..., Any], backend: str, *operands: torch.Tensor) -> Any:
    """`function` compiled; in eager mode if no backend is named."""
    return (compile_with(function, backend) if backend else function)(*operands)


def _zeroed_in_all_rows(x: torch.Tensor) -> torch.Tensor:
    x.expand(4, 3).zero_()
    return x


def zeroed_expanded(device: str, backend: str = "aot_eager") -> Tensors:
    return _run(_zeroed_in_all_rows, backend, torch.arange(1.0, 4.0, device=device))


def zeroed_itself(device: str) -> Tensors:
    return _run(lambda x: x.zero_(), "aot_eager", torch.arange(1.0, 4.0, device=device))


def _whole_pairs_doubled(x: torch.Tensor) -> torch.Tensor:
    x.unfold(0, 2, 2).mul_(2)
    return x


def rest_behind_windows(device: str, backend: str = "aot_eager") -> Tensors:
    return _run(_whole_pairs_doubled, backend, torch.arange(1.0, 6.0, device=device))


def rest_behind_slice(device: str) -> Tensors:
    def function(x: torch.Tensor) -> torch.Tensor:
        x[:4].view(2, 2).mul_(2)
        return x

    return _run(function, "aot_eager", torch.arange(1.0, 6.0, device=device))


def _added_twice(x: torch.Tensor) -> torch.Tensor:
    torch._foreach_add_([x, x], 1.0)
    return x


def listed_twice(device: str, backend: str = "aot_eager") -> Tensors:
    return _run(_added_twice, backend, torch.arange(3.0, device=device))


def added_in_turn(device: str) -> Tensors:
    return _run(lambda x: x.add_(1).add_(1), "aot_eager", torch.arange(3.0, device=device))


def _copied_in_turn(x: torch.Tensor, y: torch.Tensor) -> list[torch.Tensor]:
    torch._foreach_copy_([x, y], [y, x])
    return [x, y]


def listed_in_turn(device: str, backend: str = "aot_eager") -> Tensors:
    return _run(_copied_in_turn, backend, torch.ones(2, device=device), torch.full((2,), 5.0, device=device))


def copied_in_turn(device: str) -> Tensors:
    def function(x: torch.Tensor, y: torch.Tensor) -> list[torch.Tensor]:
        x.copy_(y)
        y.copy_(x)
        return [x, y]

    return _run(function, "aot_eager", torch.ones(2, device=device), torch.full((2,), 5.0, device=device))


def _own_values_put(x: torch.Tensor) -> torch.Tensor:
    places = torch.tensor([1, 1, 3, 3], device=x.device)
    return x.index_put_((places,), x[:4].clone(), accumulate=True)


def own_values_put(device: str, backend: str = "inductor") -> Tensors:
    return _run(_own_values_put, backend, torch.arange(1.0, 7.0, device=device))


def own_values_put_anew(device: str) -> Tensors:
    def function(x: torch.Tensor) -> torch.Tensor:
        return x.index_put((torch.tensor([1, 1, 3, 3], device=x.device),), x[:4], accumulate=True)

    return _run(function, "inductor", torch.arange(1.0, 7.0, device=device))


def _squared_in_list(x: torch.Tensor) -> torch.Tensor:
    h = x * 1
    torch._foreach_mul_([h], [h])
    return h


def squared_in_list(device: str, backend: str = "aot_eager") -> Tensors:
    x = leaf_tensor([1.0, 2.0, 3.0], device)
    result = _run(_squared_in_list, backend, x)
    return torch.autograd.grad([result], [x], torch.ones_like(x))


def squared_anew(device: str) -> Tensors:
    def function(x: torch.Tensor) -> torch.Tensor:
        h = x * 1
        return torch._foreach_mul([h], [h])[0]

    x = leaf_tensor([1.0, 2.0, 3.0], device)
    result = _run(function, "aot_eager", x)
    return torch.autograd.grad([result], [x], torch.ones_like(x))


def _made_positive(x: torch.Tensor) -> torch.Tensor:
    return x.abs_()


def given_and_saved(device: str, backend: str = "aot_eager") -> Tensors:
    w = leaf_tensor([1.0, -2.0], device)
    x = w * 2
    _run(_made_positive, backend, x)
    return torch.autograd.grad([x], [w], torch.ones_like(x))


def given_and_kept(device: str) -> Tensors:
    w = leaf_tensor([1.0, -2.0], device)
    x = _run(lambda x: x.abs(), "aot_eager", w * 2)
    return torch.autograd.grad([x], [w], torch.ones_like(x))


HAZARDS = (
    Hazard(
        "compiled-expanded-zeroed",
        "compiled, zero_ on an expanded tensor does not write zeros: each place that shares memory takes its value off",
        SILENT,
        zeroed_expanded,
        truth=lambda device: right_values(0.0, 0.0, 0.0),
        last_known=SILENT,
        instead="x.zero_(), on the tensor that was expanded",
        rewrite=zeroed_itself,
        beside=on_backends(zeroed_expanded, "inductor"),
        isolated=True,
    ),
    Hazard(
        "compiled-windows-rest",
        "compiled, a write through unfold sets to zero what lies behind the last whole window",
        SILENT,
        rest_behind_windows,
        truth=lambda device: right_values(2.0, 4.0, 6.0, 8.0, 5.0),
        last_known=SILENT,
        instead="x[:4].view(2, 2).mul_(2), through a slice",
        rewrite=rest_behind_slice,
        beside=on_backends(rest_behind_windows, "inductor"),
        isolated=True,
    ),
    Hazard(
        "compiled-foreach-twice",
        "compiled, _foreach_add_ writes once a tensor that its list holds twice",
        SILENT,
        listed_twice,
        truth=lambda device: right_values(2.0, 3.0, 4.0),
        last_known=SILENT,
        instead="x.add_(1).add_(1)",
        rewrite=added_in_turn,
        beside=on_backends(listed_twice, "inductor"),
        isolated=True,
    ),
    Hazard(
        "compiled-foreach-in-turn",
        "compiled, _foreach_copy_ reads all operands before it writes any: eager mode goes through the lists in turn",
        SILENT,
        listed_in_turn,
        truth=lambda device: [right_values(5.0, 5.0), right_values(5.0, 5.0)],
        last_known=SILENT,
        instead="x.copy_(y) and then y.copy_(x)",
        rewrite=copied_in_turn,
        beside=on_backends(listed_in_turn, "inductor"),
        isolated=True,
    ),
    Hazard(
        "compiled-foreach-square",
        "compiled, _foreach_mul_ of a tensor with itself gets a wrong gradient, where eager mode raises",
        SILENT,
        squared_in_list,
        truth=lambda device: right_values(2.0, 4.0, 6.0),
        last_known=SILENT,
        instead="torch._foreach_mul, out-of-place",
        rewrite=squared_anew,
        beside=on_backends(squared_in_list, "inductor"),
        isolated=True,
    ),
    Hazard(
        "compiled-input-saved",
        "compiled, a write to what the function is given raises in backward if that needs the old value",
        RAISES,
        given_and_saved,
        truth=lambda device: right_values(2.0, -2.0),
        last_known=RAISES,
        instead="x.abs(), out-of-place",
        rewrite=given_and_kept,
        beside=on_backends(given_and_saved, "inductor"),
        isolated=True,
    ),
    Hazard(
        "compiled-put-of-itself",
        "compiled, index_put_ of the tensor's own values, even of a clone, reads what it has already written",
        SILENT,
        own_values_put,
        truth=lambda device: right_values(1.0, 5.0, 3.0, 11.0, 5.0, 6.0),
        last_known=SILENT,
        instead="x.index_put(..), out-of-place",
        rewrite=own_values_put_anew,
        beside=on_backends(own_values_put, "aot_eager"),
        isolated=True,
    ),
)
