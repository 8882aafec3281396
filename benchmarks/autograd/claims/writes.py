"""What a write can destroy: values that backward needs, and leaves."""

from collections.abc import Callable, Iterator

import torch

from benchmarks.autograd.claims.claim import Claim, Setting
from benchmarks.autograd.evidence import error_of, leaf_tensor, numbers, program_error_text
from benchmarks.autograd.record.findings import Observation


def _without_grad(write: Callable[[torch.Tensor], object]) -> Callable[[torch.Tensor], object]:
    def written(y: torch.Tensor) -> None:
        with torch.no_grad():
            write(y)

    return written


#: Writes that autograd tracks: each moves the version counter, even if indirectly.
_TRACKED = {
    "y.mul_(2)": lambda y: y.mul_(2),
    "y[0] = 0": lambda y: y.__setitem__(0, 0.0),
    "y.view(-1).zero_()": lambda y: y.view(-1).zero_(),
    "y.detach().zero_()": lambda y: y.detach().zero_(),
    "with no_grad: y.zero_()": _without_grad(lambda y: y.zero_()),
    "torch.exp(y, out=y) under no_grad": _without_grad(lambda y: torch.exp(y, out=y)),
}


def overwritten(setting: Setting) -> Iterator[Observation]:
    for name, write in _TRACKED.items():
        x = leaf_tensor([1.0, 2.0], setting.device)
        y = x.exp()  # backward needs this very result
        kept, version = y.detach().clone(), y._version
        write(y)
        destroyed = not torch.equal(y.detach(), kept)
        error = error_of(y.sum().backward)
        caught = "not noticed" if error is None else f"backward raises {program_error_text(error)}"
        counter = f"version counter {version} -> {y._version}"
        yield Observation(f"y = x.exp(); {name}", f"{counter}; {caught}", destroyed and error is not None)
    x = leaf_tensor([1.0, 2.0], setting.device)
    y = x.exp()
    y.data.zero_()
    y.sum().backward()
    seen = f"version counter {y._version}; no error; x.grad {numbers(x.grad)} (see the hazard untracked-write)"
    yield Observation("y = x.exp(); y.data.zero_()", seen)


_ALTERING = {
    "x.mul_(2)": lambda x: x.mul_(2),
    "x[0].mul_(2)": lambda x: x[0].mul_(2),
    "x += 1": lambda x: x.__iadd__(1),
    "with no_grad: x.mul_(2)": _without_grad(lambda x: x.mul_(2)),
    "x.data.mul_(2)": lambda x: x.data.mul_(2),
    "x.detach().mul_(2)": lambda x: x.detach().mul_(2),
    "x.logical_not_()": lambda x: x.logical_not_(),
}


def altered_leaves(setting: Setting) -> Iterator[Observation]:
    for name, write in _ALTERING.items():
        x = leaf_tensor([1.0, 2.0], setting.device)
        before = x.detach().clone()
        error = error_of(lambda x=x, write=write: write(x))
        altered = not torch.equal(x.detach(), before)
        state = f"x is {numbers(x)}, version counter {x._version}"
        yield Observation(name, state if error is None else f"{program_error_text(error)} ({state})", altered)


CLAIMS = (
    Claim(
        "overwritten-values",
        "an in-place op can overwrite what backward needs, and backward raises where it did",
        "in-place ops can overwrite values that the gradient needs",
        overwritten,
    ),
    Claim(
        "altered-leaves",
        "in-place ops alter leaves that require grad",
        "leaves are unexpectedly altered",
        altered_leaves,
    ),
)
