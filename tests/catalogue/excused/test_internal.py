"""An internal name is not for users, and serves what its excuse says."""

import pytest
import torch
from torch.autograd.profiler import profile
from torch.nn import functional

from benchmarks.catalogue.excused import INTERNAL
from tests.catalogue.excused.named import shipped


def is_for_users(name):
    """Not private by name, and a method or the twin of an out-of-place variant."""
    bare = name.removeprefix("F.")
    return not bare.startswith("_") and (hasattr(torch.Tensor, bare) or hasattr(torch, bare.removesuffix("_")))


@pytest.mark.parametrize("name", shipped(INTERNAL))
def test_an_internal_name_is_not_for_users(name):
    assert not is_for_users(name)


def test_public_names_are_for_users():
    assert all(map(is_for_users, ("add_", "copy_", "dropout_", "celu_")))


def step(optimizer):
    weight = torch.ones(3, requires_grad=True)
    weight.grad = torch.ones(3)
    optimizer([weight], lr=0.1, fused=True).step()


def scaled_step():
    weight = torch.ones(3, requires_grad=True)
    scaler, optimizer = torch.amp.GradScaler("cpu"), torch.optim.SGD([weight], lr=0.1)
    scaler.scale(weight.sum()).backward()
    scaler.step(optimizer)
    scaler.update()


CALLERS = {
    "_amp_foreach_non_finite_check_and_unscale_": scaled_step,
    "_amp_update_scale_": scaled_step,
    "_fused_adagrad_": lambda: step(torch.optim.Adagrad),
    "_fused_adam_": lambda: step(torch.optim.Adam),
    "_fused_adamw_": lambda: step(torch.optim.AdamW),
    "_fused_sgd_": lambda: step(torch.optim.SGD),
    "_index_put_impl_": lambda: torch.ones(3).index_put_((torch.tensor([0]),), torch.tensor(2.0)),
    "_sobol_engine_ff_": lambda: torch.quasirandom.SobolEngine(2).fast_forward(2),
    "_sobol_engine_initialize_state_": lambda: torch.quasirandom.SobolEngine(2),
    "_sobol_engine_scramble_": lambda: torch.quasirandom.SobolEngine(2, scramble=True),
    "embedding_renorm_": lambda: functional.embedding(torch.tensor([0]), torch.ones(2, 2), max_norm=1.0),
}


@pytest.mark.parametrize("name", shipped(CALLERS))
def test_an_internal_op_serves_what_its_excuse_says(name):
    with profile() as seen:
        CALLERS[name]()
    assert f"aten::{name}" in {event.name for event in seen.function_events}
