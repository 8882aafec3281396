"""Find in the source what the execution could not show of an operand: later reads, and branches not executed."""

import ast
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from types import BuiltinFunctionType, FunctionType, ModuleType

from benchmarks.advise.source.aliases import aliases_of, memory_names
from benchmarks.advise.source.liveness import Holder, Paths
from benchmarks.advise.source.memory_leaves import argument_values, assignments_in, memory_leaves
from benchmarks.advise.source.own_returns import HELD_OUTSIDE, OF_ARGUMENT
from benchmarks.advise.source.rewrite import Source
from benchmarks.advise.source.unseen_lines import Function, unseen_lines
from benchmarks.advise.switches.candidates import Candidate
from benchmarks.advise.watch.occurrences import Trace


@dataclass(frozen=True)
class Caution:
    """A reason why a switch is `may`: it rests on code or values that were not seen."""

    text: str


OTHERS_READ = Caution("it is an attribute or an element, which others can read")


def is_name(node: ast.expr) -> bool:
    """Whether an expression is a variable, an attribute or an element, whose value other code can reach."""
    return isinstance(node, ast.Name | ast.Attribute | ast.Subscript | ast.Starred | ast.NamedExpr)


def reorders_calls(candidate: Candidate) -> bool:
    """Whether the switch changes the order of calls: an expression now evaluated before the operand has a call."""
    calls = (ast.Call, ast.Await, ast.NamedExpr, ast.Yield, ast.YieldFrom)
    return any(isinstance(each, calls) for other in candidate.before for each in ast.walk(other))


def caution_of(
    candidate: Candidate, source: Source, trace: Trace, sharing: Collection[str], nameless: bool = False
) -> list[Caution]:
    """Return all reasons in the source why the executions do not prove a candidate; an empty list if they do.

    `sharing`: the variables that were seen to share bytes with the operand. `nameless`: the operand was made within
    the expression itself, so that no variable holds it.
    """
    found: list[Caution] = []
    whole = source.node(candidate.place)
    bases = list(memory_leaves(candidate.written)) if not nameless else [whole] if whole is not None else []
    bases = [*([] if nameless else bases), *_returned_by_calls(bases, source, trace)]
    if any(isinstance(base, ast.Attribute) for base in bases):
        found.append(OTHERS_READ)
    variables = [base for base in bases if isinstance(base, ast.Name)]
    if variables or sharing:
        found += _of_variables(variables, candidate, source, trace, sharing)
    return list(dict.fromkeys(found))


def _returned_by_calls(bases: Sequence[ast.expr], source: Source, trace: Trace) -> Iterator[ast.expr]:
    """Yield what the calls among `bases` may return on a path that was not seen: arguments, or an attribute.

    An attribute without a name represents memory that is held outside of the called function.
    """
    waiting = [base for base in bases if isinstance(base, ast.Call)]
    while waiting:
        call = waiting.pop()
        found = trace.own_returns.of_call(call, source) if trace.own_returns is not None else ()
        if HELD_OUTSIDE in found:
            yield ast.Attribute(call, "", ast.Load())
        if OF_ARGUMENT in found:
            given = [leaf for each in argument_values(call) for leaf in memory_leaves(each)]
            waiting += [leaf for leaf in given if isinstance(leaf, ast.Call)]
            yield from given


def arms_of(choice: ast.IfExp | ast.BoolOp) -> list[ast.expr]:
    """Return the expressions of which a conditional expression gives one."""
    return [choice.body, choice.orelse] if isinstance(choice, ast.IfExp) else choice.values


def _of_variables(
    variables: Sequence[ast.Name],
    candidate: Candidate,
    source: Source,
    trace: Trace,
    sharing: Collection[str],
) -> Iterator[Caution]:
    """Yield the cautions about variables that may share memory with the operand, and may be read later.

    `variables`: names in the expression of the operand. `sharing`: as in `caution_of`.
    """
    function = _function(source, candidate.written)
    if function is None:
        yield Caution("it is a global variable")
        return
    if isinstance(function, ast.Lambda):
        yield Caution("it is a variable of a lambda")
        return
    site = source.node(candidate.place)
    assert site is not None
    memoryless = _memoryless(function, source, trace)
    names = set(sharing).union(*(aliases_of(each, function, source, memoryless, sharing) for each in variables))
    through, given = set(map(id, variables)), _returned_to(names, function, source, trace)
    if any(isinstance(each, ast.Attribute) for each in given):
        yield OTHERS_READ
    while more := [each for each in given if isinstance(each, ast.Name) and id(each) not in through]:
        through.update(map(id, more))
        names = names.union(*(aliases_of(each, function, source, memoryless) for each in more))
        yield from _of_parameters(more, function, source)
        given = _returned_to(names, function, source, trace)
    yield from _of_choices(candidate, names, function)
    for each in sorted(names):
        if _is_declared_elsewhere(each, function):
            yield Caution(f"`{each}` is a variable of another function too")
        if Paths(each, function, source).lead_to_read(site):
            yield Caution(f"`{each}` can be read later on a path that was not seen")
    unseen = unseen_lines(function, source, trace.lines)
    for each in ast.walk(function):
        if isinstance(each, ast.Name) and each.id in names and each.lineno in unseen:
            yield Caution(f"line {each.lineno}, which was not executed, uses `{each.id}`")
            return


def _returned_to(names: Collection[str], function: Holder, source: Source, trace: Trace) -> list[ast.expr]:
    """Return what calls may return on a path that was not seen, for calls whose result one of `names` gets."""
    values: list[ast.expr] = []
    for node in ast.walk(function):
        for target, value in assignments_in(node):
            if any(name in names for name in memory_names(target)):
                values += memory_leaves(value)
    return list(_returned_by_calls(values, source, trace))


def _of_parameters(names: Sequence[ast.Name], function: Holder, source: Source) -> Iterator[Caution]:
    arguments = {each.arg for each in ast.walk(function.args) if isinstance(each, ast.arg)}
    for each in names:
        if each.id in arguments and Paths(each.id, function, source, each).of_block(function.body).reads:
            yield Caution(f"on a path that was not seen it is `{each.id}`, an argument")


def _of_choices(candidate: Candidate, names: Collection[str], function: Holder) -> Iterator[Caution]:
    """Yield a caution per argument that the operand may be by another arm of a condition.

    Executed lines do not show which arm of `a if c else b` was evaluated.
    """
    arguments = {each.arg for each in ast.walk(function.args) if isinstance(each, ast.arg)}
    values = [candidate.written]
    for node in ast.walk(function):
        for target, value in assignments_in(node):
            if any(name in names for name in memory_names(target)):
                values.append(value)
    for value in values:
        choices = [each for each in ast.walk(value) if isinstance(each, ast.IfExp | ast.BoolOp)]
        of_arms = {name for choice in choices for arm in arms_of(choice) for name in memory_names(arm)}
        for name in sorted(arguments.intersection(of_arms, memory_names(value))):
            yield Caution(f"on another arm of a condition it is `{name}`, an argument, or part of it")


def _is_declared_elsewhere(name: str, function: Holder) -> bool:
    declared = [each for each in ast.walk(function) if isinstance(each, ast.Global | ast.Nonlocal)]
    return any(name in each.names for each in declared)


def _memoryless(function: Function, source: Source, trace: Trace) -> set[str]:
    """Return the global names that are a module, a function or a class, and no variable of the functions around."""
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
