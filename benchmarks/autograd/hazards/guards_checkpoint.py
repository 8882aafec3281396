"""Guards for checkpoints whose body ends with a write: gradients that older versions lost."""

import torch
from torch.utils.checkpoint import checkpoint

from benchmarks.autograd.evidence import Tensors, leaf_tensor, right_values
from benchmarks.autograd.hazards.hazard import Hazard
from benchmarks.autograd.record.findings import FIXED, GUARD

_ISSUES = "github.com/pytorch/pytorch/issues"

_VALUES = [[[0.0, 1.0, 2.0, 5.0], [3.0, 1.0, 4.0, 1.0]]]


def checkpointed_view(device: str) -> Tensors:
    x = leaf_tensor(_VALUES, device)
    model = torch.nn.Sequential(torch.nn.InstanceNorm1d(2), torch.nn.ReLU(inplace=True))
    y = checkpoint(model, x, use_reentrant=True)  # its result is a view written in place
    (y * torch.arange(4.0, device=device)).sum().backward()
    return x.grad


def _not_checkpointed(device: str) -> Tensors:
    x = leaf_tensor(_VALUES, device)
    model = torch.nn.Sequential(torch.nn.InstanceNorm1d(2), torch.nn.ReLU())
    (model(x) * torch.arange(4.0, device=device)).sum().backward()
    return x.grad


def checkpointed_slice(device: str) -> Tensors:
    w = leaf_tensor(1.0, device)
    x = leaf_tensor([0.0] * 5, device)
    checkpoint(lambda x: (x + w)[:].relu_(), x, use_reentrant=True).sum().backward()
    return w.grad


HAZARDS = (
    Hazard(
        "checkpointed-view",
        "checkpoint lost the gradient where the body ends with an in-place op on a view",
        GUARD,
        checkpointed_view,
        truth=_not_checkpointed,
        reference=f"{_ISSUES}/26546",
        last_known=FIXED,
    ),
    Hazard(
        "checkpointed-slice",
        "checkpoint lost the gradient of a captured weight where the body writes a slice",
        GUARD,
        checkpointed_slice,
        truth=lambda device: right_values(5.0).squeeze(),
        reference=f"{_ISSUES}/36383",
        last_known=FIXED,
    ),
)
