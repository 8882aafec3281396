"""Find the ways to write one call in place, from the function that Python called and from its expression."""

import ast
import functools
import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn import functional

from benchmarks.advise.source.rewrite import Source
from benchmarks.advise.trials.built_parts import LivingParts
from benchmarks.advise.user.question import SourcePlace
from benchmarks.catalogue import families
from benchmarks.source_text import TextEdit

#: The kinds of site.
OPERATOR, METHOD, FUNCTION, FLAG = "operator", "method", "function", "flag"

#: Out of place, these ops save their operand for backward. In place they save their result, so torch copies nothing.
SAVE_RESULT = ("leakyrelu", "elu", "celu", "selu", "rrelu")
#: Ops whose second operand can be written as well: `a.add(b)` as `b.add_(a)`.
_SWAPPED = ("add", "mul")
#: Ops that compute their gradient from the result when they are in place: it differs in the last digits.
BY_RESULT = ("elu", "celu", "selu")


@dataclass(frozen=True)
class Candidate:
    """One way to write one expression in place. `operand`: the number of the operand that is written, from 1."""

    place: SourcePlace
    kind: str
    op: str  #: the op by its out-of-place name
    operand: int
    edit: TextEdit
    expression: str
    replacement: str
    written: ast.expr  #: the expression of the operand that is written
    before: tuple[ast.expr, ...] = ()  #: expressions that are evaluated before the operand now, and after it then

    @property
    def rounds(self) -> bool:
        """Whether the gradient differs in the last digits after this switch."""
        return self.op in BY_RESULT

    @property
    def edits(self) -> tuple[tuple[str, TextEdit], ...]:
        """The file that changes, and its edit, for a trial and for the patch."""
        return ((self.place.file, self.edit),)

    def apply(self, parts: LivingParts) -> None:
        """Do nothing: this switch changes only code."""


@functools.cache
def inplace_methods() -> frozenset[str]:
    """Return the names of the in-place tensor methods that form a pair of the catalogue, such as `relu_`.

    Random pairs, and pairs that overwrite their operand without reading it, are left out.
    """
    pairs = [pair for family in families().values() for pair in family if not pair.random and not pair.overwrites]
    names = {name for pair in pairs for name in pair.names if "." not in name and name.endswith("_")}
    return frozenset(name for name in names if not name.startswith("_") and hasattr(torch.Tensor, name))


@functools.cache
def flag_argument(function: Callable[..., Any]) -> int | None:
    """Return the position of the argument `inplace` of a function of `torch.nn.functional`; None if it has none."""
    if not inspect.isfunction(function) or getattr(functional, function.__name__, None) is not function:
        return None
    names = list(inspect.signature(function).parameters)
    return names.index("inplace") if "inplace" in names else None


def candidates_of(source: Source, node: ast.expr, func: Callable[..., Any], direct: bool) -> list[Candidate]:
    """Return all ways to write in place the expression `node`, which called `func`; an empty list if there is none.

    `direct`: the expression called `func` itself, not through another function of torch.
    """
    made = list(_edits(source, node, func, direct))
    expression = " ".join(source.text(node).split())
    start, end = source.span(node)
    return [
        Candidate(
            source.place(node),
            kind,
            op,
            operand,
            edit,
            expression,
            " ".join(source.edited([edit], start, end).split()),
            written,
            tuple(before),
        )
        for kind, op, operand, edit, written, before in made
        if edit is not None
    ]


Made = tuple[str, str, int, "TextEdit | None", ast.expr, Sequence[ast.expr]]


def _edits(source: Source, node: ast.expr, func: Callable[..., Any], direct: bool) -> Iterator[Made]:
    name = getattr(func, "__name__", "")
    if isinstance(node, ast.BinOp):
        op = type(node.op).__name__.lower()
        yield OPERATOR, op, 1, source.binary(node, 1), node.left, ()
        yield OPERATOR, op, 2, source.binary(node, 2), node.right, (node.left,)
    elif isinstance(node, ast.UnaryOp):
        yield OPERATOR, type(node.op).__name__.lower(), 1, source.unary(node), node.operand, ()
    elif isinstance(node, ast.Call) and _names(node) == name:
        yield from _of_call(source, node, func, name, direct)


def _names(node: ast.Call) -> str | None:
    """Return the name of the function or method in a call; None if the called expression has no name."""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else None


def _of_call(source: Source, node: ast.Call, func: Callable[..., Any], name: str, direct: bool) -> Iterator[Made]:
    twin = f"{name}_"
    if direct and inspect.ismethoddescriptor(func):
        if twin in inplace_methods() and isinstance(node.func, ast.Attribute):
            first = node.func.value
            yield METHOD, name, 1, source.renamed(node), first, ()
            if name in _SWAPPED and len(node.args) == 1 and not node.keywords:
                yield METHOD, name, 2, source.swapped(node, first, node.args[0], twin), node.args[0], (first,)
        return
    if not node.args or isinstance(node.args[0], ast.Starred):
        return
    place = flag_argument(func)
    if place is not None:
        if len(node.args) <= place and not any(isinstance(each, ast.Starred) for each in node.args):
            yield FUNCTION, name, 1, source.flagged(node), node.args[0], ()
    elif name == "where" and len(node.args) == 3:
        yield FUNCTION, name, 2, source.masked(node, 2), node.args[1], (node.args[0],)
        yield FUNCTION, name, 3, source.masked(node, 3), node.args[2], node.args[:2]
    elif twin in inplace_methods():
        of_torch = isinstance(node.func, ast.Attribute) and source.text(node.func.value) == "torch"
        edit = source.renamed(node) if of_torch and hasattr(torch, twin) else source.called(node, twin)
        yield FUNCTION, name, 1, edit, node.args[0], ()
        if name in _SWAPPED and len(node.args) == 2 and not node.keywords:
            yield (
                FUNCTION,
                name,
                2,
                source.swapped(node, node.args[0], node.args[1], twin),
                node.args[1],
                (node.args[0],),
            )
