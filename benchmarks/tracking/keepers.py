"""What keeps a tensor's memory alive after the recording: a variable, an attribute, a list, an autograd graph."""

import gc
import sys
from collections.abc import Callable, Iterable, Mapping
from types import CellType, FrameType, FunctionType, ModuleType
from typing import Any, TypeVar

import torch

from benchmarks.tracking.lives import Packed

K = TypeVar("K")

_GRAPH = "an autograd graph"
_DEPTH = 3  #: how many containers, one in another, are named


def holders_of(
    storages: Iterable[K], storage_of: Callable[[torch.Tensor], K | None], kept: Any = None
) -> dict[K, list[str]]:
    """Return for each storage, in words, what holds its tensors.

    It looks at all Python objects. `storage_of` says which storage a tensor has. Tensors in `kept`, such as the result
    of the code, are not looked at. If no Python object holds a storage, an autograd graph holds it.
    """
    known = {id(t) for t in _tensors_in(kept)}
    found: dict[K, list[str]] = {each: [] for each in storages}
    tensors = [each for each in gc.get_objects() if isinstance(each, torch.Tensor) and id(each) not in known]
    ours = {id(tensors)}
    search = _Search(_variables(sys._getframe(1), ours), ours)
    for t in tensors:
        storage = storage_of(t)
        if storage is not None and storage in found:
            found[storage] += [name for name in search.holders(t, _DEPTH) if name not in found[storage]]
    return {storage: names or [_GRAPH] for storage, names in found.items()}


def _tensors_in(value: Any) -> list[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    return [t for each in value for t in _tensors_in(each)] if isinstance(value, list | tuple) else []


def _variables(frame: FrameType | None, ours: set[int]) -> dict[int, str]:
    """Return the variables of all functions that run, in words, by the id of the object that they hold.

    The garbage collector does not see them. Up to Python 3.12 a frame keeps the dict of `f_locals` once it was read;
    that dict is added to `ours`. The dict of a module's frame is its namespace and stays.
    """
    found: dict[int, str] = {}
    while frame is not None:
        if frame.f_locals is not frame.f_globals:
            ours.add(id(frame.f_locals))
        for name, value in frame.f_locals.items():
            found.setdefault(id(value), f"variable {name!r} of {frame.f_code.co_name}()")
        frame = frame.f_back
    return found


class _Search:
    """A search for holders. It is a class without closures: a closure would be found as another holder."""

    def __init__(self, variables: Mapping[int, str], ours: set[int]) -> None:
        self._variables, self._ours = variables, ours

    def holders(self, held: Any, depth: int) -> list[str]:
        """Return what refers to an object, in words, with up to `depth` containers around it."""
        names = [self._variables[id(held)]] if id(held) in self._variables else []
        referrers = gc.get_referrers(held)
        self._ours.add(id(referrers))
        for referrer in referrers:
            if id(referrer) not in self._ours and not isinstance(referrer, FrameType):
                names += self._named(referrer, held, depth)
        return list(dict.fromkeys(names))

    def _named(self, referrer: Any, held: Any, depth: int) -> list[str]:
        if isinstance(referrer, Packed):
            return [_GRAPH]
        if isinstance(referrer, CellType):
            return ["a variable that a function closes over"]
        if isinstance(referrer, dict):
            key = _key_of(referrer, held)
            owner = _owner_of(referrer)
            if owner is not None:
                return [_attribute(owner, key)]
            return self._within(f"entry {key!r} of a dict", referrer, depth)
        if isinstance(referrer, list | tuple | set):
            return self._within(f"an element of a {type(referrer).__name__}", referrer, depth)
        return [f"a {type(referrer).__name__}"]

    def _within(self, what: str, container: Any, depth: int) -> list[str]:
        outer = self.holders(container, depth - 1) if depth else []
        return [f"{what} ({name})" for name in outer] or [what]


def _key_of(mapping: dict, held: Any) -> Any:
    for key, value in mapping.items():
        if value is held:
            return key
    return "?"


def _owner_of(namespace: dict) -> Any:
    """Return the object whose attributes a dict holds; None if it is an ordinary dict."""
    for each in gc.get_referrers(namespace):
        if getattr(each, "__dict__", None) is namespace:
            return each
    return None


def _attribute(owner: Any, key: Any) -> str:
    if isinstance(owner, ModuleType | FunctionType | type):
        return f"{key!r} of {owner.__name__}"
    return f"attribute {key!r} of a {type(owner).__name__}"
