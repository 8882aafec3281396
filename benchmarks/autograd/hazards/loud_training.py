"""Loud but confusing in training: optimizer steps, hooks, dropout."""

import contextlib
from collections.abc import Iterator

import torch
import torch.nn.functional as F

from benchmarks.autograd.evidence import Tensors, leaf_tensor, right_values
from benchmarks.autograd.hazards.hazard import Hazard
from benchmarks.autograd.record.findings import RAISES


def steps_interleaved(device: str) -> Tensors:
    g, d = leaf_tensor([0.5], device), leaf_tensor([0.3, 0.7], device)
    generator, discriminator = (torch.optim.SGD([w], lr=0.1, foreach=False) for w in (g, d))
    judged = torch.tanh(g * d).mean()
    judged.backward(retain_graph=True, inputs=[d])
    discriminator.step()  # writes weights that the generator's backward still needs
    (-judged).backward(inputs=[g])
    generator.step()
    return g.grad


def steps_last(device: str) -> Tensors:
    g, d = leaf_tensor([0.5], device), leaf_tensor([0.3, 0.7], device)
    generator, discriminator = (torch.optim.SGD([w], lr=0.1, foreach=False) for w in (g, d))
    judged = torch.tanh(g * d).mean()
    judged.backward(retain_graph=True, inputs=[d])
    (-judged).backward(inputs=[g])
    discriminator.step()
    generator.step()
    return g.grad


def _generator_gradient(device: str) -> Tensors:
    g, d = right_values(0.5), right_values(0.3, 0.7)
    return -((1 - torch.tanh(g * d) ** 2) * d).mean().view(1)


def backward_hook(device: str, inplace: bool = True) -> Tensors:
    first = torch.nn.Linear(2, 2, bias=False, dtype=torch.float64, device=device)
    first.load_state_dict({"weight": torch.tensor([[1.0, 2.0], [-3.0, 4.0]])})
    model = torch.nn.Sequential(first, torch.nn.ReLU(inplace=inplace))
    for module in model:
        module.register_full_backward_hook(lambda *_: None)
    x = leaf_tensor([[1.0, 0.5]], device)
    model(x).sum().backward()
    return x.grad


def backward_hook_out_of_place(device: str) -> Tensors:
    return backward_hook(device, inplace=False)


def dropout_after_relu(device: str, inplace: bool = True) -> Tensors:
    x = leaf_tensor([1.0, 2.0, 3.0, 4.0], device)
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


HAZARDS = (
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
        truth=lambda device: right_values(1.0, 2.0).view(1, 2),
        reference="github.com/pytorch/pytorch/issues/61519",
        last_known=RAISES,
        instead="nn.ReLU() out-of-place in hooked models, or a tensor hook on the output",
        rewrite=backward_hook_out_of_place,
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
)
