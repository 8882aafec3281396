"""The statement that a callable executes, as a user would write it."""

import ast
import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from benchmarks.record import INPLACE, OUTOFPLACE

_LAMBDA = "<lambda>"


def statement(function: Callable[..., Any], operands: Sequence[str], keywords: Mapping[str, Any], role: str) -> str:
    """The call of `function` with these operands; for a lambda, its body.

    `role`: the argument that the function was declared as. It distinguishes lambdas on one line.
    """
    if isinstance(function, functools.partial):
        keywords = {**function.keywords, **keywords}
        function = function.func
    name = getattr(function, "__name__", type(function).__name__).lstrip("_")
    if name == _LAMBDA:
        return _lambda_body(function, role) or name
    return call(name, operands, keywords)


def call(name: str, operands: Sequence[str], keywords: Mapping[str, Any]) -> str:
    """`name(operands, keyword=value)`."""
    return f"{name}({', '.join([*operands, *(f'{key}={value!r}' for key, value in keywords.items())])})"


def _lambda_body(function: Callable[..., Any], role: str) -> str | None:
    """The body of a lambda, as written; None if its source is missing or several lambdas match."""
    try:
        lines, _ = inspect.findsource(function)
        found = _lambdas_by_line("".join(lines)).get(function.__code__.co_firstlineno, ())
    except (OSError, TypeError, SyntaxError):
        return None
    of_role = [each for each in found if each.role == role]
    for some in (found, _at_its_place(function, found), of_role):
        bodies = {each.body for each in some}
        if len(bodies) == 1:
            return bodies.pop()
    return None


def _at_its_place(function: Callable[..., Any], found: "Sequence[_Lambda]") -> "list[_Lambda]":
    """The innermost lambda on a line that holds all of the function's code.

    None before Python 3.11, where code does not know its columns.
    """
    positions = getattr(function.__code__, "co_positions", None)
    if positions is None:
        return []
    places = [(line, column, last, end) for line, last, column, end in positions() if column is not None and end]
    within = [each for each in found if all(_holds(each, *place) for place in places if place[:2] != place[2:])]
    return within and [max(within, key=lambda each: each.start)]


def _holds(each: "_Lambda", line: int, column: int, last: int, end: int) -> bool:
    return each.start <= (line, column) and (last, end) <= each.end


#: The arguments of a declaration that are callables, in order.
_PLACES = {1: OUTOFPLACE, 2: INPLACE}


class _Lambda(NamedTuple):
    """A lambda in a file: the argument that it is passed as, its body, and where that begins and ends."""

    role: str | None
    body: str
    start: tuple[int, int]
    end: tuple[int, int]


@functools.lru_cache(maxsize=8)
def _lambdas_by_line(source: str) -> dict[int, list[_Lambda]]:
    """The lambdas of a file, by the line where they begin."""
    tree = ast.parse(source)
    roles: dict[ast.AST, str | None] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            roles |= {each.value: each.arg for each in node.keywords}
            roles |= {each: _PLACES.get(place) for place, each in enumerate(node.args)}
    found: dict[int, list[_Lambda]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Lambda):
            body = node.body
            start, end = (body.lineno, body.col_offset), (body.end_lineno or 0, body.end_col_offset or 0)
            found.setdefault(node.lineno, []).append(_Lambda(roles.get(node), ast.unparse(body), start, end))
    return found
