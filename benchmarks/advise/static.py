"""What the source says of an operand beyond what was executed: names that are read later, and branches not seen."""

import ast
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from types import BuiltinFunctionType, FunctionType, ModuleType

from benchmarks.advise.aliases import aliases_of, memory_names
from benchmarks.advise.candidates import Candidate
from benchmarks.advise.liveness import Holder, Paths
from benchmarks.advise.memory_leaves import assignments_in, given_values, memory_leaves
from benchmarks.advise.occurrences import Trace
from benchmarks.advise.own_returns import GIVEN, KEPT
from benchmarks.advise.rewrite import Source
from benchmarks.advise.unseen_lines import Function, unseen_lines


@dataclass(frozen=True)
class Caution:
    """Why a switch rests on what was not seen."""

    text: str


OTHERS_READ = Caution("it is an attribute or an element, which others can read")


def is_name(node: ast.expr) -> bool:
    """Whether an expression stands for a value that has a name: a variable, an attribute, an element."""
    return isinstance(node, ast.Name | ast.Attribute | ast.Subscript | ast.Starred | ast.NamedExpr)


def reorders_calls(candidate: Candidate) -> bool:
    """Whether what is evaluated before the operand, and would be after it, calls something: order matters there."""
    calls = (ast.Call, ast.Await, ast.NamedExpr, ast.Yield, ast.YieldFrom)
    return any(isinstance(each, calls) for other in candidate.before for each in ast.walk(other))


def caution_of(
    candidate: Candidate, source: Source, trace: Trace, sharing: Collection[str], nameless: bool = False
) -> list[Caution]:
    """Everything in the source that keeps a candidate from being proved by what was executed.

    `sharing`: the variables that were seen to share bytes with the operand. `nameless`: it was made within the call.
    """
    found: list[Caution] = []
    whole = source.node(candidate.place)
    bases = list(memory_leaves(candidate.written)) if not nameless else [whole] if whole is not None else []
    bases = [*([] if nameless else bases), *_given_to_calls(bases, source, trace)]
    if any(isinstance(base, ast.Attribute) for base in bases):
        found.append(OTHERS_READ)
    variables = [base for base in bases if isinstance(base, ast.Name)]
    if variables or sharing:
        found += _of_variables(variables, candidate, source, trace, sharing)
    return list(dict.fromkeys(found))


def _given_to_calls(bases: Sequence[ast.expr], source: Source, trace: Trace) -> Iterator[ast.expr]:
    """What calls among some expressions may return on a path that was not seen: an argument, or an attribute."""
    waiting = [base for base in bases if isinstance(base, ast.Call)]
    while waiting:
        call = waiting.pop()
        found = trace.own_returns.of_call(call, source) if trace.own_returns is not None else ()
        if KEPT in found:
            yield ast.Attribute(call, "", ast.Load())
        if GIVEN in found:
            given = [leaf for each in given_values(call) for leaf in memory_leaves(each)]
            waiting += [leaf for leaf in given if isinstance(leaf, ast.Call)]
            yield from given


def arms_of(choice: ast.IfExp | ast.BoolOp) -> list[ast.expr]:
    """The expressions one of which it is."""
    return [choice.body, choice.orelse] if isinstance(choice, ast.IfExp) else choice.values


def _of_variables(
    variables: Sequence[ast.Name],
    candidate: Candidate,
    source: Source,
    trace: Trace,
    sharing: Collection[str],
) -> Iterator[Caution]:
    """What may be read under another name. A call of the user's own may return a part of any that is in `sharing`."""
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
    through, given = set(map(id, variables)), _given_to(names, function, source, trace)
    if any(isinstance(each, ast.Attribute) for each in given):
        yield OTHERS_READ
    while more := [each for each in given if isinstance(each, ast.Name) and id(each) not in through]:
        through.update(map(id, more))
        names = names.union(*(aliases_of(each, function, source, memoryless) for each in more))
        yield from _of_parameters(more, function, source)
        given = _given_to(names, function, source, trace)
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


def _given_to(names: Collection[str], function: Holder, source: Source, trace: Trace) -> list[ast.expr]:
    """What calls may return on a path that was not seen, where one of some variables gets their result."""
    values: list[ast.expr] = []
    for node in ast.walk(function):
        for target, value in assignments_in(node):
            if any(name in names for name in memory_names(target)):
                values += memory_leaves(value)
    return list(_given_to_calls(values, source, trace))


def _of_parameters(names: Sequence[ast.Name], function: Holder, source: Source) -> Iterator[Caution]:
    arguments = {each.arg for each in ast.walk(function.args) if isinstance(each, ast.arg)}
    for each in names:
        if each.id in arguments and Paths(each.id, function, source, each).of_block(function.body).reads:
            yield Caution(f"on a path that was not seen it is `{each.id}`, an argument")


def _of_choices(candidate: Candidate, names: Collection[str], function: Holder) -> Iterator[Caution]:
    """Where it is one of several values, which one is not shown by the lines that ran: one may be the caller's."""
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
