"""Find the line that gives an operand its value: an assignment, a loop, or the function whose argument it is."""

import ast
from collections.abc import Iterator

from benchmarks.advise.source.memory_leaves import assignments_in
from benchmarks.advise.source.rewrite import Source
from benchmarks.advise.source.unseen_lines import Function
from benchmarks.advise.user.question import Reader

#: Methods of modules that give an attribute its value.
_REGISTERING = {"register_buffer", "register_parameter", "register_module", "add_module"}
#: What can hold variables.
_Holder = Function | ast.Module


def giving_line(source: Source, site: ast.expr, written: ast.expr) -> Reader:
    """Return where the operand of a site gets its value: the expression of the operand itself if that has no name.

    `written`: that expression. Of a variable the last assignment before the site counts, or else the first one; an
    attribute is looked for in the whole class.
    """
    found = _of_variable(source, site, written)
    text = " ".join(source.text(written).split())
    return found if found is not None else Reader(f"`{text}`", source.file, written.lineno)


def _of_variable(source: Source, site: ast.expr, node: ast.expr) -> Reader | None:
    while True:
        if isinstance(node, ast.Attribute):
            found = _of_attribute(source, site, node)
            if found is not None:
                return found
            node = node.value
        elif isinstance(node, ast.Subscript | ast.Starred):
            node = node.value
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            node = node.func.value
        else:
            return _of_name(source, site, node) if isinstance(node, ast.Name) else None


def _of_attribute(source: Source, site: ast.expr, written: ast.Attribute) -> Reader | None:
    of_class = next((each for each in source.around(site) if isinstance(each, ast.ClassDef)), None)
    if of_class is None or not isinstance(written.value, ast.Name):
        return None
    first = min(filter(None, (_gives(each, written) for each in ast.walk(of_class))), key=_place, default=None)
    return None if first is None else _line(source, first)


def _gives(node: ast.AST, written: ast.Attribute) -> ast.expr | ast.stmt | None:
    """Return a node that gives an attribute of this name its value; None for any other."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _REGISTERING:
        names = [each.value for each in node.args[:1] if isinstance(each, ast.Constant)]
        return node if written.attr in names else None
    for target, value in assignments_in(node):
        parts = target.elts if isinstance(target, ast.Tuple | ast.List) else [target]
        if any(isinstance(part, ast.Attribute) and part.attr == written.attr for part in parts):
            return value
    return None


def _of_name(source: Source, site: ast.expr, written: ast.Name) -> Reader | None:
    inner: ast.AST = site
    for holder in source.around(site):
        if not isinstance(holder, _Holder):
            continue
        given = sorted((each for each in _given_in(holder, written.id) if site not in ast.walk(each)), key=_place)
        before = [each for each in given if each.lineno < getattr(inner, "lineno", 0)]
        if given:
            return _line(source, (before or given)[-1 if before else 0])
        if isinstance(holder, Function) and written.id in _arguments(holder):
            name = getattr(holder, "name", "a lambda")
            return Reader(f"`{written.id}`, an argument of {name},", source.file, holder.lineno)
        inner = holder
    return None


def _given_in(holder: _Holder, name: str) -> Iterator[ast.expr]:
    """Yield the values that a variable gets in a function, and not in the functions within it."""
    waiting: list[ast.AST] = list(ast.iter_child_nodes(holder))
    while waiting:
        node = waiting.pop()
        for target, value in assignments_in(node):
            if name in _names_given(target):
                yield value
        if not isinstance(node, Function | ast.ClassDef):
            waiting += ast.iter_child_nodes(node)


def _names_given(target: ast.expr) -> Iterator[str]:
    """Yield the variables that an assignment to `target` gives a value, or an element."""
    if isinstance(target, ast.Tuple | ast.List):
        for each in target.elts:
            yield from _names_given(each)
    elif isinstance(target, ast.Subscript | ast.Starred):
        yield from _names_given(target.value)
    elif isinstance(target, ast.Name):
        yield target.id


def _arguments(function: Function) -> set[str]:
    return {each.arg for each in ast.walk(function.args) if isinstance(each, ast.arg)}


def _place(node: ast.expr | ast.stmt) -> tuple[int, int]:
    return node.lineno, node.col_offset


def _line(source: Source, node: ast.expr | ast.stmt) -> Reader:
    """Return the statement that a node is part of, or its first line if it holds other statements."""
    statement = next(each for each in (node, *source.around(node)) if isinstance(each, ast.stmt))
    text = source.text(statement).split("\n")[0] if hasattr(statement, "body") else source.text(statement)
    return Reader(f"`{' '.join(text.split())}`", source.file, statement.lineno)
