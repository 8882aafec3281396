"""Deterministic GPU kernels while a case is checked. It is timed with the user's own settings."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch

TF32, EXACT = "tf32", "ieee"

#: A function that writes a setting, its present value, and its value for a check.
Setting = tuple[Callable[[Any], None], Any, Any]


@contextmanager
def deterministic_kernels(device: str) -> Iterator[None]:
    """Inside this block, use deterministic cuDNN algorithms on a GPU, and no TF32. On the CPU nothing changes.

    The 10 bits of TF32 would enlarge differences of the last digit. Every setting is restored, also after an error.
    `torch.backends.cudnn.flags` is not used: if TF32 was chosen by the names of torch 2.9, it raises and leaves some
    settings changed.
    """
    changed: list[tuple[Callable[[Any], None], Any]] = []
    try:
        for write, old, value in _settings() if device.startswith("cuda") else ():
            write(value)
            changed.append((write, old))
        yield
    finally:
        for write, old in changed:
            write(old)


def _settings() -> list[Setting]:
    """Return the settings that a check changes. The old names of TF32 come first: they also write the new ones."""
    cudnn, matmul = torch.backends.cudnn, torch.backends.cuda.matmul
    found: list[Setting] = [
        (partial(setattr, cudnn, "benchmark"), cudnn.benchmark, False),
        (partial(setattr, cudnn, "deterministic"), cudnn.deterministic, True),
    ]
    if _read_old(lambda: cudnn.allow_tf32):
        found.append((partial(setattr, cudnn, "allow_tf32"), True, False))
    precision = _read_old(torch.get_float32_matmul_precision)
    if precision not in (None, "highest"):
        found.append((_precision_of_products(precision), precision, "highest"))
    for owner in (getattr(cudnn, "conv", None), getattr(cudnn, "rnn", None), matmul):
        if getattr(owner, "fp32_precision", None) == TF32:
            found.append((partial(setattr, owner, "fp32_precision"), TF32, EXACT))
    return found


def _precision_of_products(old: str) -> Callable[[Any], None]:
    """Return a function that sets the precision for all backends. With the old value it also restores oneDNN's own."""
    onednn: Any = getattr(torch.backends.mkldnn, "matmul", None)  # since torch 2.9
    of_onednn = onednn and onednn.fp32_precision

    def write(precision: str) -> None:
        torch.set_float32_matmul_precision(precision)
        if onednn and precision == old:
            onednn.fp32_precision = of_onednn

    return write


def _read_old(read: Callable[[], Any]) -> Any:
    """Return the value of an old setting; None if the new one was set differently, which raises from torch 2.9 on."""
    try:
        return read()
    except RuntimeError:
        return None
