"""Find the variables of a function that may share memory with a given one, from the function's source."""

import ast
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from benchmarks.advise.source.liveness import Holder, Paths
from benchmarks.advise.source.memory_leaves import assignments_in, memory_leaves
from benchmarks.advise.source.rewrite import Source

#: Methods that return parts of a tensor which share no byte.
_SPLITTING = {"chunk", "split", "unbind", "split_with_sizes"}


@dataclass(frozen=True)
class _Flow:
    """A piece of code after which the variable `into` may share memory with the variable `source`, or hold it."""

    into: str
    source: str
    node: ast.expr | ast.stmt


def aliases_of(
    name: ast.Name, function: Holder, source: Source, memoryless: Collection[str] = (), sharing: Collection[str] = ()
) -> set[str]:
    """Return the names of the variables that may share memory with `name` where it is read, with its own name.

    An assignment to `name` itself, or from it, counts only if the value is still the same when `name` is read, on some
    path. Assignments between other variables always count. Where one call split a tensor into several variables
    (`a, b = x.chunk(2)`), the others share no byte with `name`, but for those in `sharing`.

    `memoryless`: names of modules, functions and classes, which hold no memory of tensors. `sharing`: variables that
    were seen to share bytes with `name` during the execution; they are always part of the result.
    """
    found = [flow for node in ast.walk(function) for flow in _flows(node)]
    flows = [flow for flow in found if flow.source not in memoryless and flow.into not in memoryless]
    into = [flow for flow in flows if flow.into == name.id and _reaches(flow, True, name, function, source)]
    out_of = [flow for flow in flows if flow.source == name.id and _reaches(flow, False, name, function, source)]
    origins = _closure({flow.source for flow in into}, [(flow.into, flow.source) for flow in flows])
    starts = origins | {flow.into for flow in out_of} | {name.id}
    splits = {id(flow.node) for flow in into if _splits(flow.node)}
    pairs = [
        (flow.source, flow.into)
        for flow in flows
        if id(flow.node) not in splits or flow.into == name.id or flow.into in sharing
    ]
    reached = starts | _closure(starts - {name.id}, pairs)
    return {each for each in reached if each == name.id or _may_hold(each, flows, name, function, source)} | set(
        sharing
    )


def _may_hold(variable: str, flows: Sequence[_Flow], name: ast.Name, function: Holder, source: Source) -> bool:
    """Whether a variable may still have one of the values that it was assigned, when `name` is read."""
    into = [flow.node for flow in flows if flow.into == variable]
    if not into or not all(isinstance(node, ast.Assign) and _is_plain(node, variable) for node in into):
        return True
    return any(Paths(variable, function, source, name).lead_to_read(node, assigned=True) for node in into)


def _is_plain(node: ast.Assign, variable: str) -> bool:
    """Whether an assignment gives the variable itself a new value, and not one of its attributes or elements."""
    targets = [each for target in node.targets for each in (target.elts if isinstance(target, ast.Tuple) else [target])]
    return any(isinstance(each, ast.Name) and each.id == variable for each in targets)


def _splits(node: ast.expr | ast.stmt) -> bool:
    """Whether the code is an assignment of several variables to the parts of one tensor: `a, b = x.chunk(2)`."""
    if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Call):
        return False
    called = node.value.func.attr if isinstance(node.value.func, ast.Attribute) else ""
    return called in _SPLITTING and len(node.targets) == 1 and isinstance(node.targets[0], ast.Tuple)


def _reaches(flow: _Flow, assigned: bool, name: ast.Name, function: Holder, source: Source) -> bool:
    if isinstance(flow.node, ast.NamedExpr) and flow.node.target is name:
        return True
    assigned = assigned and isinstance(flow.node, ast.stmt)
    return Paths(name.id, function, source, name).lead_to_read(flow.node, assigned)


def _closure(start: set[str], pairs: Sequence[tuple[str, str]]) -> set[str]:
    """Return all names that can be reached from `start` by going from first to second of `pairs`, with `start`."""
    found, before = set(start), -1
    while len(found) > before:
        before = len(found)
        found |= {second for first, second in pairs if first in found}
    return found


def _flows(node: ast.AST) -> Iterator[_Flow]:
    for target, value in assignments_in(node):
        at = node if isinstance(node, ast.expr | ast.stmt) else value
        yield from _of_assignment(target, value, at)


def _of_assignment(target: ast.expr, value: ast.expr, node: ast.expr | ast.stmt) -> Iterator[_Flow]:
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
        for one, other in zip(target.elts, value.elts, strict=True):
            yield from _of_assignment(one, other, node)
    else:
        yield from (_Flow(one, other, node) for one in memory_names(target) for other in memory_names(value))


def memory_names(node: ast.AST) -> Iterator[str]:
    """Yield the names of the variables whose memory an expression may return, or hold."""
    for leaf in memory_leaves(node):
        if isinstance(leaf, ast.Name):
            yield leaf.id
        elif isinstance(leaf, ast.Attribute):
            yield from memory_names(leaf.value)
