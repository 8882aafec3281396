"""What programs show: gradients as short text, errors in one line, the source of a program."""

import inspect
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import torch

from benchmarks.measure.machine_errors import is_the_machines
from benchmarks.record.reason import filled_lines

Tensors = torch.Tensor | None | Sequence[torch.Tensor | None]
Result = TypeVar("Result")

_ROOT = Path(__file__).resolve().parents[2]
_MOST = 6  #: numbers shown per tensor


class NotAvailable(RuntimeError):
    """A program needs something that this torch, device or machine lacks; the message is the reason."""


def leaf_tensor(values: Any, device: str, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    """A tensor that requires grad."""
    return torch.tensor(values, dtype=dtype, device=device, requires_grad=True)


def gradient_of(x: torch.Tensor) -> torch.Tensor:
    """The gradient that backward left on a leaf."""
    assert x.grad is not None, "backward left no gradient"
    return x.grad


def right_values(*values: float) -> torch.Tensor:
    """The right values, in float64 on the CPU, with which gradients are compared."""
    return torch.tensor(values, dtype=torch.float64)


def numbers(tensors: Tensors) -> str:
    """Tensors as short text: `2, 1`; several separated by `; `; no gradient is `none`."""
    if tensors is None or isinstance(tensors, torch.Tensor):
        tensors = [tensors]
    return "; ".join("none" if tensor is None else _numbers(tensor) for tensor in tensors)


def _numbers(tensor: torch.Tensor) -> str:
    values = tensor.detach().cpu().flatten().tolist()
    shown = ", ".join(f"{value:.4g}" for value in values[:_MOST])
    return shown + (f", ... ({len(values)} in all)" if len(values) > _MOST else "")


def program_error_text(error: BaseException) -> str:
    """An error in one line."""
    lines = filled_lines(error)
    said = " ".join(lines[:2]) if lines and lines[0].endswith(":") else "".join(lines[:1])
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def result_of(program: Callable[[], Result]) -> Result | RuntimeError:
    """What `program` returns, or the RuntimeError of torch that it raises.

    Raises NotAvailable if the error is the machine's: running out of memory says nothing about what torch refuses.
    """
    try:
        return program()
    except NotAvailable:
        raise
    except RuntimeError as error:
        if is_the_machines(error):
            raise NotAvailable(f"could not be asked here: {program_error_text(error)}") from error
        return error


def error_of(program: Callable[[], Any]) -> RuntimeError | None:
    """The RuntimeError of torch that `program` raises, or None. Raises NotAvailable like `result_of`."""
    result = result_of(program)
    return result if isinstance(result, RuntimeError) else None


def source(program: Callable) -> str:
    """The program's source code."""
    return textwrap.dedent(inspect.getsource(program))


def source_file(program: Callable) -> str:
    """The file of the program, from the repository's root."""
    path = Path(inspect.getsourcefile(program) or "").resolve()
    return (path.relative_to(_ROOT) if path.is_relative_to(_ROOT) else Path(path.name)).as_posix()


def place(program: Callable) -> str:
    """Where the program is, as file:line."""
    return f"{source_file(program)}:{inspect.getsourcelines(program)[1]}"
