"""What the source says of an operand beyond what was executed: names that are read later, and branches not seen."""

import ast
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType

from benchmarks.advise.aliases import SHARING, aliases_of
from benchmarks.advise.candidates import Candidate
from benchmarks.advise.liveness import Paths
from benchmarks.advise.occurrences import Trace
from benchmarks.advise.rewrite import Source

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(frozen=True)
class Caution:
    """Why a switch rests on what was not seen."""

    text: str


def is_name(node: ast.expr) -> bool:
    """Whether an expression stands for a value that has a name: a variable, an attribute, an element."""
    return isinstance(node, ast.Name | ast.Attribute | ast.Subscript | ast.Starred | ast.NamedExpr)


def reorders_calls(candidate: Candidate) -> bool:
    """Whether what is evaluated before the operand, and would be after it, calls something: order matters there."""
    calls = (ast.Call, ast.Await, ast.NamedExpr, ast.Yield, ast.YieldFrom)
    return any(isinstance(each, calls) for other in candidate.before for each in ast.walk(other))


def caution_of(candidate: Candidate, source: Source, trace: Trace, sharing: Collection[str]) -> list[Caution]:
    """Everything in the source that keeps a candidate from being proved by what was executed.

    `sharing`: the variables that were seen to share bytes with the operand.
    """
    found: list[Caution] = []
    node, function = candidate.written, _function(source, candidate.written)
    base = _base(node)
    if isinstance(base, ast.Name):
        found += _of_variable(base, candidate, source, function, trace, sharing)
    elif isinstance(base, ast.Attribute):
        found.append(Caution("it is an attribute or an element, which others can read"))
    return list(dict.fromkeys(found))


def _base(node: ast.expr) -> ast.expr:
    """What a chain of methods that share memory begins with: `x` of `x.view(2, 3).float()`; else the node itself."""
    while True:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in SHARING:
            node = node.func.value
        elif isinstance(node, ast.Subscript):
            node = node.value
        elif isinstance(node, ast.NamedExpr):
            node = node.target
        else:
            return node


def _of_variable(
    name: ast.Name,
    candidate: Candidate,
    source: Source,
    function: Function | None,
    trace: Trace,
    sharing: Collection[str],
) -> Iterator[Caution]:
    if function is None:
        yield Caution("it is a global variable")
        return
    if isinstance(function, ast.Lambda):
        yield Caution("it is a variable of a lambda")
        return
    site = source.node(candidate.place)
    assert site is not None
    names = aliases_of(name, function, source, _memoryless(function, source, trace), sharing)
    for each in sorted(names):
        if Paths(each, function, source).lead_to_read(site):
            yield Caution(f"`{each}` can be read later on a path that was not seen")
    unseen = _unseen_lines(function, source, trace.lines)
    for each in ast.walk(function):
        if isinstance(each, ast.Name) and each.id in names and each.lineno in unseen:
            yield Caution(f"line {each.lineno}, which was not executed, uses `{each.id}`")
            return


def _memoryless(function: Function, source: Source, trace: Trace) -> set[str]:
    """The names that stand for a module, a function or a class: global ones, which no function around gives a value."""
    outermost: ast.AST = function
    for node in source.around(function):
        outermost = node if isinstance(node, Function) else outermost
    names = [each for each in ast.walk(outermost) if isinstance(each, ast.Name) and not isinstance(each.ctx, ast.Load)]
    own = {each.id for each in names} | {each.arg for each in ast.walk(outermost) if isinstance(each, ast.arg)}
    kinds = ModuleType, FunctionType, BuiltinFunctionType, type
    known = trace.globals.get(source.file, {})
    return {name for name, value in known.items() if isinstance(value, kinds) and name not in own}


def _function(source: Source, node: ast.AST) -> Function | None:
    return next((each for each in source.around(node) if isinstance(each, Function)), None)


def _unseen_lines(function: Function, source: Source, lines: Mapping[CodeType, set[int]]) -> set[int]:
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
