"""Tell which `with` statements may stop an exception that is raised in their body."""

import ast

#: `except*` from Python 3.11 on.
TRIES: tuple[type[ast.Try], ...] = (ast.Try, getattr(ast, "TryStar", ast.Try))
#: Context managers that catch no exception, by the last part of their name.
_LETTING_THROUGH = {
    "no_grad", "enable_grad", "inference_mode", "set_grad_enabled", "autocast", "record_function", "nullcontext",
    "profile", "device", "stream", "saved_tensors_hooks", "save_on_cpu", "no_sync", "sdpa_kernel", "detect_anomaly",
    "fork_rng", "set_detect_anomaly",
}  # fmt: skip


def may_catch(statement: ast.stmt) -> bool:
    """Whether a statement is a `with` that may stop an exception raised in its body.

    False only if it is no `with`, or if all of its context managers are known to let exceptions through.
    """
    if not isinstance(statement, ast.With | ast.AsyncWith):
        return False
    return not all(_name_of_call(item.context_expr) in _LETTING_THROUGH for item in statement.items)


def _name_of_call(node: ast.expr) -> str:
    called = node.func if isinstance(node, ast.Call) else node
    return called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
