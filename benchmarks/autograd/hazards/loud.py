"""Loud but confusing: right programs that raise, and errors that name the wrong thing."""

import contextlib
from collections.abc import Iterator

import torch
import torch.nn.functional as F

from benchmarks.autograd.evidence import Tensors, leaf
from benchmarks.autograd.findings import RAISES
from benchmarks.autograd.hazards.hazard import Hazard


def own_element(device: str) -> Tensors:
    x = leaf([1.0, 2.0], device)
    a = x * 1
    a[0] = a[1].sin()  # sin saves a[1], and one counter serves the whole storage
    a.sum().backward()
    return x.grad


def copied_element(device: str) -> Tensors:
    x = leaf([1.0, 2.0], device)
    a = x * 1
    a[0] = a[1].clone().sin()
    a.sum().backward()
    return x.grad


def steps_interleaved(device: str) -> Tensors:
    g, d = leaf([0.5], device), leaf([0.3, 0.7], device)
    generator, discriminator = (torch.optim.SGD([w], lr=0.1, foreach=False) for w in (g, d))
    judged = torch.tanh(g * d).mean()
    judged.backward(retain_graph=True, inputs=[d])
    discriminator.step()  # writes weights that the generator's backward still needs
    (-judged).backward(inputs=[g])
    generator.step()
    return g.grad


def steps_last(device: str) -> Tensors:
    g, d = leaf([0.5], device), leaf([0.3, 0.7], device)
    generator, discriminator = (torch.optim.SGD([w], lr=0.1, foreach=False) for w in (g, d))
    judged = torch.tanh(g * d).mean()
    judged.backward(retain_graph=True, inputs=[d])
    (-judged).backward(inputs=[g])
    discriminator.step()
    generator.step()
    return g.grad


def _generator_gradient(device: str) -> Tensors:
    g, d = torch.tensor([0.5], dtype=torch.float64), torch.tensor([0.3, 0.7], dtype=torch.float64)
    return -((1 - torch.tanh(g * d) ** 2) * d).mean().view(1)


def backward_hook(device: str, inplace: bool = True) -> Tensors:
    first = torch.nn.Linear(2, 2, bias=False, dtype=torch.float64, device=device)
    first.load_state_dict({"weight": torch.tensor([[1.0, 2.0], [-3.0, 4.0]])})
    model = torch.nn.Sequential(first, torch.nn.ReLU(inplace=inplace))
    for module in model:
        module.register_full_backward_hook(lambda *_: None)
    x = leaf([[1.0, 0.5]], device)
    model(x).sum().backward()
    return x.grad


def backward_hook_out_of_place(device: str) -> Tensors:
    return backward_hook(device, inplace=False)


def square_by_itself(device: str) -> Tensors:
    x = leaf([1.0, 2.0], device)
    h = x * 3
    h *= h  # both operands are what is being overwritten
    h.sum().backward()
    return x.grad


def square_in_place(device: str) -> Tensors:
    x = leaf([1.0, 2.0], device)
    h = x * 3
    h.square_()
    h.sum().backward()
    return x.grad


def residual_after_relu(device: str) -> Tensors:
    x = leaf([1.0, -2.0], device)
    h = F.relu(x * 2)
    h += x  # relu needs its result
    h.sum().backward()
    return x.grad


def residual_before_relu(device: str) -> Tensors:
    x = leaf([1.0, -2.0], device)
    h = F.relu(x * 2)
    h = h + x
    h.sum().backward()
    return x.grad


def dropout_after_relu(device: str, inplace: bool = True) -> Tensors:
    x = leaf([1.0, 2.0, 3.0, 4.0], device)
    with _seeded(device):
        F.dropout(F.relu(x * 1), 0.5, training=True, inplace=inplace).sum().backward()
    return x.grad


def dropout_out_of_place(device: str) -> Tensors:
    return dropout_after_relu(device, inplace=False)


@contextlib.contextmanager
def _seeded(device: str) -> Iterator[None]:
    with torch.random.fork_rng(devices=[] if device == "cpu" else [device]):
        torch.manual_seed(0)
        yield


def _kept_elements(device: str) -> Tensors:
    with _seeded(device):
        return F.dropout(torch.ones(4, dtype=torch.float64, device=device), 0.5)


def foreach_by_tensor(device: str) -> Tensors:
    x, y, s = leaf([1.0, 2.0], device), leaf([3.0, 4.0], device), leaf(2.0, device)
    results = torch._foreach_mul([x, y], s)
    sum(result.sum() for result in results).backward()
    return x.grad, y.grad, s.grad


def foreach_by_tensor_in_place(device: str) -> Tensors:
    x, y, s = leaf([1.0, 2.0], device), leaf([3.0, 4.0], device), leaf(2.0, device)
    results = [x * 1, y * 1]
    torch._foreach_mul_(results, s)
    sum(result.sum() for result in results).backward()
    return x.grad, y.grad, s.grad


def _tensor(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


HAZARDS = (
    Hazard(
        "own-element",
        "a[0] = a[1].sin() raises though a[1] is not written: one version counter serves the whole storage",
        RAISES,
        own_element,
        truth=lambda device: torch.stack([torch.zeros(()).double(), 1 + torch.tensor(2.0).double().cos()]),
        reference="github.com/pytorch/pytorch/issues/114505",
        last_known=RAISES,
        instead="a[0] = a[1].clone().sin()",
        rewrite=copied_element,
    ),
    Hazard(
        "steps-interleaved",
        "a GAN steps the discriminator before the generator's backward: the error names a weight, not step()",
        RAISES,
        steps_interleaved,
        truth=_generator_gradient,
        last_known=RAISES,
        instead="both backwards first, then both steps (or judge the fakes again after the first step)",
        rewrite=steps_last,
    ),
    Hazard(
        "backward-hook",
        "a full backward hook makes a module's input and output views: in-place activations refuse them",
        RAISES,
        backward_hook,
        truth=lambda device: _tensor(1.0, 2.0).view(1, 2),
        reference="github.com/pytorch/pytorch/issues/61519",
        last_known=RAISES,
        instead="nn.ReLU() out-of-place in hooked models, or a tensor hook on the output",
        rewrite=backward_hook_out_of_place,
    ),
    Hazard(
        "square-by-itself",
        "h *= h raises where h.square_() works: mul needs both old operands, and one of them is gone",
        RAISES,
        square_by_itself,
        truth=lambda device: 18 * _tensor(1.0, 2.0),
        last_known=RAISES,
        instead="h.square_(), or h = h * h",
        rewrite=square_in_place,
    ),
    Hazard(
        "residual-after-relu",
        "h = relu(..); h += x raises at backward: relu saved its result (in ResNets before torchvision #807)",
        RAISES,
        residual_after_relu,
        truth=lambda device: _tensor(3.0, 1.0),
        reference="github.com/pytorch/vision/issues/807",
        last_known=RAISES,
        instead="h = h + x, or add before relu_",
        rewrite=residual_before_relu,
    ),
    Hazard(
        "dropout-after-relu",
        "dropout(inplace=True) after relu raises at backward: it writes the result that relu saved",
        RAISES,
        dropout_after_relu,
        truth=_kept_elements,
        reference="github.com/pytorch/pytorch/issues/92927",
        last_known=RAISES,
        instead="dropout out-of-place after relu",
        rewrite=dropout_out_of_place,
    ),
    Hazard(
        "foreach-by-tensor",
        "_foreach_mul of two tensors by a tensor that requires grad cannot run backward, where the in-place form can",
        RAISES,
        foreach_by_tensor,
        truth=lambda device: (_tensor(2.0, 2.0), _tensor(2.0, 2.0), torch.tensor(10.0).double()),
        reference="github.com/pytorch/pytorch/issues/144580",
        last_known=RAISES,
        instead="the in-place form on copies, or a loop",
        rewrite=foreach_by_tensor_in_place,
    ),
)
