"""Find how to write out of place a call that is in place in the user's code."""

import ast
import inspect
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn import functional

from benchmarks.advise.source.rewrite import BINARY, Source
from benchmarks.advise.switches.candidates import BY_RESULT, FUNCTION, METHOD, OPERATOR, flag_argument, inplace_methods
from benchmarks.advise.trials.built_parts import LivingParts
from benchmarks.advise.user.question import SourcePlace
from benchmarks.source_text import TextEdit

#: The usual names of torch's modules in source, and the modules.
_MODULES: dict[str, Any] = {"torch": torch, "F": functional, "functional": functional, "nn.functional": functional}
#: Expressions that need no parentheses as an operand.
_PLAIN = (ast.Name, ast.Attribute, ast.Call, ast.Subscript, ast.Constant)


@dataclass(frozen=True)
class OutOfPlace:
    """One call that is in place, and the edits that write it out of place.

    The edits do not overlap, and each replaces a range by plain text.
    """

    place: SourcePlace
    kind: str
    op: str  #: the op by its out-of-place name
    changes: tuple[TextEdit, ...]
    anchor: int  #: offset of the byte behind the called function; for `x += y`, behind `x`
    expression: str
    replacement: str
    added: int = 0  #: bytes between the anchor and the end of the left operand in the new text
    operand: int = 1

    @property
    def rounds(self) -> bool:
        """Whether the gradient differs in the last digits after this switch."""
        return self.op in BY_RESULT

    @property
    def edits(self) -> tuple[tuple[str, TextEdit], ...]:
        """The file that changes, with each edit, for a trial and for the patch."""
        return tuple((self.place.file, edit) for edit in self.changes)

    def apply(self, parts: LivingParts) -> None:
        """Do nothing: this switch changes only code."""

    def anchor_after(self, edits: Sequence[TextEdit]) -> int:
        """Return the offset behind the called function, or the left operand, in the text after `edits`.

        `edits`: all edits of the file, those of this switch included.
        """
        return offset_after(self.anchor, edits) + self.added


def offset_after(anchor: int, edits: Sequence[TextEdit]) -> int:
    """Return the new offset of a byte after the edits, whose pieces are plain text."""
    return anchor + sum(_growth(edit) for edit in edits if edit.end <= anchor)


def _growth(edit: TextEdit) -> int:
    return sum(len(piece.encode()) for piece in edit.pieces if isinstance(piece, str)) - (edit.end - edit.start)


def out_of_place(source: Source, place: SourcePlace, func: Callable[..., Any], direct: bool) -> OutOfPlace | None:
    """Return the switch that writes the call of `func` at a place out of place.

    None if the call is not in place, or cannot be written out of place. `direct`: the expression called `func` itself,
    not through another function of torch.
    """
    name, node = getattr(func, "__name__", ""), source.node(place)
    if node is None:
        statement = source.statement(place)
        return _of_assignment(source, statement) if isinstance(statement, ast.AugAssign) else None
    if not isinstance(node, ast.Call):
        return None
    made = _renamed(source, node, func, name) if direct and name.endswith("_") else _unflagged(source, node, func)
    if made is None:
        return None
    kind, op, edit, written = made
    edits = [edit]
    statement = source.parents[node]
    if isinstance(statement, ast.Expr):  # its value is not used: assign it to the variable
        if not isinstance(written, ast.Name):
            return None
        start = source.span(node)[0]
        edits.insert(0, TextEdit(start, start, (f"{written.id} = ",)))
    return _made(source, node, kind, op, edits, source.span(node.func)[1])


Made = tuple[str, str, TextEdit, ast.expr]


def _renamed(source: Source, node: ast.Call, func: Callable[..., Any], name: str) -> Made | None:
    """Write `x.relu_()` as `x.relu()`, and `torch.relu_(x)` as `torch.relu(x)`; None for other calls."""
    twin = name[:-1]
    if name not in inplace_methods() or not isinstance(node.func, ast.Attribute) or node.func.attr != name:
        return None
    end = source.span(node.func)[1]
    edit = TextEdit(end - 1, end, ())
    if inspect.ismethoddescriptor(func):
        return (METHOD, twin, edit, node.func.value) if hasattr(torch.Tensor, twin) else None
    module = _MODULES.get(source.text(node.func.value))
    if module is None or not hasattr(module, twin) or not node.args:
        return None
    return FUNCTION, twin, edit, node.args[0]


def _unflagged(source: Source, node: ast.Call, func: Callable[..., Any]) -> Made | None:
    """Write `F.relu(x, inplace=True)` as `F.relu(x, inplace=False)`; None for other calls."""
    place = flag_argument(func)
    if place is None or not node.args:
        return None
    edit = switch_off_flag(source, node, place)
    return None if edit is None else (FUNCTION, func.__name__, edit, node.args[0])


def switch_off_flag(source: Source, node: ast.Call, place: int) -> TextEdit | None:
    """Return the edit that sets the `inplace` argument of a call to False; None if it is not the literal True.

    `place`: the position of the argument, for a call that gives it by position.
    """
    positional = node.args[place : place + 1] if not any(isinstance(each, ast.Starred) for each in node.args) else []
    for value in [*(each.value for each in node.keywords if each.arg == "inplace"), *positional]:
        if isinstance(value, ast.Constant) and value.value is True:
            return TextEdit(*source.span(value), ("False",))
    return None


def _of_assignment(source: Source, node: ast.AugAssign) -> OutOfPlace | None:
    """Write `x += y` as `x = x + y`; None if the target is no variable, or the text is not understood."""
    if not isinstance(node.target, ast.Name) or type(node.op) not in BINARY:
        return None
    (_, end), (start, last) = source.span(node.target), source.span(node.value)
    operator = re.fullmatch(r"(\s*)(\S+)=([ \t]*)(\(\s*)?", source.data[end:start].decode())
    if operator is None:
        return None
    before, sign, space, opened = operator.groups()
    text = f"{before}= {node.target.id} {sign}{space}"
    edits = [TextEdit(end, start, (text + (opened or ""),))]
    if not opened and not isinstance(node.value, _PLAIN):
        edits = [TextEdit(end, start, (f"{text}(",)), TextEdit(last, last, (")",))]
    op = BINARY[type(node.op)][:-1]
    return _made(source, node, OPERATOR, op, edits, end, len(f"{before}= {node.target.id}".encode()))


def _made(
    source: Source,
    node: ast.expr | ast.stmt,
    kind: str,
    op: str,
    edits: Sequence[TextEdit],
    anchor: int,
    added: int = 0,
) -> OutOfPlace:
    start, end = source.span(node)
    behind = "".join(str(piece) for edit in edits if edit.start == end for piece in edit.pieces)
    texts = source.text(node), source.edited(edits, start, end) + behind
    expression, replacement = (" ".join(text.split()) for text in texts)
    return OutOfPlace(source.place(node), kind, op, tuple(edits), anchor, expression, replacement, added)


def anchor_of(source: Source, node: ast.expr) -> int | None:
    """Return the offset behind the function of a call, or behind the left operand of an operator; None for others.

    An out-of-place expression has the same offset here as its `OutOfPlace` switch in `anchor_after`.
    """
    if isinstance(node, ast.Call):
        return source.span(node.func)[1]
    return source.span(node.left)[1] if isinstance(node, ast.BinOp) else None
