"""Variables that may stand for the same memory, as far as the source of their function tells."""

import ast
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from benchmarks.advise.liveness import Holder, Paths
from benchmarks.advise.rewrite import Source

#: Methods that may return what they are called on, or a view of it.
SHARING = {
    "contiguous", "to", "float", "half", "double", "bfloat16", "type", "type_as", "reshape", "cpu", "cuda", "flatten",
    "expand", "expand_as", "broadcast_to", "detach", "view", "squeeze", "unsqueeze", "narrow", "chunk", "split",
    "view_as", "ravel", "transpose", "permute", "unflatten", "unbind", "select", "t", "swapaxes", "movedim", "diagonal",
    "requires_grad_", "numpy", "data", "unfold", "as_strided", "swapdims", "mT", "tensor_split", "positive", "real",
}  # fmt: skip
#: Of these, the ones that return parts which share no byte.
_SPLITTING = {"chunk", "split", "unbind", "split_with_sizes"}
#: Calls, of modules or functions, that return what they are given where they have nothing to do.
RETURNS_INPUT = {"dropout", "drop", "identity", "drop_path", "Identity"}
CONTAINERS = {"tuple", "list", "dict", "set", "reversed", "zip", "enumerate", "sorted", "iter", "next", "deque"}
_DROPOUTS = {"dropout", "dropout1d", "dropout2d", "dropout3d"}
#: What functions of torch are called by.
MODULES = {"torch", "F", "functional"}
#: Attributes of a tensor that hold none of its memory.
FACTS = {"shape", "dtype", "device", "ndim", "layout", "requires_grad", "is_leaf", "training"}
#: Methods of containers that keep what they are given, or hand it out.
_KEEPING = {"append", "add", "extend", "insert", "setdefault", "update", "appendleft", "put", "push"}
HANDING_OUT = {"get", "pop", "popleft", "values", "items", "copy"}


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
    if isinstance(node, ast.Assign):
        for target in node.targets:
            yield from _of_assignment(target, node.value, node)
    elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and node.value is not None:
        yield from _of_assignment(node.target, node.value, node)
    elif isinstance(node, ast.For):
        yield from _of_assignment(node.target, node.iter, node)
    elif isinstance(node, ast.comprehension):
        yield from _of_assignment(node.target, node.iter, node.iter)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _KEEPING:
        for target in memory_names(node.func.value):
            yield from (_Flow(target, value, node) for each in node.args for value in memory_names(each))


def _of_assignment(target: ast.expr, value: ast.expr, node: ast.expr | ast.stmt) -> Iterator[_Flow]:
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
        for one, other in zip(target.elts, value.elts, strict=True):
            yield from _of_assignment(one, other, node)
    else:
        yield from (_Flow(one, other, node) for one in memory_names(target) for other in memory_names(value))


def memory_names(node: ast.AST) -> Iterator[str]:
    """The variables whose memory an expression may return, or holds."""
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.Attribute) and node.attr in FACTS:
        return
    elif isinstance(node, ast.Attribute | ast.Subscript | ast.Starred | ast.NamedExpr):
        yield from memory_names(node.value)
    elif isinstance(node, ast.Tuple | ast.List | ast.Set):
        for each in node.elts:
            yield from memory_names(each)
    elif isinstance(node, ast.Dict | ast.BoolOp):
        for each in node.values:
            yield from memory_names(each)
    elif isinstance(node, ast.IfExp):
        yield from (*memory_names(node.body), *memory_names(node.orelse))
    elif isinstance(node, ast.ListComp | ast.GeneratorExp | ast.SetComp):
        yield from memory_names(node.elt)
    elif isinstance(node, ast.Call):
        yield from _bases_of_call(node)


def _bases_of_call(node: ast.Call) -> Iterator[str]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    of_torch = isinstance(node.func, ast.Attribute) and getattr(node.func.value, "id", "") in MODULES
    if always_drops(node):
        return
    if name in RETURNS_INPUT or name in CONTAINERS:
        for argument in node.args:
            yield from memory_names(argument)
    elif of_torch or isinstance(node.func, ast.Name):
        if node.args and (name in SHARING or name.endswith("_") or _is_inplace(node)):
            yield from memory_names(node.args[0])
    elif isinstance(node.func, ast.Attribute) and (name in SHARING or name in HANDING_OUT or name.endswith("_")):
        yield from memory_names(node.func.value)


def _is_inplace(node: ast.Call) -> bool:
    """Whether a call says that it works in place, or does not say how."""
    return any(
        each.arg in (None, "inplace") and not (isinstance(each.value, ast.Constant) and not each.value.value)
        for each in node.keywords
    )


def always_drops(node: ast.expr | None) -> bool:
    """Whether an expression is a call of torch's dropout that says itself that it drops: else it returns its input."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.func.attr not in _DROPOUTS:
        return False
    if getattr(node.func.value, "id", "") not in MODULES or _is_inplace(node):
        return False
    if not {each.arg for each in node.keywords} <= {"input", "p", "training", "inplace"}:
        return False
    given = dict(zip(("input", "p", "training"), node.args, strict=False))
    given |= {each.arg: each.value for each in node.keywords if each.arg}
    share, training = given.get("p", ast.Constant(0.5)), given.get("training", ast.Constant(True))
    if not isinstance(share, ast.Constant) or not isinstance(training, ast.Constant):
        return False
    return bool(share.value) and training.value is True
