"""Collect digests of all that a step leaves behind: two trials agree if all of these are equal to the bit."""

import gc
import hashlib
import random
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

import torch
from torch import nn

from benchmarks.advise.trials.birth_order import by_birth

#: A sum or a norm that differs by less than this share may differ by rounding alone.
NEAR = 1e-2
_DEEPEST = 8  #: levels of containers that are looked into


@dataclass
class Observed:
    """The digests of all that some executions left behind."""

    named: dict[str, str] = field(default_factory=dict)  #: digests by name
    unnamed: Counter[str] = field(default_factory=Counter)  #: how often each digest occurs among all living tensors
    sizes: dict[str, tuple[float, float]] = field(default_factory=dict)  #: by name of a tensor, its sum and norm
    unread_names: set[str] = field(default_factory=set)  #: the names whose values cannot be read
    lives_unread: bool = False  #: whether the values of any living tensor cannot be read

    def differences(self, other: "Observed") -> list[str]:
        """Return in words what differs, in the order in which it is collected; an empty list if nothing does."""
        found = self.named_differences(other)
        if self.unnamed != other.unnamed:
            found.append("a tensor that lives on after the step (in a list, a closure, an attribute or a hook)")
        return found

    @property
    def unread(self) -> str | None:
        """The first thing whose values cannot be read, and so are not compared; None if all can be read."""
        unnamed = "a tensor that lives on after the step" if self.lives_unread else None
        return next((name for name in self.named if name in self.unread_names), unnamed)

    def named_differences(self, other: "Observed") -> list[str]:
        """Return the names whose digests differ.

        A watched execution is compared by these alone: watching makes Python objects for tensors that have none.
        """
        names = [*self.named, *(name for name in other.named if name not in self.named)]
        return [name for name in names if self.named.get(name) != other.named.get(name)]

    def large_differences(self, other: "Observed") -> list[str]:
        """Return the names whose digests differ by more than rounding could explain (`NEAR`)."""
        return [name for name in self.named_differences(other) if not _is_near(self.sizes, other.sizes, name)]


def _is_near(one: Mapping[str, tuple[float, float]], other: Mapping[str, tuple[float, float]], name: str) -> bool:
    if name not in one or name not in other:
        return False
    (total, norm), (other_total, other_norm) = one[name], other[name]
    return abs(norm - other_norm) <= NEAR * norm and abs(total - other_total) <= NEAR * max(abs(total), norm)


def observe(seen: Observed, roots: Mapping[str, Any]) -> Observed:
    """Add digests of modules, optimizers, random states and all living tensors to `seen`, and return it.

    `seen`: holds what the executions returned. `roots`: by name, globals and closures of the user's code, which may
    hold plain values.
    """
    gc.collect()
    for name, module in modules_by_name().items():
        _put_module(seen, name, module)
    for number, optimizer in enumerate(by_birth(living_objects(torch.optim.Optimizer)), 1):
        state = optimizer.state_dict()
        for group in state["param_groups"]:
            for form in ("foreach", "fused"):  # how it updates: a trial may change just that
                group.pop(form, None)
        note_value(seen, f"state of optimizer {number}", state)
    for name, value in roots.items():
        note_value(seen, name, value)
    seen.named["random state of torch"], _ = digest(torch.get_rng_state())
    if torch.cuda.is_initialized():
        for number in range(torch.cuda.device_count()):
            seen.named[f"random state of cuda:{number}"], _ = digest(torch.cuda.get_rng_state(number))
    seen.named["random state of Python"] = _hashed(repr(random.getstate()).encode())
    if "numpy" in sys.modules:
        seen.named["random state of numpy"] = _hashed(repr(sys.modules["numpy"].random.get_state()).encode())
    for tensor in living_objects(torch.Tensor):
        found, is_read = digest(tensor)
        seen.unnamed[found] += 1
        seen.lives_unread |= not is_read
    return seen


def living_objects(kind: type) -> list[Any]:
    """Return all living objects of a class that Python's garbage collector knows, roughly in the order of their age."""
    return [each for each in gc.get_objects() if issubclass(type(each), kind)]


def modules_by_name() -> dict[str, nn.Module]:
    """Return the modules that no other one holds, by class name, with a number if several have the same class."""
    every = by_birth(living_objects(nn.Module))
    inner = {id(child) for module in every for child in module._modules.values() if child is not None}
    named: dict[str, nn.Module] = {}
    for module in every:
        if id(module) not in inner:
            name, number = type(module).__name__, 2
            while name in named:
                name, number = f"{type(module).__name__} {number}", number + 1
            named[name] = module
    return named


def _put_module(seen: Observed, name: str, module: nn.Module) -> None:
    for path, parameter in module.named_parameters():
        note_value(seen, f"gradient of {name}.{path}", parameter.grad)
    for path, value in [*module.named_parameters(), *module.named_buffers()]:
        note_value(seen, f"{name}.{path}", value)
    for path, inner in module.named_modules():
        for attribute, value in vars(inner).items():
            if not attribute.startswith("_") and attribute != "inplace":
                note_value(seen, f"attribute {name}.{path}.{attribute}".replace("..", "."), value)


def note_value(seen: Observed, name: str, value: Any) -> None:
    """Add the digests of a value, and of what it holds, to `seen` under `name`."""
    for where, (found, is_read), tensor in _digests(name, value, 0):
        seen.named[where] = found
        (seen.unread_names.discard if is_read else seen.unread_names.add)(where)
        if tensor is not None and tensor.is_floating_point() and tensor.layout == torch.strided:
            double = tensor.detach().cpu().double()  # not on a GPU, which the steps may have filled
            seen.sizes[where] = float(double.sum()), float(double.norm())


def _digests(name: str, value: Any, depth: int) -> Iterator[tuple[str, tuple[str, bool], torch.Tensor | None]]:
    """Yield the name of each plain value within a value, its digest as `digest` gives it, and the tensor that it is."""
    if isinstance(value, torch.Tensor):
        yield name, digest(value), value
        if value.grad_fn is None and value.requires_grad and value.grad is not None:
            yield f"gradient of {name}", digest(value.grad), value.grad
    elif value is None or isinstance(value, bool | int | float | complex | str | bytes):
        yield name, (repr(value), True), None
    elif type(value).__module__.split(".")[0] == "numpy" and hasattr(value, "tobytes"):
        yield name, (_hashed(value.tobytes()), True), None
    elif depth < _DEEPEST:
        for key, each in _within(value):
            yield from _digests(f"{name}{key}", each, depth + 1)


def _within(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        yield from ((f"[{key!r}]" if isinstance(key, str | int) else "[...]", each) for key, each in value.items())
    elif isinstance(value, list | tuple):
        yield from ((f"[{number}]", each) for number, each in enumerate(value))
    elif is_dataclass(value) and not isinstance(value, type):
        yield from ((f".{each.name}", getattr(value, each.name, None)) for each in fields(value))


def digest(tensor: torch.Tensor) -> tuple[str, bool]:
    """Return a tensor's dtype, shape and a hash of its values bit by bit, and whether its values can be read.

    If they cannot, "unread" is in the place of the hash. A tensor on the device `meta` has no values: its digest ends
    with "meta". Autograd may leave a tensor undefined: without dtype, shape and values.
    """
    try:
        head = str(tensor.dtype)[6:]
    except RuntimeError:
        return "undefined", True
    if not tensor.is_nested:
        head += str(list(tensor.shape))
    if type(tensor) in (torch.Tensor, nn.Parameter) and tensor.is_meta:  # it has no values
        return f"{head} meta", True
    with torch.no_grad():
        try:
            return f"{head} {' '.join(map(_hash_of, _plain_parts(tensor)))}", True
        except (RuntimeError, NotImplementedError, TypeError):  # such as a tensor without storage, or within vmap
            return f"{head} unread", False


def _plain_parts(tensor: torch.Tensor) -> list[torch.Tensor]:
    """Return dense tensors that hold all values of a tensor."""
    if tensor.is_nested:
        return [part for each in tensor.unbind() for part in (torch.tensor(each.shape), each)]
    if tensor.layout != torch.strided:
        return [tensor.to_dense()]
    return [tensor.int_repr(), tensor.dequantize()] if tensor.is_quantized else [tensor]


def _hash_of(tensor: torch.Tensor) -> str:
    plain = tensor.detach().resolve_conj().resolve_neg().cpu().contiguous().reshape(-1)
    return _hashed(plain.view(torch.uint8).numpy())


def _hashed(data: Any) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()
