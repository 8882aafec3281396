"""Tensors nested in a scenario's inputs and results: in lists, tuples, mappings and dataclasses."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import torch


def flat(value: Any) -> tuple[torch.Tensor, ...]:
    """The tensors of a result at any depth, in order: a mapping's values, a dataclass's fields.

    Everything else in it (numbers, None, caches of other kinds) is left out.
    """
    if isinstance(value, torch.Tensor):
        return (value,)
    if isinstance(value, list | tuple):
        return tuple(t for each in value for t in flat(each))
    return tuple(t for each in _entries(value).values() for t in flat(each))


def paths(value: Any, path: str = "") -> tuple[str, ...]:
    """The path of each tensor of `flat(value)`: 'logits', 'hidden[2]', '[0]'; '' for a single tensor."""
    if isinstance(value, torch.Tensor):
        return (path,)
    return tuple(found for name, each in _steps(value, path) for found in paths(each, name))


def _steps(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, list | tuple):
        yield from ((f"{path}[{place}]", each) for place, each in enumerate(value))
    else:
        yield from ((f"{path}.{name}" if path else name, each) for name, each in _entries(value).items())


def _entries(value: Any) -> dict[str, Any]:
    """The entries of a mapping or a dataclass by name. (transformers' ModelOutput is both, and omits None.)"""
    if isinstance(value, Mapping):
        return {str(key): each for key, each in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: getattr(value, each.name, None) for each in fields(value)}
    return {}


def mapped(value: Any, change: Callable[[torch.Tensor], torch.Tensor]) -> Any:
    """The same tuple, list or dict with `change` applied to each tensor; everything else stays as it is."""
    if isinstance(value, torch.Tensor):
        return change(value)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(mapped(each, change) for each in value))
    if isinstance(value, list | tuple):
        return type(value)(mapped(each, change) for each in value)
    return {key: mapped(each, change) for key, each in value.items()} if isinstance(value, dict) else value


def unpacking(call: Callable[..., Any], inputs: Any) -> Callable[[Any], Any]:
    """`call` as a function of one argument: a tuple is unpacked to arguments, a dict to keyword arguments.

    For one tensor or a list it is `call` itself, so that no frame around it is timed.
    """
    if isinstance(inputs, tuple):
        return lambda prepared: call(*prepared)
    return (lambda prepared: call(**prepared)) if isinstance(inputs, dict) else call
