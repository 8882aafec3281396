"""Find the parts of an expression whose memory its value may share: the one walk for all who ask about memory."""

import ast
from collections.abc import Iterator

#: Methods and attributes that may give the tensor itself, or a view of it.
SHARING = {
    "contiguous", "to", "float", "half", "double", "bfloat16", "type", "type_as", "reshape", "cpu", "cuda", "flatten",
    "expand", "expand_as", "broadcast_to", "detach", "view", "squeeze", "unsqueeze", "narrow", "chunk", "split",
    "view_as", "ravel", "transpose", "permute", "unflatten", "unbind", "select", "t", "swapaxes", "movedim", "diagonal",
    "requires_grad_", "numpy", "data", "unfold", "as_strided", "swapdims", "mT", "tensor_split", "positive", "real",
}  # fmt: skip
#: Functions, and usual names of modules, that return their argument when they have nothing to do.
RETURNS_INPUT = {"dropout", "drop", "identity", "drop_path", "Identity"}
CONTAINERS = {"tuple", "list", "dict", "set", "reversed", "zip", "enumerate", "sorted", "iter", "next", "deque"}
_DROPOUTS = {"dropout", "dropout1d", "dropout2d", "dropout3d"}
#: The usual names of torch's modules in source.
_MODULES = {"torch", "F", "functional"}
#: Attributes of a tensor that hold none of its memory.
FACTS = {"shape", "dtype", "device", "ndim", "layout", "requires_grad", "is_leaf", "training"}
#: Methods of containers that keep their argument, and methods that return what the container holds.
_KEEPING = {"append", "add", "extend", "insert", "setdefault", "update", "appendleft", "extendleft", "put", "push"}
_HANDING_OUT = {"get", "pop", "popleft", "values", "items", "copy", "setdefault"}
#: Expressions whose value is new, or is no tensor and holds none.
_NEW = (ast.Constant, ast.Compare, ast.JoinedStr, ast.FormattedValue, ast.Lambda, ast.Slice)


def memory_leaves(node: ast.AST) -> Iterator[ast.expr]:
    """Yield the parts of an expression whose memory its value may share or hold.

    These are variables, attributes, calls, operators that may join containers (`a + b` of lists), and all that is not
    understood here. A call is followed by the parts of those arguments that it may return, judged by its name.
    """
    if isinstance(node, ast.Name):
        yield node
    elif isinstance(node, ast.Attribute):
        if node.attr in SHARING:
            yield from memory_leaves(node.value)
        elif node.attr not in FACTS:
            yield node
    elif isinstance(node, ast.Call):
        yield node
        for each in returned_arguments(node):
            yield from memory_leaves(each)
    elif isinstance(node, ast.BinOp) and not (is_container(node.left) or is_container(node.right)):
        yield node
    elif isinstance(node, ast.expr) and not isinstance(node, _NEW):
        within = _within(node)
        if within is None:
            yield node
        for each in within or ():
            yield from memory_leaves(each)


def _within(node: ast.expr) -> list[ast.expr] | None:
    """Return the parts of an expression whose memory it returns or holds; None if it is not understood."""
    if isinstance(node, ast.Subscript | ast.Starred | ast.Await):
        return [node.value]
    if isinstance(node, ast.UnaryOp):  # of these `+x` alone may be x itself
        return [node.operand] if isinstance(node.op, ast.UAdd) else []
    if isinstance(node, ast.NamedExpr):
        return [node.target, node.value]
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return node.elts
    if isinstance(node, ast.Dict | ast.BoolOp):
        return node.values
    if isinstance(node, ast.IfExp):
        return [node.body, node.orelse]
    if isinstance(node, ast.BinOp):
        return [node.left, node.right]
    if isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp):
        return [node.elt]
    return [node.key, node.value] if isinstance(node, ast.DictComp) else None


def is_container(node: ast.expr) -> bool:
    """Whether an expression certainly makes a container. The sum of two containers holds what both hold."""
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id in CONTAINERS
    if isinstance(node, ast.BinOp):
        return is_container(node.left) or is_container(node.right)
    kinds = ast.Tuple, ast.List, ast.Set, ast.Dict, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp
    return isinstance(node, kinds)


def returned_arguments(node: ast.Call) -> list[ast.expr]:
    """Return the arguments, or the object of the method, that a call may return, or a view or an element of them.

    Only the name of the called function or method decides.
    """
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    of_torch = isinstance(node.func, ast.Attribute) and getattr(node.func.value, "id", "") in _MODULES
    values = argument_values(node)
    if always_drops(node):
        return []
    if name in RETURNS_INPUT or name in CONTAINERS:
        return values
    if of_torch or isinstance(node.func, ast.Name):
        return values[:1] if name in SHARING or name.endswith("_") or _is_inplace(node) else []
    if isinstance(node.func, ast.Attribute) and (name in SHARING or name in _HANDING_OUT or name.endswith("_")):
        return [node.func.value]
    return []


def argument_values(node: ast.Call) -> list[ast.expr]:
    """Return the expressions of all arguments of a call."""
    return [*node.args, *(each.value for each in node.keywords)]


def assignments_in(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Yield the target and the value of each assignment in one node; a value put into a container counts too."""
    if isinstance(node, ast.Assign):
        yield from ((target, node.value) for target in node.targets)
    elif isinstance(node, ast.AnnAssign | ast.NamedExpr | ast.AugAssign) and node.value is not None:
        if not isinstance(node, ast.AugAssign) or is_container(node.value):
            yield node.target, node.value
    elif isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
        yield node.target, node.iter
    elif isinstance(node, ast.withitem) and node.optional_vars is not None:
        yield node.optional_vars, node.context_expr
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _KEEPING:
        yield from ((node.func.value, each) for each in argument_values(node))


def _is_inplace(node: ast.Call) -> bool:
    """Whether a call has the argument `inplace` with any value but a false constant, or `**options`."""
    return any(
        each.arg in (None, "inplace") and not (isinstance(each.value, ast.Constant) and not each.value.value)
        for each in node.keywords
    )


def always_drops(node: ast.expr | None) -> bool:
    """Whether an expression is a call of torch's dropout that certainly drops; other ones may return their input."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.func.attr not in _DROPOUTS:
        return False
    if getattr(node.func.value, "id", "") not in _MODULES or _is_inplace(node):
        return False
    if not {each.arg for each in node.keywords} <= {"input", "p", "training", "inplace"}:
        return False
    given = dict(zip(("input", "p", "training"), node.args, strict=False))
    given |= {each.arg: each.value for each in node.keywords if each.arg}
    share, training = given.get("p", ast.Constant(0.5)), given.get("training", ast.Constant(True))
    if not isinstance(share, ast.Constant) or not isinstance(training, ast.Constant):
        return False
    return bool(share.value) and training.value is True
