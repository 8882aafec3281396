"""Recurrent networks: the variants that raise, and the exact one."""

from collections.abc import Callable, Iterator
from functools import partial

import torch

from benchmarks.autograd.claims.claim import Claim, Setting
from benchmarks.autograd.evidence import gradient_of, leaf_tensor, numbers, program_error_text, result_of
from benchmarks.autograd.record.findings import Observation

_STEPS = 5


def _out_of_place(h: torch.Tensor, w: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    for t in range(_STEPS):
        h = torch.tanh(h @ w + x[t])
    return h.sum()


def _sum_then_tanh(h: torch.Tensor, w: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    for t in range(_STEPS):
        h = (h @ w).add_(x[t]).tanh_()
    return h.sum()


def _written_after_tanh(h: torch.Tensor, w: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    for t in range(_STEPS):
        h = torch.tanh(h @ w)
        h += x[t]
    return h.sum()


def _states_in_one_tensor(h: torch.Tensor, w: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    states = torch.zeros(_STEPS + 1, *h.shape, dtype=h.dtype, device=h.device)
    states[0] = h
    for t in range(_STEPS):
        states[t + 1] = torch.tanh(states[t] @ w + x[t])
    return states[_STEPS].sum()


def _results_in_one_tensor(h: torch.Tensor, w: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    results = torch.zeros(_STEPS, *h.shape, dtype=h.dtype, device=h.device)
    for t in range(_STEPS):
        h = torch.tanh(h @ w + x[t])
        results[t] = h
    return results[-1].sum()


_VARIANTS: dict[str, Callable] = {
    "h = (h @ w).add_(x).tanh_()": _sum_then_tanh,
    "h = tanh(h @ w); h += x": _written_after_tanh,
    "H[t + 1] = tanh(H[t] @ w + x)": _states_in_one_tensor,
    "h = tanh(h @ w + x); out[t] = h": _results_in_one_tensor,
}


def _gradient(variant: Callable, device: str) -> torch.Tensor:
    w = leaf_tensor([[0.5, -0.3], [0.2, 0.8]], device)
    h = torch.tensor([[0.1, -0.4]], dtype=w.dtype, device=device)
    x = torch.linspace(-1, 1, 2 * _STEPS, dtype=w.dtype, device=device).view(_STEPS, 1, 2)
    variant(h, w, x).backward()
    return gradient_of(w)


def recurrent(setting: Setting) -> Iterator[Observation]:
    true = _gradient(_out_of_place, setting.device)
    yield Observation("h = tanh(h @ w + x), out-of-place: w.grad", numbers(true))
    for text, variant in _VARIANTS.items():
        gradient = result_of(partial(_gradient, variant, setting.device))
        if isinstance(gradient, RuntimeError):
            yield Observation(text, program_error_text(gradient), True)
            continue
        equal = torch.equal(gradient, true)
        right = equal or torch.allclose(gradient, true, rtol=1e-12)
        yield Observation(text, f"{numbers(gradient)}{' (bit-equal)' if equal else ''}", not right)


CLAIMS = (Claim("recurrent", "in-place ops break recurrent networks", "recurrent networks break", recurrent),)
