"""Edits that a cure is made of: replace a node of the tree, add text after a node, add a line, move a statement."""

import ast

from benchmarks.source_text import SourceText, TextEdit


def node_replaced(source: SourceText, node: ast.expr | ast.stmt, text: str) -> TextEdit:
    """Return the edit that replaces a node by `text`."""
    return TextEdit(*source.span(node), (text,))


def appended(source: SourceText, node: ast.expr, text: str) -> TextEdit:
    """Return the edit that adds `text` directly after a node."""
    end = source.span(node)[1]
    return TextEdit(end, end, (text,))


def inserted_before(source: SourceText, statement: ast.stmt, line: str) -> TextEdit:
    """Return the edit that adds a line before a statement, with the same indent; on its line if others begin that."""
    start = source.span(statement)[0]
    before = source.data[source.lines_of(statement)[0] : start].decode()
    return TextEdit(start, start, (f"{line}; " if before.strip() else f"{line}\n{before}",))


def stands_alone(source: SourceText, statement: ast.stmt) -> bool:
    """Return whether the lines of a statement hold nothing else but a comment."""
    (first, last), (start, end) = source.lines_of(statement), source.span(statement)
    before, behind = source.data[first:start].strip(), source.data[end:last].strip()
    return not before and (not behind or behind.startswith(b"#"))


def moved_behind(source: SourceText, first: ast.stmt, second: ast.stmt) -> list[TextEdit]:
    """Return the edits that move a statement behind a later one. Both must be alone on their lines."""
    (start, end), behind = source.lines_of(first), source.lines_of(second)[1]
    taken = source.data[start:end].decode().rstrip("\n") + "\n"
    is_whole = source.data[:behind].endswith(b"\n")
    return [TextEdit(start, end, ()), TextEdit(behind, behind, (taken if is_whole else "\n" + taken,))]


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
