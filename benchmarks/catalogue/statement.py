"""The statement that a callable stands for, as a user would write it."""

import ast
import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from benchmarks.record import INPLACE, OUTOFPLACE

_LAMBDA = "<lambda>"


def statement(function: Callable[..., Any], operands: Sequence[str], keywords: Mapping[str, Any], role: str) -> str:
    """The call of `function` with these operands; of a lambda what it returns.

    `role`: the argument that the function was declared as. It tells lambdas apart that stand on one line.
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
    """What a lambda returns, as written; None where its source is not to be had, or several may be it."""
    try:
        lines, _ = inspect.findsource(function)
        found = _lambdas_by_line("".join(lines)).get(function.__code__.co_firstlineno, ())
    except (OSError, TypeError, SyntaxError):
        return None
    bodies = {body for _, body in found}
    if len(bodies) > 1:
        bodies = {body for each, body in found if each == role}
    return bodies.pop() if len(bodies) == 1 else None


#: By place, the arguments of a declaration that are callables.
_PLACES = {1: OUTOFPLACE, 2: INPLACE}


@functools.lru_cache(maxsize=8)
def _lambdas_by_line(source: str) -> dict[int, list[tuple[str | None, str]]]:
    """By line: the argument that each lambda is given as, and what it returns."""
    tree = ast.parse(source)
    roles: dict[ast.AST, str | None] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            roles |= {each.value: each.arg for each in node.keywords}
            roles |= {each: _PLACES.get(place) for place, each in enumerate(node.args)}
    found: dict[int, list[tuple[str | None, str]]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Lambda):
            found.setdefault(node.lineno, []).append((roles.get(node), ast.unparse(node.body)))
    return found
