"""Write an expression of a source file in place, as an edit of the file's text. Edits may lie within each other.

The same new text is compiled for a trial and becomes the patch. Each line keeps its number.
"""

import ast
import functools
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from benchmarks.advise.user.question import SourcePlace
from benchmarks.source_text import SourceText, TextEdit

#: By operator, the in-place method for it.
BINARY = {
    ast.Add: "add_",
    ast.Sub: "sub_",
    ast.Mult: "mul_",
    ast.Div: "div_",
    ast.Pow: "pow_",
    ast.Mod: "remainder_",
    ast.BitAnd: "bitwise_and_",
    ast.BitOr: "bitwise_or_",
    ast.BitXor: "bitwise_xor_",
}
UNARY = {ast.USub: "neg_", ast.Invert: "bitwise_not_"}
#: Operators whose right operand can be written as well: the result is the same to the bit.
SWAPPED = {ast.Add: "add_", ast.Mult: "mul_", ast.BitAnd: "bitwise_and_", ast.BitOr: "bitwise_or_"}

#: Expressions on which a method can be called without parentheses.
_PRIMARY = (ast.Name, ast.Attribute, ast.Call, ast.Subscript)


class Source(SourceText):
    """The text of one file, and the ways to write its expressions in place."""

    @classmethod
    def read(cls, file: str) -> "Source":
        """Return the source of a file. OSError if it cannot be read, SyntaxError if it is no Python."""
        return cls(file, Path(file).read_bytes())

    @cached_property
    def _nodes(self) -> dict[tuple[int, int, int, int], list[ast.expr]]:
        found: dict[tuple[int, int, int, int], list[ast.expr]] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.expr) and node.end_lineno is not None and node.end_col_offset is not None:
                key = node.lineno, node.end_lineno, node.col_offset, node.end_col_offset
                found.setdefault(key, []).append(node)
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                    found.setdefault(_key_of_method(node, node.func), [node])
        return found

    def node(self, place: SourcePlace) -> ast.expr | None:
        """Return the expression with exactly this place; None if there is none.

        Python gives another place for a method that is called on a line below its object: from the method's name on.
        """
        return next(iter(self._nodes.get((place.line, place.end_line, place.column, place.end_column), ())), None)

    def statement(self, place: SourcePlace) -> ast.stmt | None:
        """Return the statement with exactly this place; None if there is none."""
        return next(
            (each for each in ast.walk(self.tree) if isinstance(each, ast.stmt) and self.place(each) == place), None
        )

    def nodes_on(self, line: int) -> list[ast.expr]:
        """Return all expressions that begin on a line."""
        return [node for (first, *_), nodes in self._nodes.items() if first == line for node in nodes]

    def place(self, node: ast.expr | ast.stmt) -> SourcePlace:
        assert node.end_lineno is not None and node.end_col_offset is not None  # nodes of parsed source have both
        return SourcePlace(self.file, node.lineno, node.end_lineno, node.col_offset, node.end_col_offset)

    # The ways to write an expression; each returns None if the text cannot be rearranged.

    def binary(self, node: ast.BinOp, operand: int) -> TextEdit | None:
        """Write `left + right` as `left.add_(right)`, or for operand 2 as `right.add_(left)`."""
        method = (BINARY if operand == 1 else SWAPPED).get(type(node.op))
        if method is None:
            return None
        written, other = (node.left, node.right) if operand == 1 else (node.right, node.left)
        return self._method(node, written, method, [other])

    def unary(self, node: ast.UnaryOp) -> TextEdit | None:
        """Write `-x` as `x.neg_()`."""
        method = UNARY.get(type(node.op))
        return None if method is None else self._method(node, node.operand, method, [])

    def called(self, node: ast.Call, method: str) -> TextEdit | None:
        """Write `torch.clamp(x, min=0)` as `x.clamp_(min=0)`."""
        if not node.args or isinstance(node.args[0], ast.Starred):
            return None
        rest = [*node.args[1:], *node.keywords]
        end, last = self.span(node.args[0])[1], self.span(node)[1] - 1
        after = self.data[end:last].decode()
        stripped = after.lstrip(") \n\t")
        if "#" in after or (stripped and stripped[0] != ",") or (rest and not stripped):
            return None
        kept = end + len(after) - len(stripped) + (1 if stripped else 0)
        while self.data[kept:last][:1] in (b" ", b"\n"):
            kept += 1
        return self._keeping_lines(node, [*self._callee(node.args[0]), f".{method}(", (kept, last), ")"])

    def swapped(self, node: ast.Call, first: ast.expr, second: ast.expr, method: str) -> TextEdit | None:
        """Write `torch.add(a, b)` or `a.add(b)` as `b.add_(a)`."""
        if isinstance(first, ast.Starred) or isinstance(second, ast.Starred):
            return None
        return self._method(node, second, method, [first])

    def masked(self, node: ast.Call, operand: int) -> TextEdit | None:
        """Write `torch.where(c, x, 0.0)` as `x.masked_fill_(~(c), 0.0)`; for operand 3, `torch.where(c, 0.0, x)`."""
        if len(node.args) != 3 or node.keywords or any(isinstance(each, ast.Starred) for each in node.args):
            return None
        mask, (written, value) = node.args[0], (node.args[1:] if operand == 2 else node.args[:0:-1])
        before, after = ("~(", ")") if operand == 2 else ("", "")
        pieces = [*self._callee(written), ".masked_fill_(", before, self.span(mask), after, ", ", self.span(value), ")"]
        return self._keeping_lines(node, pieces)

    def renamed(self, node: ast.Call) -> TextEdit | None:
        """Write `x.relu()` as `x.relu_()`, and `torch.relu(x)` as `torch.relu_(x)`."""
        end = self.span(node.func)[1]
        return TextEdit(end, end, ("_",))

    def flagged(self, node: ast.Call) -> TextEdit | None:
        """Write `F.relu(x)` as `F.relu(x, inplace=True)`."""
        return self.with_keyword(node, "inplace", "True")

    def with_keyword(self, node: ast.Call, name: str, value: str) -> TextEdit | None:
        """Add a keyword argument to a call, or replace its value."""
        for keyword in node.keywords:
            if keyword.arg == name:
                return TextEdit(*self.span(keyword.value), (value,))
        if any(keyword.arg is None for keyword in node.keywords):
            return None
        end = self.span(node)[1] - 1
        held = [*node.args, *(keyword.value for keyword in node.keywords)]
        last = max((self.span(each)[1] for each in held), default=self.span(node.func)[1])
        between = self.data[last:end].decode()
        if "#" in between or (len(held) == 1 and isinstance(held[0], ast.GeneratorExp)):
            return None
        comma = "" if not held else " " if between.rstrip().endswith(",") else ", "
        return TextEdit(end, end, (f"{comma}{name}={value}",))

    def _method(self, node: ast.expr, written: ast.expr, method: str, others: Sequence[ast.expr]) -> TextEdit | None:
        pieces: list[str | tuple[int, int]] = [*self._callee(written), f".{method}("]
        return self._keeping_lines(node, [*pieces, *(self.span(other) for other in others), ")"])

    def _callee(self, node: ast.expr) -> list[str | tuple[int, int]]:
        """Return the pieces of an expression on which a method is called: in parentheses, where they are needed."""
        alone = isinstance(node, _PRIMARY) and node.lineno == node.end_lineno
        return [self.span(node)] if alone else ["(", self.span(node), ")"]

    def _keeping_lines(self, node: ast.expr, pieces: Sequence["str | tuple[int, int]"]) -> TextEdit | None:
        """Return an edit whose text has as many lines as the node; None if it would lose a comment."""
        start, end = self.span(node)
        kept = b"".join(self.data[slice(*piece)] for piece in pieces if not isinstance(piece, str))
        text = self.data[start:end]
        if text.count(b"#") != kept.count(b"#"):
            return None
        lost = text.count(b"\n") - kept.count(b"\n")
        *first, last = pieces
        assert isinstance(last, str)
        return TextEdit(start, end, (*first, "\n" * lost + last))


def _key_of_method(node: ast.Call, func: ast.Attribute) -> tuple[int, int, int, int]:
    """Return the lines and the columns of a method's call from its name on."""
    ends = func.end_lineno, node.end_lineno, func.end_col_offset, node.end_col_offset
    line, end_line, column, end_column = (each or 0 for each in ends)  # nodes of parsed source have all of them
    return line, end_line, column - len(func.attr.encode()), end_column


@functools.lru_cache(maxsize=256)
def read_or_none(file: str) -> Source | None:
    """Return the source of a file, which is read once; None if it cannot be read."""
    try:
        return Source.read(file)
    except (OSError, SyntaxError, ValueError):
        return None
