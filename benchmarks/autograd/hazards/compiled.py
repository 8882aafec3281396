"""torch.compile: checks of eager mode that compiled code lacks."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F

from benchmarks.autograd.evidence import NotAvailable, Tensors, leaf_tensor, program_error_text, right_values
from benchmarks.autograd.hazards.hazard import Hazard
from benchmarks.autograd.record.findings import SILENT


def compile_with(function: Callable, backend: str) -> Callable:
    """`function` compiled by a backend; raises NotAvailable, now or at its first call, if that fails."""
    from torch._dynamo.exc import TorchDynamoException

    torch._dynamo.reset()
    try:
        made = torch.compile(function, backend=backend)
    except RuntimeError as error:  # for example a Python that it does not support yet
        raise NotAvailable(f"torch.compile fails here: {program_error_text(error)}") from error

    def call(*operands: torch.Tensor) -> Any:
        try:
            return made(*operands)
        except TorchDynamoException as error:  # for example no compiler
            raise NotAvailable(f"torch.compile with {backend} fails here: {program_error_text(error)}") from error

    return call


def on_backends(program: Callable[..., Tensors], *backends: str) -> tuple[tuple[str, Callable[[str], Tensors]], ...]:
    """The same program in eager mode and with other backends, by name, to compare with a compiled one."""
    return tuple((backend or "eager", partial(program, backend=backend)) for backend in ("", *backends))


def version_check(device: str, backend: str = "inductor") -> Tensors:
    x = torch.tensor([[1.0, 2.0], [3.0, 4.0]], device=device)
    w = leaf_tensor([[1.0, 0.0], [0.0, 1.0]], device, torch.float32)
    product = compile_with(lambda x, w: x @ w, backend) if backend else torch.matmul
    y = product(x, w)  # saves a view of x
    x.add_(10)
    y.sum().backward()
    return w.grad


def version_check_rewritten(device: str) -> Tensors:
    x = torch.tensor([[1.0, 2.0], [3.0, 4.0]], device=device)
    w = leaf_tensor([[1.0, 0.0], [0.0, 1.0]], device, torch.float32)
    y = compile_with(lambda x, w: x @ w, "inductor")(x, w)
    x = x + 10
    y.sum().backward()
    return w.grad


def _column_of_sums(device: str) -> Tensors:
    x = torch.tensor([[1.0, 2.0], [3.0, 4.0]], dtype=torch.float64)
    return x.t() @ torch.ones(2, 2, dtype=torch.float64)


def _doubled_and_scaled(x: torch.Tensor, y: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
    x.mul_(2)
    return (x + y) * w


def stale_graph(device: str, backend: str = "aot_eager") -> Tensors:
    function = compile_with(_doubled_and_scaled, backend) if backend else _doubled_and_scaled
    w = leaf_tensor([1.0] * 4, device)
    x, y = torch.ones(2, 4, dtype=w.dtype, device=device).clone().unbind()
    function(x, y, w)  # compiles for inputs that do not overlap
    base = torch.ones(8, dtype=w.dtype, device=device)
    function(base[:4], base[2:6], w).sum().backward()  # these overlap
    return w.grad


def written_outside(device: str) -> Tensors:
    function = compile_with(lambda x, y, w: (x + y) * w, "aot_eager")
    w = leaf_tensor([1.0] * 4, device)
    base = torch.ones(8, dtype=w.dtype, device=device)
    x = base[:4]
    x.mul_(2)
    function(x, base[2:6], w).sum().backward()
    return w.grad


def _overlapping_sum(device: str) -> Tensors:
    x = right_values(2.0, 2.0, 2.0, 2.0)
    y = right_values(2.0, 2.0, 1.0, 1.0)  # its first half is x's second
    return x + y


def dropped_write(device: str, backend: str = "aot_eager") -> Tensors:
    def function(h: torch.Tensor) -> torch.Tensor:
        same = F.dropout(h, 0.5, training=False)  # returns h itself
        same.mul_(2)
        return h * 1

    x = leaf_tensor([1.0, 2.0], device)
    (compile_with(function, backend) if backend else function)(x * 1).sum().backward()
    return x.grad


def written_by_name(device: str) -> Tensors:
    def function(h: torch.Tensor) -> torch.Tensor:
        h = F.dropout(h, 0.5, training=False) * 2
        return h * 1

    x = leaf_tensor([1.0, 2.0], device)
    compile_with(function, "aot_eager")(x * 1).sum().backward()
    return x.grad


def _cut_overlap(x: torch.Tensor) -> torch.Tensor:
    base = x * 1
    return base.as_strided((2, 2), (1, 1)).relu_()  # its second element is its third


def overlap_gradient(device: str, backend: str = "aot_eager") -> Tensors:
    x = leaf_tensor([1.0, 2.0, 3.0], device)
    result = (compile_with(_cut_overlap, backend) if backend else _cut_overlap)(x)
    upstream = torch.tensor([[1.0, 2.0], [3.0, 4.0]], dtype=x.dtype, device=device)
    return torch.autograd.grad([result], [x], [upstream])


def overlap_gradient_anew(device: str) -> Tensors:
    x = leaf_tensor([1.0, 2.0, 3.0], device)
    result = compile_with(lambda x: (x * 1).as_strided((2, 2), (1, 1)).relu(), "aot_eager")(x)
    upstream = torch.tensor([[1.0, 2.0], [3.0, 4.0]], dtype=x.dtype, device=device)
    return torch.autograd.grad([result], [x], [upstream])


HAZARDS = (
    Hazard(
        "compiled-version-check",
        "inductor keeps a view of an input without its version counter: a write before backward is not noticed",
        SILENT,
        version_check,
        truth=_column_of_sums,
        reference="github.com/pytorch/pytorch/issues/197887",
        last_known=SILENT,
        instead="x = x + 10, out-of-place, or write x after backward",
        rewrite=version_check_rewritten,
        beside=on_backends(version_check, "aot_eager"),
        isolated=True,
    ),
    Hazard(
        "compiled-stale-graph",
        "a compiled function that writes an input is reused for inputs that overlap, as if they did not",
        SILENT,
        stale_graph,
        truth=_overlapping_sum,
        reference="github.com/pytorch/pytorch/issues/139789",
        last_known=SILENT,
        instead="write the input outside the compiled function",
        rewrite=written_outside,
        beside=on_backends(stale_graph),
        isolated=True,
    ),
    Hazard(
        "compiled-dropped-write",
        "compiled code drops a write through what F.dropout returns when it drops nothing: its input itself",
        SILENT,
        dropped_write,
        truth=lambda device: torch.full((2,), 2.0, dtype=torch.float64),
        reference="github.com/pytorch/pytorch/issues/195422",
        last_known=SILENT,
        instead="h = F.dropout(h, ..) * 2, out-of-place",
        rewrite=written_by_name,
        beside=on_backends(dropped_write),
        isolated=True,
    ),
    Hazard(
        "compiled-overlap-gradient",
        "compiled, a write to a view whose elements overlap: where two share memory, one's gradient stands for both",
        SILENT,
        overlap_gradient,
        truth=lambda device: right_values(1.0, 5.0, 4.0),
        last_known=SILENT,
        instead="relu(), out-of-place",
        rewrite=overlap_gradient_anew,
        beside=on_backends(overlap_gradient),
        isolated=True,
    ),
)
