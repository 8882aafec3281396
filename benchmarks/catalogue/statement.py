"""The statement that a callable stands for, as a user would write it."""

import ast
import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

_LAMBDA = "<lambda>"


def statement(function: Callable[..., Any], operands: Sequence[str], keywords: Mapping[str, Any]) -> str:
    """The call of `function` with these operands; of a lambda what it returns."""
    if isinstance(function, functools.partial):
        keywords = {**function.keywords, **keywords}
        function = function.func
    name = getattr(function, "__name__", type(function).__name__).lstrip("_")
    if name == _LAMBDA:
        (body,) = lambda_bodies(function) or (name,)
        return body
    return call(name, operands, keywords)


def call(name: str, operands: Sequence[str], keywords: Mapping[str, Any]) -> str:
    """`name(operands, keyword=value)`."""
    return f"{name}({', '.join([*operands, *(f'{key}={value!r}' for key, value in keywords.items())])})"


def lambda_bodies(function: object) -> tuple[str, ...]:
    """What each lambda returns that begins on the line of the lambda `function`, as written: only one is its own.

    Empty for what is no lambda, and where no source is to be had.
    """
    if isinstance(function, functools.partial):
        function = function.func
    if not inspect.isfunction(function) or function.__name__ != _LAMBDA:
        return ()
    try:
        lines, _ = inspect.findsource(function)
        return _bodies_by_line("".join(lines)).get(function.__code__.co_firstlineno, ())
    except (OSError, TypeError, SyntaxError):
        return ()


@functools.lru_cache(maxsize=8)
def _bodies_by_line(source: str) -> dict[int, tuple[str, ...]]:
    bodies: dict[int, tuple[str, ...]] = {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Lambda):
            bodies[node.lineno] = (*bodies.get(node.lineno, ()), ast.unparse(node.body))
    return bodies
