"""Every in-place name of the installed torch: what the catalogue must measure or excuse."""

import inspect
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import torch
from torch.nn import functional

METHOD = "tensor method"
SCHEMA = "aten schema"
FUNCTION = "torch function"
FOREACH = "foreach function"
FLAG = "inplace argument of a function"
FUNCTIONAL = "function of torch.nn.functional"
MODULE = "inplace argument of a module"
OPERATOR = "operator of a tensor"


def inplace_names() -> dict[str, str]:
    """Every in-place name of this torch and where it was found, in alphabetical order.

    `add_` is a tensor method or an aten op, whichever torch has; `_foreach_add_` an op on a list of tensors;
    `F.relu(inplace=)` and `nn.ReLU(inplace=)` a flag; `F.relu_` a function; `x += y` calls `__iadd__` and `x[i] = y`
    calls `__setitem__`. Not included: `out=`, and functions built on these names, such as `torch.nn.init`,
    `torch.nn.utils.clip_grad_norm_` and optimizers.
    """
    places: dict[str, list[str]] = {}
    for name, place in _names_and_places():
        known = places.setdefault(name, [])
        if place not in known:
            known.append(place)
    return {name: ", ".join(places[name]) for name in sorted(places)}


def _names_and_places() -> Iterator[tuple[str, str]]:
    yield from ((name, METHOD) for name in _functions(torch.Tensor) if not name.startswith("_"))
    yield from ((name, SCHEMA) for name in written_by_aten())
    for name in _functions(torch):
        yield name, FOREACH if name.startswith("_foreach_") else FUNCTION
    yield from ((f"F.{name}(inplace=)", FLAG) for name in _with_flag(functional, inspect.isroutine))
    yield from ((f"F.{name}", FUNCTIONAL) for name in _functions(functional))
    yield from ((f"nn.{name}(inplace=)", MODULE) for name in _with_flag(torch.nn, _is_module))
    yield from ((name, OPERATOR) for name in _operators())


def _functions(owner: Any) -> list[str]:
    """The callables whose names end in `_`, without dunders and classes."""
    return [
        name
        for name in dir(owner)
        if name.endswith("_") and not name.endswith("__") and inspect.isroutine(getattr(owner, name))
    ]


def written_by_aten() -> list[str]:
    """The aten ops that write the tensor `self` and return it, or write the tensors of the list `self`.

    Ops on lists return nothing. TorchScript's own list methods (`sort`, `remove`) write a list, not its tensors; their
    names do not end in `_`.
    """
    names = []
    for schema in torch._C._jit_get_all_schemas():
        space, _, name = schema.name.partition("::")
        first = schema.arguments[0] if schema.arguments else None
        if space != "aten" or first is None or first.name != "self" or not _is_written(first):
            continue
        is_tensor = str(first.type) == "Tensor" and any(_is_written(result) for result in schema.returns)
        if is_tensor or (str(first.type) == "List[Tensor]" and name.endswith("_")):
            names.append(name)
    return names


def _is_written(argument: Any) -> bool:
    return argument.alias_info is not None and argument.alias_info.is_write


def _is_module(value: Any) -> bool:
    return inspect.isclass(value) and issubclass(value, torch.nn.Module)


def _with_flag(owner: ModuleType, wanted: Callable[[Any], bool]) -> list[str]:
    return [name for name, value in inspect.getmembers(owner, wanted) if _has_flag(value)]


def _has_flag(function: Callable[..., Any]) -> bool:
    try:
        return "inplace" in inspect.signature(function).parameters
    except ValueError:  # functions written in C have no readable signature, and no such flag
        return False


def _operators() -> list[str]:
    """`__setitem__`, and the in-place variant of every binary operator: `__iadd__` with `__add__`.

    Requiring both leaves out `__init__`, `__int__`, `__iter__` and the like. `__idiv__` was Python 2's division: torch
    keeps it, in some versions without `__div__`.
    """
    names = [name for name in dir(torch.Tensor) if name.startswith("__i") and hasattr(torch.Tensor, f"__{name[3:]}")]
    return ["__setitem__", *names]
