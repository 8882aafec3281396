"""Higher derivatives, complex losses, gradient accumulation."""

from collections.abc import Callable, Iterator

import torch
from torch.autograd import grad, gradcheck, gradgradcheck

from benchmarks.autograd.claims.claim import Claim, Setting
from benchmarks.autograd.evidence import gradient_of, leaf_tensor, numbers, result_of
from benchmarks.autograd.record.findings import Observation

#: In-place programs and the same out-of-place; a product first makes the input a non-leaf.
_TWINS: dict[str, tuple[Callable, Callable]] = {
    "add_": (lambda y: y.add_(2), lambda y: y + 2),
    "mul_": (lambda y: y.mul_(3), lambda y: y * 3),
    "square_": (lambda y: y.square_(), lambda y: y.square()),
    "pow_": (lambda y: y.pow_(3), lambda y: y.pow(3)),
    "exp_": (lambda y: y.exp_(), lambda y: y.exp()),
    "sin_": (lambda y: y.sin_(), lambda y: y.sin()),
    "tanh_": (lambda y: y.tanh_(), lambda y: y.tanh()),
    "sigmoid_": (lambda y: y.sigmoid_(), lambda y: y.sigmoid()),
    "sqrt_": (lambda y: y.sqrt_(), lambda y: y.sqrt()),
    "reciprocal_": (lambda y: y.reciprocal_(), lambda y: y.reciprocal()),
    "silu_": (lambda y: torch.nn.functional.silu(y, inplace=True), torch.nn.functional.silu),
    "addcmul_": (lambda y: y.addcmul_(y.detach(), y.detach()), lambda y: y.addcmul(y.detach(), y.detach())),
    "y[0].exp_()": (lambda y: (y[0].exp_(), y)[1], lambda y: torch.cat([y[:1].exp(), y[1:]])),
    "mul_, sin_, add_": (lambda y: y.mul_(2).sin_().add_(1), lambda y: (y * 2).sin() + 1),
}
_AT = (0.7, 1.1, 1.6)


def _derivatives(function: Callable, device: str, order: int) -> list[torch.Tensor]:
    """The gradients of sum(function(1.5 x)) up to `order`, each of the previous one's sum."""
    x = leaf_tensor(_AT, device)
    value, found = function(x * 1.5).sum(), []
    for _ in range(order):
        (value,) = grad(value.sum(), x, create_graph=True)
        found.append(value)
        if not value.requires_grad:  # a derivative that no longer depends on x
            break
    return found


def _passes(check: Callable, function: Callable, device: str) -> bool:
    x = leaf_tensor(_AT, device)
    return (
        result_of(lambda: check(lambda x: function(x * 1.5), (x,), raise_exception=False)) is True
    )  # none may be there


def higher_order(setting: Setting) -> Iterator[Observation]:
    smooth = {name: twins for name, twins in _TWINS.items() if name != "addcmul_"}  # its operands are detached
    for order, check in (("first", gradcheck), ("second", gradgradcheck)):
        failing = [name for name, (inplace, _) in smooth.items() if not _passes(check, inplace, setting.device)]
        seen = f"{len(smooth) - len(failing)} of {len(smooth)} programs pass{': not ' if failing else ''}"
        yield Observation(
            f"{order} derivative by torch.autograd.{check.__name__}", seen + ", ".join(failing), bool(failing)
        )
    for order in (1, 2, 3):
        differing = []
        for name, (inplace, outofplace) in _TWINS.items():
            pair = [_derivatives(function, setting.device, order) for function in (inplace, outofplace)]
            if len(pair[0]) != len(pair[1]) or not torch.allclose(pair[0][-1], pair[1][-1], rtol=1e-10):
                differing.append(name)
        seen = f"{len(_TWINS) - len(differing)} of {len(_TWINS)} programs agree{': not ' if differing else ''}"
        what = f"derivative {order} against the out-of-place variant"
        yield Observation(what, seen + ", ".join(differing), bool(differing))
    third = _derivatives(_TWINS["sin_"][0], setting.device, 3)[-1]
    right = -(1.5**3) * (leaf_tensor(_AT, setting.device).detach() * 1.5).cos()
    seen = f"{numbers(third)}; by the formula {numbers(right)}"
    yield Observation("third derivative of sin_", seen, not torch.allclose(third, right, rtol=1e-10))


def _loss_out_of_place(x: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
    h = torch.relu(x @ w + 0.1)
    h = (h - h.mean(0)) * 1.5
    h = h.clamp(-2, 2) + x
    return (h.softmax(1).log() * 0.5).square().mean() + 0.01 * w.square().sum()


def _loss_in_place(x: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
    h = (x @ w).add_(0.1).relu_()
    h = (h - h.mean(0)).mul_(1.5)
    h = h.clamp_(-2, 2).add_(x)
    return h.softmax(1).log().mul_(0.5).square().mean() + 0.01 * w.square().sum()


def complex_losses(setting: Setting) -> Iterator[Observation]:
    for dtype in (torch.float64, torch.float32):
        gradients = []
        for loss in (_loss_out_of_place, _loss_in_place):
            w = leaf_tensor([[0.3, -0.2, 0.5], [0.1, 0.4, -0.6], [-0.7, 0.2, 0.9]], setting.device, dtype)
            x = leaf_tensor([[0.5, -1.0, 2.0], [1.5, 0.3, -0.4]], setting.device, dtype)
            loss(x, w).backward()
            gradients.append((gradient_of(x), gradient_of(w)))
        same = all(torch.equal(a, b) for a, b in zip(*gradients, strict=True))
        error = max(float((a - b).abs().max()) for a, b in zip(*gradients, strict=True))
        seen = "bit-equal gradients" if same else f"gradients differ by up to {error:.2g}"
        name = str(dtype).removeprefix("torch.")
        yield Observation(f"six in-place steps against the same loss out-of-place, {name}", seen, not same)


def accumulation(setting: Setting) -> Iterator[Observation]:
    w = leaf_tensor([1.0, 2.0], setting.device)
    (w * 3).sum().backward()
    place, version = gradient_of(w).data_ptr(), gradient_of(w)._version
    (w * w).sum().backward()
    kept = gradient_of(w).data_ptr() == place
    seen = f"{numbers(w.grad)}; written in place: {kept}, version counter {version} -> {gradient_of(w)._version}"
    yield Observation("w.grad after two backwards, 3 + 2w expected", seen, numbers(w.grad) != "5, 7")
    batches = torch.tensor([[0.1, -0.2], [0.5, 0.3], [0.2, 0.2], [-0.1, 0.4]], dtype=w.dtype, device=w.device)
    whole = leaf_tensor([1.0, 2.0], setting.device)
    (batches * whole).tanh_().sum().backward()
    parts = leaf_tensor([1.0, 2.0], setting.device)
    for batch in batches:
        (batch * parts).tanh_().sum().backward()
    same = torch.allclose(gradient_of(whole), gradient_of(parts), rtol=1e-12)
    seen = f"{numbers(parts.grad)} against {numbers(whole.grad)} of the whole batch"
    yield Observation("four micro-batches through tanh_", seen, not same)
    gradient_of(parts).zero_()
    (batches * parts).tanh_().sum().backward()
    seen = numbers(parts.grad)
    again = torch.allclose(gradient_of(whole), gradient_of(parts), rtol=1e-12)
    yield Observation("the whole batch again after grad.zero_()", seen, not again)
    w = leaf_tensor([1.0, 2.0], setting.device)
    (w * 3).sum().backward()
    place = gradient_of(w).data_ptr()
    (w * w).sum().backward(create_graph=True)
    kept = gradient_of(w).data_ptr() == place
    seen = f"{numbers(w.grad)}; written in place: {kept}"
    yield Observation("the second backward under create_graph", seen, numbers(w.grad) != "5, 7")
    w.grad = None  # it holds a graph that holds w


CLAIMS = (
    Claim(
        "higher-order",
        "higher-order gradients of in-place ops are inconsistent",
        "higher-order gradients become inconsistent",
        higher_order,
    ),
    Claim(
        "complex-losses",
        "losses of several in-place steps give other gradients than the same loss out-of-place",
        "complex losses break",
        complex_losses,
    ),
    Claim(
        "accumulation",
        "gradient accumulation is inconsistent where gradients are accumulated in place",
        "gradient accumulation is inconsistent",
        accumulation,
    ),
)
