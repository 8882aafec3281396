"""Errors that torch raises at a write itself, or in a backward that cannot run: their lines and their reasons."""

import ast
import re
from collections.abc import Iterator
from types import FrameType
from typing import Any

import torch

from benchmarks.explain.conflicts import REJECTED, Conflict, OpPlace, op_place
from benchmarks.explain.source import expression_at
from benchmarks.tracking.recorder import Recorder
from benchmarks.tracking.site import site_of_error

#: Parts of torch's messages, and for each why torch refuses.
_REASONS = (
    (
        r"a view of a leaf Variable",
        "the tensor is a view of a leaf that requires grad: its old values are those that gradients are asked for",
    ),
    (
        r"a leaf Variable that requires grad",
        "the tensor is a leaf that requires grad: its old values are those that the gradient is asked for",
    ),
    (
        r"BackwardHookFunction",
        "a full backward hook on this module makes its input and output views, which cannot be written",
    ),
    (
        r"has been modified inplace",
        "the tensor is a view that a custom function returned, and its memory was written past that backward",
    ),
    (
        r"returns multiple views",
        "the tensor is one of several views that one op made (split, chunk, unbind): a write would need them all",
    ),
    (
        r"created inside a custom Function",
        "the tensor is a view that a custom function made: its backward would be lost",
    ),
    (
        r"created in (no_grad|inference) mode",
        "the tensor is a view made without a graph: torch does not know its history",
    ),
    (r"single memory location", "what is read and what is written share memory, or elements of the result share it"),
    (r"doesn't match the broadcast shape|there exists a Tensor", "the result is larger than the tensor to be written"),
    (r"can't be cast to the desired output type", "the result has a dtype that the tensor written cannot hold"),
    (r"Inplace update to inference tensor", "the tensor was made in inference mode, and keeps no version"),
    (
        r"In-place \w+ backward calculation",
        "in place, only the result is left to compute the gradient from, and with a negative slope it does not "
        "have the sign of the input",
    ),
    (r"marked as dirty during the forward", "what a custom function writes and marks dirty, it has to return as well"),
)


def rejection(error: BaseException, recorder: Recorder) -> Conflict | None:
    """Return the error that ended a program as a finding; None if it is not about writes or backward."""
    found = site_of_error(error)
    if found is None or not isinstance(error, RuntimeError):
        return None
    site, frame = found
    text = str(error)
    why = next((why for pattern, why in _REASONS if re.search(pattern, text)), "")
    latest = recorder.latest
    if latest is not None and latest.forward is not None and _is_within_backward(error):
        made = op_place(latest.forward)
        raised = OpPlace(latest.node, site, latest.module)
        return Conflict(REJECTED, made, (), raised, why or f"the backward of {latest.forward.name} raised")
    if not why:
        return None
    return _of_call(OpPlace(_op_of(site), site, recorder.modules.failed), frame, why, text, recorder)


def _of_call(raised: OpPlace, frame: FrameType, why: str, text: str, recorder: Recorder) -> Conflict:
    assert raised.site is not None
    operands = list(_tensors_of(expression_at(raised.site), frame))
    life = recorder.life_of(operands[0]) if operands else None
    made = _maker(operands[0], recorder) if operands else None
    latest = life.latest_write if life is not None else None
    if latest is not None and re.search("has been modified inplace|marked as dirty", text):
        written = op_place(latest.call)
        assert written is not None
        return Conflict(REJECTED, made, (written,), raised, why)
    return Conflict(REJECTED, made, (raised,), None, why)


def _maker(t: torch.Tensor, recorder: Recorder) -> OpPlace | None:
    try:
        call = recorder.forward_of(t.grad_fn) if t.grad_fn is not None else None
    except RuntimeError:  # a view whose history torch refuses to show
        call = None
    if call is not None:
        return op_place(call)
    life = recorder.life_of(t)
    return op_place(life.made_by) if life is not None else None


def _is_within_backward(error: BaseException) -> bool:
    """Return whether the error came through torch's autograd engine, so from `backward` or `grad`."""
    traceback, within = error.__traceback__, False
    while traceback is not None:
        name = traceback.tb_frame.f_code.co_name
        within = within or name == "_engine_run_backward"
        traceback = traceback.tb_next
    return within


def _op_of(site: Any) -> str:
    node = expression_at(site)
    if isinstance(node, ast.Call):
        return node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func)
    if isinstance(node, ast.AugAssign):
        return f"`{ast.unparse(node)}`"
    return "assignment" if isinstance(node, ast.Subscript) else "an in-place op"


def _tensors_of(node: ast.AST | None, frame: FrameType) -> Iterator[torch.Tensor]:
    """Yield the tensors in the variables that an expression names, in their order: the first is the written one.

    No code is called to find them.
    """
    names = [each for each in ast.walk(node) if isinstance(each, ast.Name)] if node is not None else []
    for each in sorted(names, key=lambda name: (name.lineno, name.col_offset)):
        value = frame.f_locals.get(each.id, frame.f_globals.get(each.id))
        if isinstance(value, torch.Tensor):
            yield value
