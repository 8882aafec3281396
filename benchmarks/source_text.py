"""The text of a Python file with its syntax tree, and edits of it."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class TextEdit:
    """A range of bytes of a file, from `start` up to `end`, and the pieces that replace it.

    A piece is new text, or a range of the old text, to which other edits apply.
    """

    start: int
    end: int
    pieces: tuple["str | tuple[int, int]", ...]


class SourceText:
    """The text of one file and its syntax tree."""

    def __init__(self, file: str, data: bytes) -> None:
        """`data`: the text in UTF-8. SyntaxError if it is no Python, ValueError if it holds a null byte."""
        self.file, self.data = file, data
        self.tree = ast.parse(data)
        starts = [0]
        for line in data.splitlines(keepends=True):
            starts.append(starts[-1] + len(line))
        self._starts = starts

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """By node, the node that directly holds it."""
        return {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}

    def around(self, node: ast.AST) -> Iterator[ast.AST]:
        """Yield the nodes that hold a node, the innermost first."""
        while node in self.parents:
            node = self.parents[node]
            yield node

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """Return the first byte of a node, and the one behind its last; parentheses around it do not count."""
        assert node.end_lineno is not None and node.end_col_offset is not None  # nodes of parsed source have both
        return self._starts[node.lineno - 1] + node.col_offset, self._starts[node.end_lineno - 1] + node.end_col_offset

    def lines_of(self, node: ast.stmt) -> tuple[int, int]:
        """Return the first byte of the lines that a statement is on, and the one behind their last."""
        last = min(node.end_lineno or node.lineno, len(self._starts) - 1)
        return self._starts[node.lineno - 1], self._starts[last]

    def text(self, node: ast.expr | ast.stmt) -> str:
        """Return the text of a node, as it is written."""
        start, end = self.span(node)
        return self.data[start:end].decode()

    def edited(self, edits: Sequence[TextEdit], start: int = 0, end: int | None = None) -> str:
        """Return the text from `start` up to `end` after the edits; two edits lie apart, or one within the other."""
        behind = [each for each in set(edits) if end is None and each.start == len(self.data)]
        end = len(self.data) if end is None else end
        edits = [*sorted(set(edits), key=lambda e: (e.start, -e.end))]
        return "".join([*self._edited(edits, start, end), *(str(piece) for each in behind for piece in each.pieces)])

    def _edited(self, edits: Sequence[TextEdit], start: int, end: int) -> Iterator[str]:
        at = start
        for edit in edits:
            if edit.start < at or edit.start >= end or edit.end > end:
                continue  # within the edit before, whose pieces apply it; or outside of the range
            yield self.data[at : edit.start].decode()
            within = [each for each in edits if each is not edit]
            for piece in edit.pieces:
                if isinstance(piece, str):
                    yield piece
                else:
                    yield from self._edited(within, *piece)
            at = edit.end
        yield self.data[at:end].decode()
