"""What an op does to its arguments, as its schema says, and where the schema keeps it to itself."""

from collections.abc import Iterable, Iterator
from typing import Any

import torch

#: In-place ops that do not need what they overwrite.
_OVERWRITES = {
    *("copy_", "fill_", "zero_", "set_", "resize_", "eye_", "bernoulli_", "cauchy_", "exponential_", "geometric_"),
    *("log_normal_", "normal_", "random_", "uniform_"),
}
#: Ops that write arguments which their schemas do not mark, where `training` (the argument of this name) is true.
_UNMARKED = {
    "aten::native_batch_norm": ("running_mean", "running_var"),
    "aten::cudnn_batch_norm": ("running_mean", "running_var"),
    "aten::miopen_batch_norm": ("running_mean", "running_var"),
}


def written_tensors(schema: Any, args: tuple, kwargs: dict) -> Iterator[torch.Tensor]:
    """The tensors that an op's schema says it writes: of an in-place op, of `out=`."""
    for argument, value in _given(schema, args, kwargs):
        if argument.alias_info is not None and argument.alias_info.is_write:
            yield from flat_tensors((value,))


def unmarked_writes(schema: Any, args: tuple, kwargs: dict) -> Iterator[torch.Tensor]:
    """The tensors that an op writes though its schema does not say so: batch norm's running statistics."""
    names = _UNMARKED.get(schema.name)
    if names is None:
        return
    given = {argument.name: value for argument, value in _given(schema, args, kwargs)}
    if given.get("training", given.get("train")):
        yield from flat_tensors(given.get(name) for name in names)


def read_tensors(schema: Any, args: tuple, kwargs: dict) -> Iterator[torch.Tensor]:
    """The tensors whose elements an op reads: not those it overwrites, nor those it only makes views of."""
    overwrites = schema.name.split("::")[-1] in _OVERWRITES
    for argument, value in _given(schema, args, kwargs):
        alias = argument.alias_info
        if alias is None or (alias.is_write and not overwrites and not argument.is_out):
            yield from flat_tensors((value,))


def number_operands(schema: Any, args: tuple, kwargs: dict) -> int:
    """How many numbers stand where the op takes tensors: `x * 2.0`. Torch makes a tensor of each."""
    given = _given(schema, args, kwargs)
    return sum(isinstance(value, int | float | complex) and str(argument.type) == "Tensor" for argument, value in given)


def counted(func: Any, args: tuple, kwargs: dict) -> Any:
    """Run an op that writes lists of tensors, and move their version counters where it does not.

    On a CPU it writes by ops on each tensor, which move them, but not below a dispatch mode.
    """
    written = [(t, t._version) for t in written_tensors(func._schema, args, kwargs) if not t.is_inference()]
    result = func(*args, **kwargs)
    for t, version in written:
        if t._version == version:
            torch.autograd.graph.increment_version(t)
    return result


def flat_tensors(values: Iterable[Any]) -> Iterator[torch.Tensor]:
    """The tensors among values, in lists and tuples too."""
    for value in values:
        if isinstance(value, torch.Tensor):
            yield value
        elif isinstance(value, list | tuple):
            yield from flat_tensors(value)


def _given(schema: Any, args: tuple, kwargs: dict) -> Iterator[tuple[Any, Any]]:
    for place, argument in enumerate(schema.arguments):
        yield argument, args[place] if place < len(args) else kwargs.get(argument.name)
