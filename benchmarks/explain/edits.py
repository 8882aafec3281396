"""Changes to source text: replace a node of its tree, add text after a node, add a line, move a statement."""

import ast
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class SourceEdit:
    """A text that replaces a part. Lines count from 1, columns from 0 in UTF-8 bytes; the end is excluded."""

    start: tuple[int, int]
    end: tuple[int, int]
    text: str


def ends_of(node: ast.AST) -> tuple[tuple[int, int], tuple[int, int]]:
    """Where a node begins and ends, as the `start` and `end` of a SourceEdit; it has both."""
    where = node.__dict__
    return (where["lineno"], where["col_offset"]), (where["end_lineno"], where["end_col_offset"])


def node_replaced(node: ast.AST, text: str) -> SourceEdit:
    """Return the edit that replaces a node by `text`."""
    return SourceEdit(*ends_of(node), text)


def appended(node: ast.AST, text: str) -> SourceEdit:
    """Return the edit that adds `text` directly after a node."""
    end = ends_of(node)[1]
    return SourceEdit(end, end, text)


def inserted_before(statement: ast.stmt, line: str) -> SourceEdit:
    """Return the edit that adds a line before a statement, with the same indent."""
    start = (statement.lineno, statement.col_offset)
    return SourceEdit(start, start, f"{line}\n{' ' * statement.col_offset}")


def stands_alone(text: str, statement: ast.stmt) -> bool:
    """Return whether the lines of a statement hold nothing else but a comment."""
    lines = text.splitlines()
    last = (statement.end_lineno or statement.lineno) - 1
    before = lines[statement.lineno - 1].encode()[: statement.col_offset].strip()
    behind = lines[last].encode()[statement.end_col_offset or 0 :].strip()
    return not before and (not behind or behind.startswith(b"#"))


def moved_behind(text: str, first: ast.stmt, second: ast.stmt) -> list[SourceEdit]:
    """Return the edits that move a statement behind a later one. Both must be alone on their lines."""
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
    """Return the text with these edits, which must not overlap."""
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
    """Return the parent of each node."""
    return {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}


def bound_within(statement: ast.stmt) -> set[str]:
    """Return the names that exist only inside a statement: those of its comprehensions and lambdas."""
    found: set[str] = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.comprehension):
            found |= {name.id for name in ast.walk(node.target) if isinstance(name, ast.Name)}
        elif isinstance(node, ast.arg):
            found.add(node.arg)
    return found


def is_read_before(tree: ast.AST, assignment: ast.stmt, last: ast.stmt) -> bool:
    """Return whether a name that a statement assigns is read after it, up to the end of `last`."""
    if not isinstance(assignment, ast.Assign | ast.AnnAssign):
        return False
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    stored = {n.id for n in ast.walk(assignment) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    first, end = assignment.end_lineno or assignment.lineno, last.end_lineno or last.lineno
    return any(n.id in stored and isinstance(n.ctx, ast.Load) and first < n.lineno <= end for n in names)
