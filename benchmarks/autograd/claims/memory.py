"""What in-place saves in training: bytes held for backward, and at the call's peak; saved tensors decide."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from benchmarks.autograd.claims.claim import Claim, Setting
from benchmarks.autograd.evidence import NotAvailable
from benchmarks.autograd.record.findings import Observation
from benchmarks.measure.memory import CountedBytes, UncountedError, measure_memory

_NUMEL = 2**16
_N = 4 * _NUMEL  #: bytes of one float32 tensor with _NUMEL elements


@dataclass(frozen=True)
class _Class:
    """Ops that need the same for backward, represented by one of them."""

    needs: str
    name: str
    outofplace: Callable
    inplace: Callable
    other_requires_grad: bool | None = None  #: None: no other operand


_CLASSES = (
    _Class("nothing", "add", torch.add, lambda x, y: x.add_(y), False),
    _Class("the result", "relu", torch.relu, torch.relu_),
    _Class("the result", "sigmoid", torch.sigmoid, torch.sigmoid_),
    _Class("the result (out-of-place: the input)", "leaky_relu", F.leaky_relu, F.leaky_relu_),
    _Class("the result (out-of-place: the input)", "elu", F.elu, F.elu_),
    _Class("the old input: cloned", "silu", F.silu, lambda x: F.silu(x, inplace=True)),
    _Class("the old input: cloned", "hardtanh", F.hardtanh, F.hardtanh_),
    _Class("the other operand", "mul", torch.mul, lambda x, y: x.mul_(y), False),
    _Class("the old input for the other: cloned", "mul", torch.mul, lambda x, y: x.mul_(y), True),
)


def count_bytes(call: Callable, setting: Setting, graph: bool, other: torch.Tensor | None = None) -> CountedBytes:
    """Exact bytes of `call` on its own input: a clone, which may be written and saves nothing."""
    base = torch.full((_NUMEL,), 0.5, device=setting.device, requires_grad=graph)
    operands = () if other is None else (other,)

    def restore() -> torch.Tensor:
        return base.clone()

    def backward(result: torch.Tensor) -> tuple:
        wanted = [t for t in (base, *operands) if t.requires_grad]
        return torch.autograd.grad(result, wanted, grad_outputs=torch.ones_like(result))

    try:
        with torch.set_grad_enabled(graph):
            return measure_memory(restore, lambda x: call(x, *operands), backward if graph else None, setting.device)
    except UncountedError as error:
        raise NotAvailable(str(error)) from error


def _change(before: int, after: int) -> str:
    return f"{before:,} -> {after:,} bytes ({before / _N:.2f} -> {after / _N:.2f} N)"


def _both(each: _Class, setting: Setting, graph: bool) -> tuple[CountedBytes, CountedBytes]:
    other = None
    if each.other_requires_grad is not None:
        wants_gradient = graph and each.other_requires_grad
        other = torch.full((_NUMEL,), 2.0, device=setting.device, requires_grad=wants_gradient)
    return count_bytes(each.outofplace, setting, graph, other), count_bytes(each.inplace, setting, graph, other)


def memory(setting: Setting) -> Iterator[Observation]:
    found = {f"{each.name}, backward needs {each.needs}": _both(each, setting, graph=True) for each in _CLASSES}
    for what, (out, inplace) in found.items():
        saves = inplace.held_bytes < out.held_bytes
        yield Observation(f"{what}: held", _change(out.held_bytes, inplace.held_bytes), saves)
    found["add, without a graph"] = _both(_CLASSES[0], setting, graph=False)
    for what, (out, inplace) in found.items():
        peaks = _change(out.forward_peak_bytes, inplace.forward_peak_bytes)
        yield Observation(f"{what}: peak of the call", peaks)


CLAIMS = (
    Claim(
        "memory",
        "in-place ops save memory in training",
        "in-place saves memory",
        memory,
    ),
)
