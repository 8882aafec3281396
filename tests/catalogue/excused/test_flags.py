"""A flag that is excused does nothing; every other is heeded."""

import inspect
import math

import pytest
import torch
from torch.nn import functional

from benchmarks.catalogue.excused import IGNORED_FLAGS
from tests.catalogue.excused.named import NAMES, shipped


def ramp(*shape):
    """From -2 to 2: every activation changes some of it."""
    return torch.linspace(-2, 2, math.prod(shape)).view(shape)


def flagged(name):
    """A call of what has the flag, with it, in training, on an input of its dimensions: (input, result)."""
    owner, _, attribute = name.removesuffix("(inplace=)").partition(".")
    function = getattr({"F": functional, "nn": torch.nn}[owner], attribute)
    args = (0.25, 0.75) if attribute.lstrip("_").lower() == "threshold" else ()
    spatial = {"dropout2d": 2, "dropout3d": 3}.get(attribute.lower(), 1)
    x = ramp(2, 3, *[4] * spatial)
    if owner == "nn":
        return x, function(*args, inplace=True).train()(x)
    training = {"training": True} if "training" in inspect.signature(function).parameters else {}
    return x, function(x, *args, **training, inplace=True)


@pytest.mark.parametrize("name", shipped(IGNORED_FLAGS))
def test_an_ignored_flag_leaves_the_input_alone(name):
    x, result = flagged(name)
    assert result.untyped_storage().data_ptr() != x.untyped_storage().data_ptr()
    assert torch.equal(x, ramp(*x.shape))
    assert not torch.equal(x, result)


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith("(inplace=)") and name not in IGNORED_FLAGS])
def test_every_other_flag_is_heeded(name):
    x, result = flagged(name)
    assert result is x
    assert not torch.equal(x, ramp(*x.shape))
