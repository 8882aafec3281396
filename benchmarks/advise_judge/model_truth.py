"""The best switches of a step file that a user wrote: every expression of its source is tried, by brute force."""

import ast
import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch.nn import functional

from benchmarks.advise_judge.step_files import StepOutcome, step_outcome

_OPERATORS = {ast.Add: ("add_", 2), ast.Mult: ("mul_", 2), ast.Sub: ("sub_", 1), ast.Div: ("div_", 1)}
_FLAGS = {name for name in dir(torch.nn) if "inplace" in getattr(getattr(torch.nn, name), "__constants__", ())}
_FLAGS |= {"Dropout", "SiLU", "Hardswish", "Hardsigmoid", "Mish"}

#: The place of an expression (line, first column, column after the last), and the operand that is written, from 0.
Tried = tuple[int, int, int, int]


class _Switched(ast.NodeTransformer):
    """Rewrites the chosen expressions as in-place ones."""

    def __init__(self, chosen: Mapping[Tried, ast.expr]) -> None:
        self._chosen = {key[:3]: key[3] for key in chosen}

    def visit(self, node: ast.AST) -> ast.AST:
        found = self._chosen.get(_place_of(node)) if isinstance(node, ast.BinOp | ast.Call) else None
        node = self.generic_visit(node)
        if found is None or not isinstance(node, ast.BinOp | ast.Call):
            return node
        return _in_place(node, found)


@dataclass(frozen=True)
class ModelTruth:
    """What brute force finds in a file: how many switches were tried, how many are safe, and the best set of them."""

    tried: int
    safe: int
    best: tuple[str, ...]  #: line, expression and operand of each
    saved_bytes: int  #: how many bytes lower the peak is with the best set


def model_truth(folder: Path, module: str, function: str, scratch: Path) -> ModelTruth:
    """Try every expression of a file, on the file's own inputs only, and return what was found.

    `scratch`: a folder that is made for the changed file.
    """
    source = (folder / f"{module}.py").read_text(encoding="utf-8")
    found = dict(_candidates(ast.parse(source)))
    original = step_outcome(folder, module, function)
    scratch.mkdir()
    for file in folder.glob("*.py"):
        (scratch / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")

    def saved(chosen: Mapping[Tried, ast.expr]) -> int | None:
        """Return how many bytes lower the peak is with these switches; None if the step then gives other values."""
        tree = _Switched(chosen).visit(ast.parse(source))
        (scratch / f"{module}.py").write_text(ast.unparse(ast.fix_missing_locations(tree)), encoding="utf-8")
        left: StepOutcome = step_outcome(scratch, module, function)
        return original.peaks[-1] - left.peaks[-1] if left.digests == original.digests else None

    alone = {key: saved({key: node}) for key, node in found.items()}
    safe = sorted((key for key, bytes_ in alone.items() if bytes_ is not None), key=lambda key: -(alone[key] or 0))
    best, most = _grown({key: found[key] for key in safe}, saved)
    texts = tuple(f"{key[0]}: {ast.unparse(node)} ({key[3] + 1})" for key, node in sorted(best.items()))
    return ModelTruth(len(found), len(safe), texts, most)


def _grown(safe: Mapping[Tried, ast.expr], saved: Callable[[Mapping[Tried, ast.expr]], int | None]) -> tuple[dict, int]:
    """Return the best set found, and the bytes that it saves: switches safe together, none of which saves nothing."""
    chosen: dict[Tried, ast.expr] = {}
    most = 0
    for key, node in safe.items():
        if not any(key[:3] == other[:3] for other in chosen):
            more = {**chosen, key: node}
            if (bytes_ := saved(more)) is not None and bytes_ >= most:
                chosen, most = more, bytes_
    for key in list(chosen):
        fewer = {each: node for each, node in chosen.items() if each != key}
        if (bytes_ := saved(fewer)) is not None and bytes_ >= most:
            chosen, most = fewer, bytes_
    return chosen, most


def _place_of(node: ast.expr) -> tuple[int, int, int]:
    return node.lineno, node.col_offset, node.end_col_offset or 0


def _candidates(tree: ast.AST) -> Iterator[tuple[Tried, ast.expr]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp | ast.Call):
            for operand in range(_operands(node)):
                yield (*_place_of(node), operand), node


def _operands(node: ast.BinOp | ast.Call) -> int:
    """Return how many operands of an expression can be written in place."""
    if isinstance(node, ast.BinOp):
        return _OPERATORS.get(type(node.op), ("", 0))[1]
    if not isinstance(node.func, ast.Attribute):
        return 0
    owner = node.func.value.id if isinstance(node.func.value, ast.Name) else ""
    name = node.func.attr
    if owner == "nn":
        return int(name in _FLAGS)
    if owner == "F":
        code = getattr(getattr(functional, name), "__code__", None)  # a built-in function has none
        return int(code is not None and "inplace" in inspect.getargs(code).args)
    return int(hasattr(torch.Tensor, f"{name}_") and name not in _NOT_OPS)


#: Methods whose name with `_` does something else than the same op in place.
_NOT_OPS = {"requires_grad", "set", "normal", "random", "unsqueeze", "squeeze", "transpose", "t", "swapaxes", "detach"}


def _in_place(node: ast.BinOp | ast.Call, operand: int) -> ast.expr:
    if isinstance(node, ast.BinOp):
        operands = [node.left, node.right]
        written = operands.pop(operand)
        method = ast.Attribute(written, _OPERATORS[type(node.op)][0], ast.Load())
        return ast.copy_location(ast.Call(method, operands, []), node)
    assert isinstance(node.func, ast.Attribute)
    owner = node.func.value.id if isinstance(node.func.value, ast.Name) else ""
    if owner in ("nn", "F"):
        node.keywords.append(ast.keyword("inplace", ast.Constant(True)))
    elif owner == "torch":
        node.func = ast.Attribute(node.args[0], f"{node.func.attr}_", ast.Load())
        node.args = node.args[1:]
    else:
        node.func.attr += "_"
    return node
