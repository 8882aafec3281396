"""A variant's calls of torch, described so that the calls of two variants can be compared."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch

#: An op with its overload, and what each argument is.
Call = tuple[str, tuple[Any, ...]]

#: Tensors up to this size that a variant holds are distinguished by their values.
_MOST_BYTES = 2**20


def storage(t: torch.Tensor) -> int:
    """Return a number that is the same for tensors that share memory, as long as one of them lives."""
    return t.untyped_storage()._cdata


class CallLog:
    """The calls of one variant, each with a description of its arguments.

    A number is described by its value. A tensor is described by its dtype, shape, memory layout and origin: an input, a
    parameter, a state, the result of an earlier call, or a tensor that the variant holds, with its values. So
    `x.mul_(2)` and `x.mul_(3)` are different calls, and so are `a.add_(b)` and `b.add_(a)`.
    """

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self._names: dict[int, str] = {}
        self._alive: list[torch.Tensor] = []  # kept, so that no address is used for another storage
        self._made = 0

    def begin(self, roles: Mapping[str, Iterable[torch.Tensor]]) -> None:
        """Forget the calls so far. `roles`: tensors that both variants have in the same order, such as parameters."""
        self.calls.clear()
        self._names.clear()
        for role, some in roles.items():
            for place, t in enumerate(some):
                self._name(t, f"{role} {place}")

    def add(self, schema: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        """Note a call. Do it before the call is made, since a write may change a tensor's shape."""
        arguments = (*map(self._described, args), *((name, self._described(kwargs[name])) for name in sorted(kwargs)))
        self.calls.append((f"{schema.name}.{schema.overload_name}", arguments))

    def add_result(self, result: Any) -> None:
        """Note the tensors that the call made, which later calls may take as arguments."""
        for t in result if isinstance(result, list | tuple) else (result,):
            if isinstance(t, torch.Tensor):
                self._name(t, f"result {self._made}")
                self._made += 1

    def _name(self, t: torch.Tensor, name: str) -> None:
        if storage(t) not in self._names:
            self._names[storage(t)] = name
            self._alive.append(t)

    def _described(self, value: Any) -> Any:
        if isinstance(value, torch.Tensor):
            if storage(value) not in self._names:
                self._name(value, f"held: {_contents(value)}")
            where = (tuple(value.stride()), value.storage_offset()) if value.layout == torch.strided else ()
            return self._names[storage(value)], str(value.dtype), tuple(value.shape), where
        if isinstance(value, list | tuple):
            return tuple(map(self._described, value))
        is_plain = isinstance(value, bool | int | float | complex | str | torch.dtype | torch.device | None)
        return (type(value).__name__, repr(value) if is_plain else "")


def _contents(t: torch.Tensor) -> str:
    """Return a digest of a tensor's bytes as text; "large" if they are too many or cannot be read."""
    if t.layout != torch.strided or t.is_meta or t.is_quantized or t.nbytes > _MOST_BYTES:
        return "large"
    plain = t.detach().resolve_conj().resolve_neg().contiguous().reshape(-1).cpu()
    return str(hash(plain.view(torch.uint8).numpy().tobytes()))
