"""An alias dispatches to the op of its target."""

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from benchmarks.catalogue.excused import ALIASES, EXCUSED, METADATA
from tests.catalogue.excused.named import NAMES, inplace_callable, shipped


class Dispatched(TorchDispatchMode):
    """The overloads that reach a kernel, in order."""

    def __init__(self):
        super().__init__()
        self.ops = []

    def __torch_dispatch__(self, op, types, args=(), kwargs=None):
        self.ops.append(op)
        return op(*args, **(kwargs or {}))


def calls(name):
    """Arguments for every overload of a name that takes numbers and tensors: (positional, by keyword)."""
    if name.startswith("F."):
        return [((0.5, 0.25), {})]
    if name.startswith("__"):
        return [((0.5,), {})]
    values = {"Tensor": torch.linspace(0.3, 0.6, 12).view(3, 4), "number": 0.5, "int": 1, "Optional[str]": "floor"}
    values |= {"Optional[Tensor]": values["Tensor"], "Optional[number]": 0.5}
    found = []
    for schema in torch._C._jit_get_schemas_for_operator(f"aten::{name}"):
        # alpha by position is for C++ only
        further = [each for each in schema.arguments[1:] if each.name != "alpha" or each.kwarg_only]
        if str(schema.arguments[0].type) == "Tensor" and all(str(each.type) in values for each in further):
            ints = iter((0, 1))  # two different dimensions
            given = [(each, next(ints) if str(each.type) == "int" else values[str(each.type)]) for each in further]
            positional = tuple(value for each, value in given if not each.kwarg_only)
            found.append((positional, {each.name: value for each, value in given if each.kwarg_only}))
    return found


def dispatch(name, positional, keywords, offset=0.0):
    """What a call dispatches, and its result."""
    x = torch.linspace(0.1, 0.9, 12).view(3, 4) + offset
    with Dispatched() as seen:
        result = inplace_callable(name)(x, *positional, **keywords)
    assert result is x or name.startswith("F.")
    return seen.ops, result


@pytest.mark.parametrize("alias", shipped(ALIASES))
def test_an_alias_dispatches_to_the_op_of_its_target(alias):
    target, offset = ALIASES[alias], 1.0 if alias == "arccosh_" else 0.0
    assert calls(alias)
    for positional, keywords in calls(alias):
        ops, result = dispatch(alias, positional, keywords, offset)
        expected_ops, expected = dispatch(target, positional, keywords, offset)
        assert ops == expected_ops and len(ops) == 1
        assert torch.equal(result, expected) and result.isfinite().all()


def test_every_overload_of_an_alias_is_run():
    assert len(calls("divide_")) == 4  # a tensor or a number, with and without rounding
    assert len(calls("greater_")) == 2
    assert len(calls("clip_")) == 2


@pytest.mark.parametrize("one, other", [("sub_", "add_"), ("square_", "mul_"), ("gt_", "ge_")])
def test_ops_that_are_no_aliases_differ(one, other):
    positional = () if one == "square_" else (0.5,)
    assert dispatch(one, positional, {})[0] != dispatch(other, positional or (0.5,), {})[0]


def test_the_target_of_an_alias_is_measured_or_writes_nothing():
    for alias, target in ALIASES.items():
        assert target in NAMES and alias != target
        assert target not in EXCUSED or target in METADATA
