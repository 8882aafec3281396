"""Changes to source text: the part that a node of its tree covers, or a line before a statement."""

import ast
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class SourceEdit:
    """Text in place of a part: lines from 1, columns from 0 in UTF-8, the end excluded."""

    start: tuple[int, int]
    end: tuple[int, int]
    text: str


def ends_of(node: ast.AST) -> tuple[tuple[int, int], tuple[int, int]]:
    """Where a node begins and ends, as the `start` and `end` of a SourceEdit; it has both."""
    where = node.__dict__
    return (where["lineno"], where["col_offset"]), (where["end_lineno"], where["end_col_offset"])


def node_replaced(node: ast.AST, text: str) -> SourceEdit:
    """`text` in place of a node."""
    return SourceEdit(*ends_of(node), text)


def appended(node: ast.AST, text: str) -> SourceEdit:
    """`text` behind a node."""
    end = ends_of(node)[1]
    return SourceEdit(end, end, text)


def inserted_before(statement: ast.stmt, line: str) -> SourceEdit:
    """A statement before another, with its indent."""
    start = (statement.lineno, statement.col_offset)
    return SourceEdit(start, start, f"{line}\n{' ' * statement.col_offset}")


def stands_alone(text: str, statement: ast.stmt) -> bool:
    """Whether nothing else stands on the lines of a statement but a comment."""
    lines = text.splitlines()
    last = (statement.end_lineno or statement.lineno) - 1
    before = lines[statement.lineno - 1].encode()[: statement.col_offset].strip()
    behind = lines[last].encode()[statement.end_col_offset or 0 :].strip()
    return not before and (not behind or behind.startswith(b"#"))


def moved_behind(text: str, first: ast.stmt, second: ast.stmt) -> list[SourceEdit]:
    """A statement taken from its place to the lines behind a later one; both stand on lines of their own."""
    lines = text.splitlines(keepends=True)
    first_end, second_end = first.end_lineno or first.lineno, second.end_lineno or second.lineno
    taken = "".join(lines[first.lineno - 1 : first_end])
    taken = taken if taken.endswith("\n") else taken + "\n"
    behind = (second_end + 1, 0)
    last = lines[second_end - 1]
    return [
        SourceEdit((first.lineno, 0), (first_end + 1, 0), ""),
        SourceEdit(behind, behind, taken if last.endswith("\n") else "\n" + taken),
    ]


def edited(text: str, edits: Sequence[SourceEdit]) -> str:
    """The text with these changes, none of which touches another."""
    data = text.encode()
    starts = [0]
    for line in data.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    starts.append(starts[-1])

    def place(at: tuple[int, int]) -> int:
        return min(starts[min(at[0], len(starts)) - 1] + at[1], len(data))

    for edit in sorted(edits, key=lambda each: each.start, reverse=True):
        data = data[: place(edit.start)] + edit.text.encode() + data[place(edit.end) :]
    return data.decode()


def parents_of(tree: ast.AST) -> dict[ast.AST, ast.AST]:
    """Each node's parent."""
    return {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}


def bound_within(statement: ast.stmt) -> set[str]:
    """The names that mean something inside a statement alone: of its comprehensions and lambdas."""
    found: set[str] = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.comprehension):
            found |= {name.id for name in ast.walk(node.target) if isinstance(name, ast.Name)}
        elif isinstance(node, ast.arg):
            found.add(node.arg)
    return found


def is_read_before(tree: ast.AST, assignment: ast.stmt, last: ast.stmt) -> bool:
    """Whether a name that a statement gives is read behind it, up to the end of `last`."""
    if not isinstance(assignment, ast.Assign | ast.AnnAssign):
        return False
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    given = {node.id for node in ast.walk(assignment) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    first, end = assignment.end_lineno or assignment.lineno, last.end_lineno or last.lineno
    return any(n.id in given and isinstance(n.ctx, ast.Load) and first < n.lineno <= end for n in names)
