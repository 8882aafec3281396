"""Three examples often given for the belief that in-place ops make backward unpredictable; and the chain rule."""

from collections.abc import Iterator

import torch

from benchmarks.autograd.claims.claim import Claim, Setting
from benchmarks.autograd.evidence import error_of, leaf_tensor, numbers, program_error_text
from benchmarks.autograd.record.findings import Observation

_REPEATS = 20


def standard_add(setting: Setting) -> Iterator[Observation]:
    x, y = leaf_tensor(2.0, setting.device), leaf_tensor(3.0, setting.device)
    z = x + y
    z.backward()
    yield Observation("z = x + y; z.backward(); x.grad", numbers(x.grad), numbers(x.grad) == "1")
    yield Observation("y.grad", numbers(y.grad), numbers(y.grad) == "1")


def leaf_add(setting: Setting) -> Iterator[Observation]:
    x, y = leaf_tensor(2.0, setting.device), leaf_tensor(3.0, setting.device)
    error = error_of(lambda: x.add_(y).backward())
    if error is None:
        right = numbers([x.grad, y.grad]) == "1; 1"
        yield Observation("z = x.add_(y); z.backward(); x.grad; y.grad", numbers([x.grad, y.grad]), right)
    else:
        yield Observation("z = x.add_(y)", program_error_text(error), False)
    yield Observation("x afterwards", f"{numbers(x)}, version counter {x._version}")


def reuse_add(setting: Setting) -> Iterator[Observation]:
    found = set()
    for _ in range(_REPEATS):
        x, y = leaf_tensor(2.0, setting.device), leaf_tensor(3.0, setting.device)
        z = x + y
        w = z.add_(x)
        w.backward()
        found.add(numbers([x.grad, y.grad]))
    yield Observation(
        "z = x + y; w = z.add_(x); w.backward(); x.grad; y.grad", " or ".join(sorted(found)), found != {"2; 1"}
    )
    yield Observation(f"the same {_REPEATS} times over", "yes" if len(found) == 1 else "no", len(found) > 1)
    saved = [name for name in dir(w.grad_fn) if name.startswith("_saved")]
    tensors = [name for name in saved if isinstance(getattr(w.grad_fn, name), torch.Tensor)]
    yield Observation("tensors that add saves for backward", ", ".join(tensors) or "none")
    yield Observation("z after the write", f"the same tensor as w: {z is w}; version counter {z._version}")


#: Programs in which in-place writes rewrite history: by step, on a tensor, on a part, on a part seen through its base.
_REWRITTEN = {
    "y.mul_(3)": lambda y: y.mul_(3),
    "y.mul_(3).add_(1).sin_()": lambda y: y.mul_(3).add_(1).sin_(),
    "y[0].mul_(3)": lambda y: (y[0].mul_(3), y)[1],
    "y.view(-1)[1:3].exp_()": lambda y: (y.view(-1)[1:3].exp_(), y)[1],
    "y[:, 0] = y[:, 1] * 2": lambda y: (y.__setitem__((slice(None), 0), y[:, 1] * 2), y)[1],
    "y.t().mul_(y.clone().t())": lambda y: (y.t().mul_(y.clone().t()), y)[1],
}
_MASK = ((1.0, 1.0), (0.0, 0.0))


def _out_of_place(step: str, y: torch.Tensor) -> torch.Tensor:
    """What a step of _REWRITTEN computes, out of place."""
    row = torch.tensor(_MASK, dtype=y.dtype, device=y.device)
    middle = torch.tensor(((0.0, 1.0), (1.0, 0.0)), dtype=y.dtype, device=y.device)
    return {
        "y.mul_(3)": lambda: y * 3,
        "y.mul_(3).add_(1).sin_()": lambda: (y * 3 + 1).sin(),
        "y[0].mul_(3)": lambda: torch.where(row > 0, y * 3, y),
        "y.view(-1)[1:3].exp_()": lambda: torch.where(middle > 0, y.exp(), y),
        "y[:, 0] = y[:, 1] * 2": lambda: torch.stack([y[:, 1] * 2, y[:, 1]], 1),
        "y.t().mul_(y.clone().t())": lambda: y * y,
    }[step]()


def chain_rule(setting: Setting) -> Iterator[Observation]:
    for step, write in _REWRITTEN.items():
        gradients = []
        for each in (write, lambda y, step=step: _out_of_place(step, y)):
            x = leaf_tensor([[0.1, 0.2], [0.3, 0.4]], setting.device)
            y = x * 1.5
            before = type(y.grad_fn).__name__
            result = each(y)
            (result * torch.arange(1.0, 5.0, device=setting.device).view(2, 2)).sum().backward()
            gradients.append(x.grad)
            if each is write:
                after = type(y.grad_fn).__name__
        same = torch.equal(*gradients)
        seen = f"history {before} -> {after}; gradient {'bit-equal to' if same else 'differs from'} out-of-place"
        yield Observation(step, seen, not torch.allclose(*gradients, rtol=1e-12))
    x = leaf_tensor(0.5, setting.device)
    y = x.exp()
    y.mul_(2)
    error = error_of(y.backward)
    seen = "no error" if error is None else program_error_text(error)
    yield Observation("y = x.exp(); y.mul_(2); y.backward()", seen, error is None)


CLAIMS = (
    Claim(
        "standard-add",
        "z = x + y on two leaves: backward gives each a gradient of 1",
        "the first of three examples: gradients 1 and 1",
        standard_add,
    ),
    Claim(
        "leaf-add",
        "z = x.add_(y) on a leaf works, and backward gives gradients of 1",
        "the second example: it works, gradients 1 and 1",
        leaf_add,
    ),
    Claim(
        "reuse-add",
        "z = x + y; w = z.add_(x): the gradients are unexpected, or not always the same",
        "the third example: may be unexpected, inconsistent, version-dependent",
        reuse_add,
    ),
    Claim(
        "chain-rule",
        "in-place ops complicate the graph until the chain rule becomes ambiguous",
        "in-place ops make the computational graph ambiguous",
        chain_rule,
    ),
)
