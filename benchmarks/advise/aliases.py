"""Variables that may stand for the same memory, as far as the source of their function tells."""

import ast
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from benchmarks.advise.liveness import Holder, Paths
from benchmarks.advise.memory_leaves import assignments_in, memory_leaves
from benchmarks.advise.rewrite import Source

#: Methods that return parts of a tensor which share no byte.
_SPLITTING = {"chunk", "split", "unbind", "split_with_sizes"}


@dataclass(frozen=True)
class _Flow:
    """A piece of code after which a variable may stand for, or hold, the memory of another."""

    into: str
    source: str
    node: ast.expr | ast.stmt


def aliases_of(
    name: ast.Name, function: Holder, source: Source, memoryless: Collection[str] = (), sharing: Collection[str] = ()
) -> set[str]:
    """The variables that may stand for the memory that `name` stands for there, itself among them.

    What flows into the variable itself, or out of it, counts only where its value came from there on some path, or may
    be the one that went. Of others all counts. `memoryless`: names of modules, functions and classes. `sharing`: the
    variables that were seen to share bytes with it: what one call split up are other parts, where that was seen too.
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
    """Whether a variable may still have one of the values that flowed into it where `name` is read."""
    into = [flow.node for flow in flows if flow.into == variable]
    if not into or not all(isinstance(node, ast.Assign) and _is_plain(node, variable) for node in into):
        return True
    return any(Paths(variable, function, source, name).lead_to_read(node, assigned=True) for node in into)


def _is_plain(node: ast.Assign, variable: str) -> bool:
    """Whether an assignment gives the variable itself another value, rather than an attribute or an element of it."""
    targets = [each for target in node.targets for each in (target.elts if isinstance(target, ast.Tuple) else [target])]
    return any(isinstance(each, ast.Name) and each.id == variable for each in targets)


def _splits(node: ast.expr | ast.stmt) -> bool:
    """Whether it is an assignment that gives several variables the parts that a call splits a tensor into."""
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
    """All that is reached from the start along pairs, the start among it."""
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
    """The variables whose memory an expression may return, or holds."""
    for leaf in memory_leaves(node):
        if isinstance(leaf, ast.Name):
            yield leaf.id
        elif isinstance(leaf, ast.Attribute):
            yield from memory_names(leaf.value)
