"""Find the line of a function that hands a variable on to what may keep it."""

import ast
from collections.abc import Collection, Iterator

from benchmarks.advise.source.rewrite import Source
from benchmarks.advise.source.unseen_lines import Function


def keeping_statement(source: Source, site: ast.expr, names: Collection[str]) -> ast.stmt | None:
    """Return the first statement of the function around a site that may keep a variable; None if none does.

    It calls something with the variable as an argument, stores it in an attribute or an element, or returns it.
    `names`: the variables that hold the operand.
    """
    function = next((each for each in source.around(site) if isinstance(each, Function)), None)
    if function is None:
        return None
    inside = set(ast.walk(site))
    statements = [each for each in ast.walk(function) if isinstance(each, ast.stmt) and not hasattr(each, "body")]
    for statement in sorted(statements, key=lambda each: each.lineno):
        if any(
            isinstance(node, ast.Name) and node.id in names and node not in inside
            for value in _handed_on(statement)
            for node in ast.walk(value)
        ):
            return statement
    return None


def _handed_on(statement: ast.stmt) -> Iterator[ast.expr]:
    """Yield the expressions whose values a statement returns, stores where others can read, or gives to a call."""
    if isinstance(statement, ast.Return) and statement.value is not None:
        yield statement.value
    elif isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        if any(not isinstance(target, ast.Name | ast.Tuple) for target in targets):
            yield statement.value
    elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        yield from statement.value.args
        yield from (keyword.value for keyword in statement.value.keywords)
        if isinstance(statement.value.func, ast.Attribute):
            yield statement.value.func.value  # as `h.register_hook(...)`
