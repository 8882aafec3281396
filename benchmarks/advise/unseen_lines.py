"""Which lines of a function no execution reached."""

import ast
from collections.abc import Mapping
from types import CodeType

from benchmarks.advise.rewrite import Source

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def unseen_lines(function: Function, source: Source, lines: Mapping[CodeType, set[int]]) -> set[int]:
    """Lines of statements of a function that no execution reached."""
    if isinstance(function, ast.Lambda):
        return set()
    seen: set[int] = set()
    for code, executed in lines.items():
        if code.co_filename == source.file:
            seen |= executed
    unseen: set[int] = set()
    for statement in ast.walk(function):
        if isinstance(statement, ast.stmt) and statement is not function and seen.isdisjoint(_own_lines(statement)):
            unseen.update(_own_lines(statement))
        elif isinstance(statement, ast.If | ast.For | ast.While | ast.With) and _on_one_line(statement):
            unseen.add(statement.lineno)  # nobody tells whether its body was executed
    return unseen


def _on_one_line(statement: ast.If | ast.For | ast.While | ast.With) -> bool:
    return statement.body[0].lineno == statement.lineno


def _own_lines(statement: ast.stmt) -> range:
    """The lines of a simple statement; of a compound one its first."""
    last = statement.lineno if hasattr(statement, "body") else statement.end_lineno or statement.lineno
    return range(statement.lineno, last + 1)
