"""The statement that a callable stands for, as a user would write it."""

import ast
import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any


def statement(function: Callable[..., Any], operands: Sequence[str], keywords: Mapping[str, Any]) -> str:
    """The call of `function` with these operands; of a lambda what it returns."""
    if isinstance(function, functools.partial):
        keywords = {**function.keywords, **keywords}
        function = function.func
    name = getattr(function, "__name__", type(function).__name__).lstrip("_")
    if name == "<lambda>":
        return _lambda_body(function) or name
    return call(name, operands, keywords)


def call(name: str, operands: Sequence[str], keywords: Mapping[str, Any]) -> str:
    """`name(operands, keyword=value)`."""
    return f"{name}({', '.join([*operands, *(f'{key}={value!r}' for key, value in keywords.items())])})"


def _lambda_body(function: Callable[..., Any]) -> str | None:
    """What a lambda returns, as written; None where its source is not to be had."""
    try:
        lines, _ = inspect.findsource(function)
        tree = ast.parse("".join(lines))
    except (OSError, TypeError, SyntaxError):
        return None
    wanted = function.__code__
    for node in ast.walk(tree):
        # Several lambdas may stand in one line: the one whose compiled body is this function's.
        if isinstance(node, ast.Lambda) and node.lineno == wanted.co_firstlineno:
            expression = ast.unparse(node)
            if _compiled(expression) == (wanted.co_code, wanted.co_names, wanted.co_varnames):
                return ast.unparse(node.body)
    return None


def _compiled(expression: str) -> tuple[bytes, tuple[str, ...], tuple[str, ...]]:
    code = next(each for each in compile(expression, "", "eval").co_consts if hasattr(each, "co_code"))
    return code.co_code, code.co_names, code.co_varnames
