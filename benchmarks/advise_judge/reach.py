"""All values after a step, bit for bit: those of its result, and all that can be reached from the step.

Only the judge uses this code; it shares nothing with the advisor's own comparison.
"""

import types
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from typing import Any

import numpy
import torch
from torch import nn

#: Path of a tensor or a number -> its dtype, its shape and its bits.
Bits = dict[str, bytes]

_PLAIN = (bool, int, float, complex, str, bytes, type(None))


def bits_of(step: Callable[[], Any], namespace: Mapping[str, Any], result: Any) -> Bits:
    """Return all values that can be reached after a step, by their paths.

    They are those of its result, of the step's own objects, of the file's globals (`namespace`), gradients included,
    and torch's random state.
    """
    found: Bits = {"random state": torch.get_rng_state().numpy().tobytes()}
    seen: set[int] = set()
    own = {
        name: value
        for name, value in namespace.items()
        if not name.startswith("__") and not isinstance(value, (type, types.ModuleType))
    }
    for name, value in (("result", result), ("step", step), ("globals", own)):
        for path, bits in _values(value, name, seen, namespace):
            found[path] = bits
    return found


def _values(value: Any, path: str, seen: set[int], namespace: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
    if isinstance(value, _PLAIN):
        yield path, repr(value).encode()
        return
    if id(value) in seen and not isinstance(value, (torch.Tensor, numpy.ndarray)):
        return
    seen.add(id(value))
    if isinstance(value, torch.Tensor):
        yield path, _tensor_bits(value)
        if value.is_leaf and value.grad is not None:
            yield f"{path}.grad", _tensor_bits(value.grad)
    elif isinstance(value, numpy.ndarray):
        yield path, f"{value.dtype} {value.shape}".encode() + value.tobytes()
    else:
        for name, each in _parts(value, namespace):
            yield from _values(each, f"{path}.{name}", seen, namespace)


def _tensor_bits(tensor: torch.Tensor) -> bytes:
    flat = tensor.detach().contiguous().reshape(-1)
    data = flat.view(torch.uint8) if flat.numel() and flat.dtype != torch.bool else flat
    return f"{tensor.dtype} {tuple(tensor.shape)} {tensor.requires_grad}".encode() + data.numpy().tobytes()


def _parts(value: Any, namespace: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Return the parts of an object, each with a name that is the same in every run."""
    if isinstance(value, torch.optim.Optimizer):
        order = [parameter for group in value.param_groups for parameter in group["params"]]
        return [(f"state{i}", dict(value.state.get(p, {}))) for i, p in enumerate(order)]
    if isinstance(value, Mapping):
        return [(str(key), each) for key, each in value.items() if isinstance(key, (str, int))]
    if isinstance(value, (Sequence, Set)):
        return [(str(i), each) for i, each in enumerate(value)]
    if isinstance(value, types.MethodType):
        return [("self", value.__self__), ("function", value.__func__)]
    if isinstance(value, types.FunctionType):
        cells = zip(value.__code__.co_freevars, value.__closure__ or (), strict=True)
        return [(name, cell.cell_contents) for name, cell in cells]
    is_own = type(value).__module__ == namespace.get("__name__")  # a class of the file
    if isinstance(value, nn.Module):
        more = [name for name in vars(value) if not name.startswith("_")] if is_own else []
        return [(name, vars(value)[name]) for name in (*_OF_MODULES, *more)]
    if is_own:
        names = [*getattr(value, "__dict__", {}), *getattr(type(value), "__slots__", ())]
        return [(name, getattr(value, name)) for name in names if hasattr(value, name)]
    return []


#: Attributes of torch's own modules that count. The others are constants, or the flag that is switched.
_OF_MODULES = ("_parameters", "_buffers", "_modules", "training")
