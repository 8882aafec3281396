"""Writes that move no version counter, so that autograd cannot notice them."""

import ctypes
from collections.abc import Callable
from functools import partial

import torch

from benchmarks.autograd.evidence import NotAvailable, Tensors, gradient_of, leaf_tensor, right_values
from benchmarks.autograd.hazards.hazard import Hazard, Program
from benchmarks.autograd.record.findings import SILENT

_AT = (1.0, 2.0)


def _exp_then(write: Callable[[torch.Tensor], object]) -> Program:
    """exp saves its result; `write` changes it by a constant, which no gradient should see."""

    def program(device: str) -> Tensors:
        x = leaf_tensor(_AT, device)
        y = x.exp()
        write(y)
        y.sum().backward()
        return x.grad

    return program


def untracked_write(device: str) -> Tensors:
    x = leaf_tensor(_AT, device)
    y = x.exp()  # backward multiplies by this result
    y.data.add_(10)
    y.sum().backward()
    return x.grad


def _by_numpy(y: torch.Tensor) -> None:
    _on_cpu(y).numpy()[:] += 10


def _by_pointer(y: torch.Tensor) -> None:
    """As a C extension or a hand-written kernel does."""
    address = ctypes.cast(_on_cpu(y).data_ptr(), ctypes.POINTER(ctypes.c_double))
    for i in range(y.numel()):
        address[i] += 10


def _on_cpu(y: torch.Tensor) -> torch.Tensor:
    if y.device.type != "cpu":
        raise NotAvailable(f"this program writes from the host, which cannot reach memory of {y.device}")
    return y.detach()


def _under_no_grad(y: torch.Tensor) -> None:
    with torch.no_grad():
        y.add_(10)


def add_out_of_place(device: str) -> Tensors:
    x = leaf_tensor(_AT, device)
    y = x.exp()
    y = y + 10
    y.sum().backward()
    return x.grad


def _exp(device: str) -> Tensors:
    return right_values(*_AT).exp()


def fused_step(
    device: str, optimizer: type = torch.optim.SGD, fused: bool = True, foreach: bool | None = None
) -> Tensors:
    w = leaf_tensor([1.0, 2.0], device)
    stepper = optimizer([w], lr=0.1, fused=fused, foreach=foreach)
    loss = (w * w).sum()  # saves w
    loss.backward(retain_graph=True)
    stepper.step()
    stepper.zero_grad()
    loss.backward()
    return w.grad


def step_after_both(device: str) -> Tensors:
    w = leaf_tensor([1.0, 2.0], device)
    stepper = torch.optim.SGD([w], lr=0.1, fused=True)
    loss = (w * w).sum()
    loss.backward(retain_graph=True)
    w.grad = None
    loss.backward()
    second = gradient_of(w).clone()
    stepper.step()
    return second


def running_statistics(device: str) -> Tensors:
    norm = torch.nn.BatchNorm1d(1, dtype=torch.float64, device=device).eval()
    x = leaf_tensor([[1.0], [3.0]], device)
    y = norm(x)  # divides by the running deviation, which backward needs
    norm.train()(torch.tensor([[10.0], [30.0]], dtype=torch.float64, device=device))  # writes it
    y.sum().backward()
    return x.grad


def statistics_of_its_own(device: str) -> Tensors:
    norm = torch.nn.BatchNorm1d(1, dtype=torch.float64, device=device).eval()
    x = leaf_tensor([[1.0], [3.0]], device)
    mean, variance = norm.get_buffer("running_mean").clone(), norm.get_buffer("running_var").clone()
    y = torch.nn.functional.batch_norm(x, mean, variance, norm.weight, norm.bias, eps=norm.eps)
    norm.train()(torch.tensor([[10.0], [30.0]], dtype=torch.float64, device=device))
    y.sum().backward()
    return x.grad


HAZARDS = (
    Hazard(
        "untracked-write",
        "a saved tensor is written through .data, numpy, dlpack or a raw pointer: the version counter does not move",
        SILENT,
        untracked_write,
        truth=_exp,
        last_known=SILENT,
        instead="y = y + 10, out-of-place; y.detach() and no_grad are tracked, and raise",
        rewrite=add_out_of_place,
        beside=(
            ("y.detach().numpy()[:] += 10", _exp_then(_by_numpy)),
            ("from_dlpack(y.detach()).add_(10)", _exp_then(lambda y: torch.from_dlpack(y.detach()).add_(10))),
            ("through y.data_ptr()", _exp_then(_by_pointer)),
            ("y.detach().add_(10)", _exp_then(lambda y: y.detach().add_(10))),
            ("with no_grad: y.add_(10)", _exp_then(_under_no_grad)),
        ),
    ),
    Hazard(
        "fused-step",
        "a fused optimizer steps between two backwards of one graph: it writes the weights past their version counters",
        SILENT,
        fused_step,
        truth=lambda device: right_values(2.0, 4.0),
        last_known=SILENT,
        instead="run both backwards before step(), or compute the loss again after it",
        rewrite=step_after_both,
        beside=(
            ("Adam(fused=True)", partial(fused_step, optimizer=torch.optim.Adam)),
            ("AdamW(fused=True)", partial(fused_step, optimizer=torch.optim.AdamW)),
            ("Adagrad(fused=True)", partial(fused_step, optimizer=torch.optim.Adagrad)),
            ("SGD(foreach=True)", partial(fused_step, fused=False, foreach=True)),
            ("SGD(foreach=False)", partial(fused_step, fused=False, foreach=False)),
        ),
    ),
    Hazard(
        "running-statistics",
        "batch norm in eval mode saves its running statistics; a training forward writes them before backward",
        SILENT,
        running_statistics,
        truth=lambda device: torch.full((2, 1), (1 + 1e-5) ** -0.5, dtype=torch.float64),
        reference="github.com/pytorch/pytorch/issues/13402",
        last_known=SILENT,
        instead="finish backward before the training forward, or give the eval forward copies of the statistics",
        rewrite=statistics_of_its_own,
    ),
)
