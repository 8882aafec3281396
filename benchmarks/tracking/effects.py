"""What an op does to its arguments: what its schema says, and what some ops do although no schema says so."""

from collections.abc import Iterable, Iterator
from typing import Any

import torch

#: In-place ops that do not read the tensor which they overwrite.
_OVERWRITES = {
    *("copy_", "fill_", "zero_", "set_", "resize_", "eye_", "bernoulli_", "cauchy_", "exponential_", "geometric_"),
    *("log_normal_", "normal_", "random_", "uniform_"),
}
#: Ops that write arguments which their schemas do not mark as written. They do so if their argument `training` is true.
_UNMARKED = {
    "aten::native_batch_norm": ("running_mean", "running_var"),
    "aten::cudnn_batch_norm": ("running_mean", "running_var"),
    "aten::miopen_batch_norm": ("running_mean", "running_var"),
}


def written_tensors(schema: Any, args: tuple, kwargs: dict) -> Iterator[torch.Tensor]:
    """Yield the tensors that an op writes according to its schema: those of an in-place op, and of `out=`."""
    for argument, value in _arguments(schema, args, kwargs):
        if argument.alias_info is not None and argument.alias_info.is_write:
            yield from flat_tensors((value,))


def unmarked_writes(schema: Any, args: tuple, kwargs: dict) -> Iterator[torch.Tensor]:
    """Yield the tensors that an op writes although its schema does not say so: running statistics of batch norm."""
    names = _UNMARKED.get(schema.name)
    if names is None:
        return
    values = {argument.name: value for argument, value in _arguments(schema, args, kwargs)}
    if values.get("training", values.get("train")):
        yield from flat_tensors(values.get(name) for name in names)


def read_tensors(schema: Any, args: tuple, kwargs: dict) -> Iterator[torch.Tensor]:
    """Yield the tensors whose elements an op reads, not those that it overwrites or only makes views of."""
    overwrites = schema.name.split("::")[-1] in _OVERWRITES
    for argument, value in _arguments(schema, args, kwargs):
        alias = argument.alias_info
        if alias is None or (alias.is_write and not overwrites and not argument.is_out):
            yield from flat_tensors((value,))


def number_operands(schema: Any, args: tuple, kwargs: dict) -> int:
    """Return how many numbers are given where the op takes tensors, as in `x * 2.0`. Torch makes a tensor of each."""
    return sum(
        isinstance(value, int | float | complex) and str(argument.type) == "Tensor"
        for argument, value in _arguments(schema, args, kwargs)
    )


def run_moving_versions(func: Any, args: tuple, kwargs: dict) -> Any:
    """Run an op that writes lists of tensors, and return its result. Move the version counters that it did not move.

    On the CPU such an op calls another op per tensor, which moves the counter, but not below a dispatch mode.
    """
    written = [(t, t._version) for t in written_tensors(func._schema, args, kwargs) if not t.is_inference()]
    result = func(*args, **kwargs)
    for t, version in written:
        if t._version == version:
            torch.autograd.graph.increment_version(t)
    return result


def flat_tensors(values: Iterable[Any]) -> Iterator[torch.Tensor]:
    """Yield the tensors among these values, also those in lists and tuples."""
    for value in values:
        if isinstance(value, torch.Tensor):
            yield value
        elif isinstance(value, list | tuple):
            yield from flat_tensors(value)


def _arguments(schema: Any, args: tuple, kwargs: dict) -> Iterator[tuple[Any, Any]]:
    """Yield each argument of the schema with its value in this call; None if the call does not give it."""
    for place, argument in enumerate(schema.arguments):
        yield argument, args[place] if place < len(args) else kwargs.get(argument.name)
