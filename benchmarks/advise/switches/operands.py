"""Find the operand of a call that a candidate would write."""

import ast
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any

import torch

from benchmarks.advise.switches.candidates import Candidate

#: Methods of tensors that return a number.
_NUMBER_METHODS = ("item", "size", "numel", "dim")


def operand_of(
    candidate: Candidate,
    func: Callable[..., Any],
    node: ast.expr,
    args: Sequence[Any],
    frame: FrameType,
    numbers: "Numbers",
) -> Any:
    """Return the argument of a call that a candidate would write; None if the call does not have it.

    `func`: the function of torch that was called with `args`. `node`: the expression of the call. `frame`: the
    frame that evaluates it.
    """
    if isinstance(node, ast.BinOp):
        tensors = [isinstance(each, torch.Tensor) for each in args[:2]]
        if tensors == [True, True]:
            left, right = args[:2]
            if func.__name__.startswith("__r"):
                left, right = right, left
        else:
            is_left = isinstance(node.right, ast.Constant)  # so the frame's variables are not needed
            right_is = not is_left and (func.__name__.startswith("__r") or numbers.is_number(node.left, frame))
            left, right = (None, args[0]) if right_is else (args[0], None)
        return left if candidate.operand == 1 else right
    if candidate.op == "where":
        _, *choices = args
        written, other = choices if candidate.operand == 2 else choices[::-1]
        return written if type(other) in (int, float) else None
    place = candidate.operand - 1
    return args[place] if len(args) > place else None


class Numbers:
    """Says which expressions are numbers; while `looks` is False, from what the variables were before."""

    def __init__(self) -> None:
        self.looks = True  #: before Python 3.13, looking keeps the values of variables alive
        self._seen: dict[ast.expr, set[bool]] = {}

    def is_number(self, node: ast.expr, frame: FrameType) -> bool:
        """Whether an expression, which `frame` evaluates, is certainly a number."""
        seen = self._seen.setdefault(node, set())
        if self.looks or len(seen) != 1:
            seen.add(found := _is_number(node, frame))
            return found
        return next(iter(seen))


def _is_number(node: ast.expr, frame: FrameType) -> bool:
    """Whether an expression is certainly a number, judged by its form and by the values of variables."""
    if isinstance(node, ast.UnaryOp):
        return _is_number(node.operand, frame)
    if isinstance(node, ast.BinOp):
        return _is_number(node.left, frame) and _is_number(node.right, frame)
    if isinstance(node, ast.Call):
        return _gives_number(node)
    if isinstance(node, ast.Subscript):
        return isinstance(node.value, ast.Attribute) and node.value.attr == "shape"
    value = _value(node, frame)
    return isinstance(value, int | float | complex)


def _gives_number(node: ast.Call) -> bool:
    if isinstance(node.func, ast.Attribute):
        return node.func.attr in _NUMBER_METHODS or getattr(node.func.value, "id", "") == "math"
    return getattr(node.func, "id", "") in ("len", "float", "int", "round")


def _value(node: ast.expr, frame: FrameType) -> Any:
    """Return the value of a constant, a variable, or an attribute of one; None for all that would run code."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        return frame.f_locals.get(node.id, frame.f_globals.get(node.id))
    if isinstance(node, ast.Attribute):
        return getattr(_value(node.value, frame), "__dict__", {}).get(node.attr)
    return None
