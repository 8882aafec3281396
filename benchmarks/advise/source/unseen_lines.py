"""Find the lines of a function that were not executed."""

import ast
from collections.abc import Mapping

from benchmarks.advise.source.frames import FileCode
from benchmarks.advise.source.rewrite import Source

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def unseen_lines(function: Function, source: Source, lines: Mapping[FileCode, set[int]]) -> set[int]:
    """Return the line numbers of a function's statements that were not executed.

    `lines`: by code, the lines that were executed. A body on the line of its `if`, `for`, `while` or `with` counts as
    not executed. The set is empty for a lambda.
    """
    if isinstance(function, ast.Lambda):
        return set()
    seen: set[int] = set()
    for code, executed in lines.items():
        if code.file == source.file:
            seen |= executed
    unseen: set[int] = set()
    for statement in ast.walk(function):
        if isinstance(statement, ast.stmt) and statement is not function and seen.isdisjoint(_own_lines(statement)):
            unseen.update(_own_lines(statement))
        elif isinstance(statement, ast.If | ast.For | ast.While | ast.With) and _on_one_line(statement):
            unseen.add(statement.lineno)  # it is not known whether its body was executed
    return unseen


def _on_one_line(statement: ast.If | ast.For | ast.While | ast.With) -> bool:
    return statement.body[0].lineno == statement.lineno


def _own_lines(statement: ast.stmt) -> range:
    """Return the lines of a simple statement, or the first line of a compound one."""
    last = statement.lineno if hasattr(statement, "body") else statement.end_lineno or statement.lineno
    return range(statement.lineno, last + 1)
