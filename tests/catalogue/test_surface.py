"""The in-place names are torch's own: every place that has some is searched, and nothing else is taken for one."""

import inspect

import pytest
import torch
from torch.nn import functional

from benchmarks.catalogue.surface import inplace_names

NAMES = inplace_names()


def test_every_method_of_a_tensor_that_ends_in_an_underscore_is_there():
    methods = [name for name in dir(torch.Tensor) if name.endswith("_") and not name.startswith("_")]
    assert len(methods) > 150
    assert set(methods) <= set(NAMES)
    assert all("tensor method" in NAMES[name] for name in methods)


def test_every_op_on_lists_is_there():
    foreach = {name for name in dir(torch) if name.startswith("_foreach_") and name.endswith("_")}
    assert len(foreach) >= 40
    assert foreach == {name for name, place in NAMES.items() if "foreach function" in place}


def test_every_flag_is_there_under_a_name_that_says_where():
    flagged = {name for name in NAMES if name.endswith("(inplace=)")}
    assert {name.split(".")[0] for name in flagged} == {"F", "nn"}
    for name in flagged:
        owner, _, attribute = name.removesuffix("(inplace=)").partition(".")
        function = getattr({"F": functional, "nn": torch.nn}[owner], attribute)
        assert "inplace" in inspect.signature(function).parameters
    for wanted in ("F.relu", "F.dropout3d", "F.threshold", "nn.ReLU", "nn.SiLU", "nn.Dropout2d", "nn.AlphaDropout"):
        assert f"{wanted}(inplace=)" in flagged


@pytest.mark.parametrize(
    "name, place",
    [
        ("add_", "tensor method"),
        ("map2_", "tensor method"),  # no schema
        ("gelu_", "aten schema"),  # neither a method nor a function
        ("mish_", "aten schema"),
        ("_coalesced_", "aten schema"),
        ("_fused_adam_", "aten schema"),  # writes lists, returns nothing
        ("celu_", "torch function"),
        ("F.leaky_relu_", "function of torch.nn.functional"),
        ("__iadd__", "operator of a tensor"),
        ("__ipow__", "operator of a tensor"),
        ("__itruediv__", "operator of a tensor"),
        ("__setitem__", "operator of a tensor"),
    ],
)
def test_each_place_is_searched(name, place):
    assert place in NAMES[name]


def test_operators_are_those_that_write_the_tensor():
    operators = {name for name, place in NAMES.items() if "operator" in place} - {"__setitem__"}
    assert len(operators) >= 13
    for name in operators:
        x = torch.full((3,), 5)
        x = x.double() if name in ("__itruediv__", "__idiv__") else x
        y = x
        assert getattr(x, name)(2) is y, name
        assert (y != 5).all(), name


@pytest.mark.parametrize(
    "name, why",
    [
        ("__init__", "no operator"),
        ("__int__", "no operator"),
        ("__iter__", "no operator"),
        ("__invert__", "returns a new tensor"),
        ("add", "returns a new tensor"),
        ("sort", "TorchScript's, writes a list"),
        ("set_data", "returns nothing"),
        ("all_reduce_", "not of aten"),
        ("MKLDNNClamp_", "not of aten"),
        ("F.gelu(inplace=)", "has no flag"),
        ("nn.GELU(inplace=)", "has no flag"),
        ("nn.Threshold", "named by its flag"),
    ],
)
def test_what_is_no_inplace_op_is_not_there(name, why):
    assert name not in NAMES, why


def test_a_name_stands_once_and_in_order():
    assert list(NAMES) == sorted(set(NAMES))
    for places in NAMES.values():
        found = places.split(", ")
        assert len(found) == len(set(found)) >= 1


def test_about_three_hundred():
    """305 in torch 2.13, 304 in 2.6: a search that finds much less has lost a place to look."""
    assert len(NAMES) >= 300
