"""Find the expressions on a line that may have been called, where it is not known which one of them was."""

import ast
from collections.abc import Callable
from typing import Any

from benchmarks.advise.source.rewrite import Source
from benchmarks.advise.switches.candidates import Candidate, candidates_of

#: The reason of a switch that is not made, because it is not known which call on its line was seen.
NO_COLUMNS = "Python 3.10 tells no columns, and another expression on the line may be the one that was seen"

#: By operator, the names of torch's functions that it may call, without underscores.
_FUNCTIONS: dict[type[ast.AST], tuple[str, ...]] = {
    ast.Add: ("add", "radd"),
    ast.Sub: ("sub", "rsub"),
    ast.Mult: ("mul", "rmul"),
    ast.Div: ("div", "truediv", "truedivide", "rdiv", "rtruediv"),
    ast.Pow: ("pow", "rpow"),
    ast.Mod: ("remainder", "mod", "rmod"),
    ast.BitAnd: ("and", "rand", "bitwiseand"),
    ast.BitOr: ("or", "ror", "bitwiseor"),
    ast.BitXor: ("xor", "rxor", "bitwisexor"),
    ast.USub: ("neg",),
    ast.Invert: ("invert", "bitwisenot"),
}


def candidates_on_line(source: Source, line: int, func: Callable[..., Any], direct: bool) -> set[Candidate]:
    """Return the candidates of all expressions that begin on a line and may have called `func`.

    `direct`: as in `candidates_of`.
    """
    nodes = [node for node in source.nodes_on(line) if _may_call(node, getattr(func, "__name__", ""))]
    return {candidate for node in nodes for candidate in candidates_of(source, node, func, direct)}


def _may_call(node: ast.expr, name: str) -> bool:
    if not isinstance(node, ast.BinOp | ast.UnaryOp):
        return True  # `candidates_of` compares the names of calls
    return name.replace("_", "") in _FUNCTIONS.get(type(node.op), ())
