"""Variables that may stand for the same memory, as far as the source of their function tells."""

import ast
from collections.abc import Iterator
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
#: Calls, of modules or functions, that return what they are given where they have nothing to do.
_MAYBE_NOTHING = {"dropout", "drop", "identity", "drop_path", "Identity"}
_CONTAINERS = {"tuple", "list", "dict", "set", "reversed", "zip", "enumerate", "sorted", "iter", "next", "deque"}
#: What functions of torch are called by.
_MODULES = {"torch", "F", "functional"}
#: Attributes of a tensor that hold none of its memory.
_FACTS = {"shape", "dtype", "device", "ndim", "layout", "requires_grad", "is_leaf", "training"}
#: Methods of containers that keep what they are given, or hand it out.
_KEEPING = {"append", "add", "extend", "insert", "setdefault", "update", "appendleft", "put", "push"}
_HANDING_OUT = {"get", "pop", "popleft", "values", "items", "copy"}


@dataclass(frozen=True)
class _Sharing:
    """A piece of code after which two variables may stand for the same memory."""

    one: str
    other: str
    node: ast.expr | ast.stmt


def aliases_of(name: ast.Name, function: Holder, source: Source) -> set[str]:
    """The variables that may stand for the memory that `name` stands for there, itself among them.

    What shared with the variable itself counts only where its value came from there on some path. Of others all counts.
    """
    shared = [each for node in ast.walk(function) for each in _shared(node)]
    found, waiting = {name.id}, []
    for each in shared:
        if name.id in (each.one, each.other):
            assigned = each.one == name.id and isinstance(each.node, ast.stmt)
            if Paths(name.id, function, source, name).lead_to_read(each.node, assigned):
                waiting += [each.one, each.other]
    while waiting:
        new = waiting.pop()
        if new not in found:
            found.add(new)
            waiting += [other for each in shared for other in (each.one, each.other) if new in (each.one, each.other)]
    return found


def _shared(node: ast.AST) -> Iterator[_Sharing]:
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
        for target in _bases(node.func.value):
            yield from (_Sharing(target, value, node) for each in node.args for value in _bases(each))


def _of_assignment(target: ast.expr, value: ast.expr, node: ast.expr | ast.stmt) -> Iterator[_Sharing]:
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
        for one, other in zip(target.elts, value.elts, strict=True):
            yield from _of_assignment(one, other, node)
    else:
        yield from (_Sharing(one, other, node) for one in _bases(target) for other in _bases(value))


def _bases(node: ast.AST) -> Iterator[str]:
    """The variables whose memory an expression may return, or holds."""
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.Attribute) and node.attr in _FACTS:
        return
    elif isinstance(node, ast.Attribute | ast.Subscript | ast.Starred | ast.NamedExpr):
        yield from _bases(node.value)
    elif isinstance(node, ast.Tuple | ast.List | ast.Set):
        for each in node.elts:
            yield from _bases(each)
    elif isinstance(node, ast.Dict | ast.BoolOp):
        for each in node.values:
            yield from _bases(each)
    elif isinstance(node, ast.IfExp):
        yield from (*_bases(node.body), *_bases(node.orelse))
    elif isinstance(node, ast.ListComp | ast.GeneratorExp | ast.SetComp):
        yield from _bases(node.elt)
    elif isinstance(node, ast.Call):
        yield from _bases_of_call(node)


def _bases_of_call(node: ast.Call) -> Iterator[str]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    of_torch = isinstance(node.func, ast.Attribute) and getattr(node.func.value, "id", "") in (
        "torch",
        "F",
        "functional",
    )
    if name in _MAYBE_NOTHING or name in _CONTAINERS:
        for argument in node.args:
            yield from _bases(argument)
    elif (of_torch or isinstance(node.func, ast.Name)) and name in SHARING and node.args:
        yield from _bases(node.args[0])
    elif isinstance(node.func, ast.Attribute) and (name in SHARING or name in _HANDING_OUT or name.endswith("_")):
        yield from _bases(node.func.value)
