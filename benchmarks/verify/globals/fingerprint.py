"""The globals of this process as they are now, and the differences between two moments."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from benchmarks.record.reason import typed_line
from benchmarks.verify.globals.namespaces import NAMESPACES, replaced
from benchmarks.verify.globals.python_globals import PYTHON
from benchmarks.verify.globals.system_globals import SYSTEM
from benchmarks.verify.globals.torch_globals import TORCH

READERS: dict[str, Callable[[], Any]] = {**TORCH, **PYTHON, **SYSTEM}

#: Characters shown of a changed value.
_LONGEST_VALUE = 100


@dataclass(frozen=True)
class Fingerprint:
    """All globals at one moment: values, compared for equality, and names, compared by identity of their objects."""

    values: Mapping[str, Any]  #: by the global's name
    names: tuple[Mapping[str, object], ...]  #: in the order of NAMESPACES


def fingerprint() -> Fingerprint:
    """Return every global of READERS and NAMESPACES as it is now. It takes less than a millisecond."""
    return Fingerprint({name: _value(read) for name, read in READERS.items()}, tuple(dict(vars(n)) for n in NAMESPACES))


def _value(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except Exception as error:  # a case may leave a global unreadable: the error counts as its value
        return typed_line(error)


def changes(before: Fingerprint, after: Fingerprint) -> list[str]:
    """Return the differences, an item per global, such as "default dtype (torch.float32, then torch.float64)"."""
    found = []
    for name, old in before.values.items():
        new = after.values[name]
        if old != new:
            found.append(f"{name} ({_difference(old, new)})")
    for space, old, new in zip(NAMESPACES, before.names, after.names, strict=True):
        if old != new and (names := replaced(space, old, new)):
            found.append(f"{_name(space)} ({', '.join(names)})")
    return found


def _difference(old: Any, new: Any) -> str:
    if isinstance(old, dict) and isinstance(new, dict):
        keys = [key for key in {**old, **new} if old.get(key) != new.get(key)]
        return ", ".join(map(str, keys))
    return f"{str(old)[:_LONGEST_VALUE]}, then {str(new)[:_LONGEST_VALUE]}"


def _name(space: ModuleType | type) -> str:
    return f"{space.__module__}.{space.__qualname__}" if isinstance(space, type) else space.__name__
