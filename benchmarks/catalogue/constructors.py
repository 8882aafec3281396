"""Constructors of pairs for torch's in-place interfaces other than tensor methods: one line per pair."""

import functools
import operator
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from benchmarks.catalogue.pair import NO_GRAPH, Pair
from benchmarks.catalogue.statement import call
from benchmarks.record.versions import release


def with_flag(function: Callable[..., Any], **fields: Any) -> Pair:
    """A functional op with an `inplace=` flag, under the function's own name."""
    name = function.__name__.lstrip("_")  # F.threshold calls itself _threshold
    covers = (f"F.{name}(inplace=)", *([f"{name}_"] if hasattr(torch.ops.aten, f"{name}_") else []))
    return Pair(
        outofplace=functools.partial(function, inplace=False),
        inplace=functools.partial(function, inplace=True),
        **{"name": name, "covers": covers, **fields},
    )


def direct(name: str, **fields: Any) -> Pair:
    """A functional op's own in-place function, such as `F.elu_`: the same kernel without the flag's Python code."""
    operands = ["x", *map(repr, fields.get("args", ()))]
    return Pair(
        f"F.{name}_",
        outofplace=getattr(functional, name),
        inplace=getattr(functional, f"{name}_"),
        covers=(f"F.{name}_",),
        code=(call(f"F.{name}", operands, {}), call(f"F.{name}_", operands, {})),
        **fields,
    )


def module(kind: type[nn.Module], *args: Any, **fields: Any) -> Pair:
    """A module class with an `inplace=` flag, in training mode, as models use it."""
    name = f"nn.{kind.__name__}"
    shown = list(map(repr, args))
    return Pair(
        name,
        outofplace=kind(*args, inplace=False),
        inplace=kind(*args, inplace=True),
        covers=(f"{name}(inplace=)",),
        code=(call(name, shown, {"inplace": False}) + "(x)", call(name, shown, {"inplace": True}) + "(x)"),
        **fields,
    )


def augmented(name: str, symbol: str, **fields: Any) -> Pair:
    """`x += other` against `x = x + other`; `name` as in Python's operator module: `iadd`."""
    plain = {"iand": "and_", "ior": "or_"}.get(name, name[1:])
    return Pair(
        name,
        outofplace=getattr(operator, plain),
        inplace=getattr(operator, name),
        covers=(f"__{name}__",),
        code=(f"x = x {symbol} other", f"x {symbol}= other"),
        **{"others": ("real",), **fields},
    )


def fill(op: str, outofplace: Callable[..., Any], code: str, **fields: Any) -> Pair:
    """An op that overwrites its input without reading it, against a function that makes such a tensor."""
    names = ["other"] * len(fields.get("others", ()))
    statement = call(f"x.{op}_", [*names, *map(repr, fields.get("args", ()))], fields.get("kwargs", {}))
    return Pair(
        op,
        outofplace=outofplace,
        inplace=getattr(torch.Tensor, f"{op}_"),
        covers=(f"{op}_",),
        code=(code, statement),
        phases=NO_GRAPH,
        overwrites=True,
        **fields,
    )


def foreach(op: str, outofplace: Callable[..., Any] | None = None, code: str = "", **fields: Any) -> Pair:
    """`torch._foreach_<op>_` over the parameters of a small transformer, as optimizers call it."""
    name = f"_foreach_{op}"
    lists = [f"others{i}" if i > 1 else "others" for i in range(1, len(fields.get("others", ())) + 1)]
    operands = ["xs", *lists, *map(repr, fields.get("args", ()))]
    return Pair(
        f"foreach_{op}",
        outofplace=outofplace or torch_function(name),
        inplace=_returning_its_input(torch_function(f"{name}_")),
        shape="parameters",
        covers=(f"{name}_",),
        code=(code or call(f"torch.{name}", operands, {}), call(f"torch.{name}_", operands, {})),
        **fields,
    )


def torch_function(name: str) -> Callable[..., Any]:
    """`torch.<name>`; in a torch without it a stand-in whose `lacking` says so."""
    return getattr(torch, name, None) or Absent(name)


class Absent:
    """Stands in for a function of other torch versions: its pair is skipped, with `lacking` as the reason."""

    def __init__(self, name: str) -> None:
        self.lacking = f"torch {release(torch.__version__)} has no torch.{name}"

    def __call__(self, *operands: Any) -> Any:
        raise NotImplementedError(self.lacking)


def _returning_its_input(function: Callable[..., None]) -> Callable[..., Any]:
    """Make a foreach op return its input: in place they return None."""

    def write(xs: Sequence[torch.Tensor], *operands: Any) -> Sequence[torch.Tensor]:
        function(xs, *operands)
        return xs

    write.lacking = getattr(function, "lacking", None)
    return write
