"""Tensors that a variant keeps besides its result, parameters and buffers: features in an attribute, a list or a hook.

An in-place op on a tensor that was kept also writes what is kept, and no result shows that.
"""

from collections.abc import Iterator, Sequence
from types import FunctionType, MethodType
from typing import Any

import torch

from benchmarks.catalogue.scenarios.scenario import Built

#: How many nested containers are looked into.
_DEPTH = 4
#: Attributes of a module with its parameters, its state and other modules.
_REGISTERED = ("_parameters", "_buffers", "_modules")


def kept_tensors(built: Built, state: Sequence[torch.Tensor] = ()) -> dict[str, torch.Tensor]:
    """Return the tensors that a variant keeps, by where they are: 'block.features', 'hook of block[0]'.

    For a call that is not a module, they include those that its function closes over. Declared parameters and state are
    left out, and so is `state`, the state that was found.
    """
    known = {id(t) for t in (*built.parameters, *built.state, *built.read, *state)}
    found = dict(_of_modules(built.module)) if built.module is not None else {}
    if built.call is not built.module:
        found |= dict(_within("the call", built.call, _DEPTH))
    return {path: t for path, t in found.items() if id(t) not in known and not isinstance(t, torch.nn.Parameter)}


def _of_modules(module: torch.nn.Module) -> Iterator[tuple[str, torch.Tensor]]:
    for name, each in module.named_modules():
        for attribute, value in vars(each).items():
            path = f"{name}.{attribute}" if name else attribute
            if "_hooks" in attribute:
                yield from _within(f"hook of {name or 'the module'}", list((value or {}).values()), _DEPTH)
            elif attribute not in _REGISTERED:
                yield from _within(path, value, _DEPTH)


def _within(path: str, value: Any, depth: int) -> Iterator[tuple[str, torch.Tensor]]:
    if isinstance(value, torch.Tensor):
        if value.layout == torch.strided and not value.is_quantized and not value.is_meta:
            yield path, value
    elif depth and isinstance(value, list | tuple):
        for place, each in enumerate(value):
            yield from _within(f"{path}[{place}]", each, depth - 1)
    elif depth and isinstance(value, dict):
        for key, each in value.items():
            yield from _within(f"{path}[{key!r}]", each, depth - 1)
    elif depth and isinstance(value, MethodType):
        yield from _within(path, value.__func__, depth)
    elif depth and isinstance(value, FunctionType):
        names = value.__code__.co_freevars
        for name, cell in zip(names, value.__closure__ or (), strict=True):
            try:
                yield from _within(f"{path}, {name}", cell.cell_contents, depth - 1)
            except ValueError:  # an empty cell
                continue
