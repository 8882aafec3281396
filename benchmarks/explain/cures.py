"""Cures: changes of the user's source that repair a finding. Each can be tried."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from benchmarks.explain.conflicts import HANDED, OVERLAP, REJECTED, STALE, Conflict, OpPlace
from benchmarks.explain.edits import (
    appended,
    bound_within,
    inserted_before,
    is_read_before,
    moved_behind,
    node_replaced,
    stands_alone,
)
from benchmarks.explain.source import expression_at, source_of_file, statement_at
from benchmarks.source_text import SourceText, TextEdit
from benchmarks.tracking.site import Site

OUT_OF_PLACE, COPY, ORDER, FLAG = "out-of-place", "copy", "order", "flag"

#: Names of modules whose in-place functions write their first argument.
_FUNCTIONS = {"torch": torch, "F": F, "nn.functional": F, "torch.nn.functional": F}


@dataclass(frozen=True)
class Cure:
    """One change. `shown`: the changed code, or what to do. `text`: the whole changed file."""

    kind: str
    file: str
    line: int
    shown: str
    text: str | None = None
    flag: str | None = None  #: the path of a module whose `inplace` should be false


def cures_of(finding: Conflict, has_flag: Callable[[str], bool]) -> list[Cure]:
    """Return the cures of a finding, those at its writes first; empty if there are none.

    `has_flag`: returns whether the module at a path has `inplace=True`.
    """
    if finding.kind == STALE:  # the write is right: the cast must be made anew
        return []
    found: list[Cure] = []
    saved = finding.saved.site if finding.saved is not None else None
    for place in finding.written:
        if place.module is not None and has_flag(place.module) and place.site is not None:
            shown = f"module {place.module!r}: inplace=False"
            found.append(Cure(FLAG, place.site.file, place.site.line, shown, flag=place.module))
        elif place.site is not None and finding.kind != HANDED:
            found += _at_the_write(
                place.site, copies=finding.kind != OVERLAP and not _is_in_its_statement(saved, place.site)
            )
    if saved is not None and finding.kind != REJECTED:
        found += _at_the_save(saved, finding)
    needed = finding.needed.site if finding.needed is not None else None
    if needed is not None and finding.kind not in (HANDED, REJECTED):
        found += [cure for place in finding.written if _may_move(saved, place) for cure in _moved(place, needed)]
    return list({(cure.file, cure.text, cure.flag): cure for cure in found}.values())


def _cure(kind: str, source: SourceText, line: int, edit: TextEdit) -> Cure:
    """Return the cure of one edit at a line. The first new line is shown, and after an added line the next one."""
    text = source.edited([edit])
    first = source.data.count(b"\n", 0, edit.start)
    count = 2 if edit.start == edit.end and "\n" in str(edit.pieces[0]) else 1
    shown = "; ".join(each.strip() for each in text.split("\n")[first : first + count])
    return Cure(kind, source.file, line, shown, text)


def _is_in_its_statement(saved: Site | None, written: Site) -> bool:
    """Return whether one statement saves and writes, so that nothing can come between."""
    statement = statement_at(written)
    return (
        saved is not None
        and statement is not None
        and saved.file == written.file
        and statement.lineno <= saved.line <= (statement.end_lineno or saved.line)
    )


def _may_move(saved: Site | None, place: OpPlace) -> bool:
    return place.site is not None and not _is_in_its_statement(saved, place.site)


def _at_the_write(site: Site, copies: bool) -> Iterator[Cure]:
    node, statement, source = expression_at(site), statement_at(site), source_of_file(site.file)
    if node is None or statement is None or source is None:
        return
    if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name | ast.Attribute):
        edit = node_replaced(source, node, _assignment(node, source))
        yield _cure(OUT_OF_PLACE, source, site.line, edit)
    elif isinstance(node, ast.Call):
        edit = _call_out_of_place(node, statement, source)
        if edit is not None:
            yield _cure(OUT_OF_PLACE, source, site.line, edit)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "numpy":
        if isinstance(statement, ast.Assign):  # the array has a name: what writes it means the array
            yield _cure(COPY, source, site.line, appended(source, node.func.value, ".clone()"))
        return
    written = _written_name(node, source)
    if written.partition(".")[0] in bound_within(statement):
        return
    if copies and written and isinstance(statement, ast.Expr | ast.AugAssign | ast.Assign):
        yield _cure(COPY, source, site.line, inserted_before(source, statement, f"{written} = {written}.clone()"))


def _assignment(node: ast.AugAssign, source: SourceText) -> str:
    """Return `h *= a + b` as the text `h = h * (a + b)`."""
    target, value = source.text(node.target), source.text(node.value)
    operator = ast.unparse(ast.AugAssign(ast.Name("h", ast.Store()), node.op, ast.Name("x", ast.Load()))).split()[1][
        :-1
    ]
    is_plain = isinstance(node.value, ast.Name | ast.Attribute | ast.Call | ast.Subscript | ast.Constant)
    return f"{target} = {target} {operator} {value if is_plain else f'({value})'}"


def _call_out_of_place(node: ast.Call, statement: ast.stmt, source: SourceText) -> TextEdit | None:
    flag = next((word.value for word in node.keywords if word.arg == "inplace"), None)
    if flag is not None:
        return node_replaced(source, flag, "False")
    found = _twin(node, source)
    if found is None:
        return None
    target, call = found
    if isinstance(statement, ast.Expr) and statement.value is node:
        return node_replaced(source, node, f"{target} = {call}") if _is_name(target) else None
    return node_replaced(source, node, call)


def _twin(node: ast.Call, source: SourceText) -> tuple[str, str] | None:
    """Return what an in-place call writes, and the same call out-of-place, as texts; None for any other call."""
    if not isinstance(node.func, ast.Attribute) or not node.func.attr.endswith("_") or node.func.attr.endswith("__"):
        return None
    name, receiver, whole = node.func.attr[:-1], source.text(node.func.value), source.text(node)
    behind = whole[whole.index(node.func.attr, len(receiver)) + len(node.func.attr) :]
    if receiver in _FUNCTIONS:
        if not node.args or not hasattr(_FUNCTIONS[receiver], name):
            return None
        return source.text(node.args[0]), f"{receiver}.{name}{behind}"
    target = _without_detours(node.func.value, source)
    return (target, f"{target}.{name}{behind}") if hasattr(torch.Tensor, name) else None


def _without_detours(node: ast.expr | ast.stmt, source: SourceText) -> str:
    """Return the text of an expression without `.data` and `.detach()`, which avoid the version counter or graph."""
    if isinstance(node, ast.Attribute) and node.attr == "data":
        return _without_detours(node.value, source)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "detach":
        return _without_detours(node.func.value, source)
    return source.text(node)


def _written_name(node: ast.expr | ast.stmt, source: SourceText) -> str:
    """Return the variable that an expression writes; "" if it writes the result of another expression."""
    if isinstance(node, ast.AugAssign):
        node = node.target
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        node = node.func.value if node.func.attr.endswith("_") else node
    while isinstance(node, ast.Subscript):
        node = node.value
    target = _without_detours(node, source)
    return target if _is_name(target) and target not in _FUNCTIONS else ""


def _is_name(target: str) -> bool:
    return all(part.isidentifier() for part in target.split("."))


def _at_the_save(site: Site, finding: Conflict) -> Iterator[Cure]:
    """Yield the cure that saves a copy of the operand, if the op needs that operand for backward."""
    node, source = expression_at(site), source_of_file(site.file)
    operand: ast.expr | None = None
    if isinstance(node, ast.Call) and finding.kind == HANDED:
        operand = node.args[0] if len(node.args) == 1 else None
    elif isinstance(node, ast.Call) and finding.role in ("self", "input"):
        receiver = node.func.value if isinstance(node.func, ast.Attribute) else None
        is_method = receiver is not None and ast.unparse(receiver) not in _FUNCTIONS
        operand = receiver if is_method else next(iter(node.args), None)
    elif isinstance(node, ast.BinOp):
        operand = {"self": node.left, "other": node.right, "mat2": node.right}.get(finding.role)
    if source is not None and isinstance(operand, ast.Name | ast.Attribute | ast.Call | ast.Subscript):
        yield _cure(COPY, source, site.line, appended(source, operand, ".clone()"))


def _moved(place: OpPlace, needed: Site) -> Iterator[Cure]:
    """Yield the cure that moves the write after the backward that needs the old values, if both are in one block."""
    site, source = place.site, source_of_file(needed.file)
    if site is None or source is None or (site.file, site.function) != (needed.file, needed.function):
        return
    write, read, parents = statement_at(site), statement_at(needed), source.parents
    while write is not None and not _block_with(write, read, parents):
        write = _parent_block(write, parents)
    while write is not None and read is not None and parents.get(read) is not parents.get(write):
        read = _parent_block(read, parents)
    if write is None or read is None or write.lineno >= read.lineno:
        return
    if not stands_alone(source, write) or not stands_alone(source, read) or is_read_before(source.tree, write, read):
        return
    shown = f"{ast.unparse(write).splitlines()[0]}  # behind line {read.end_lineno}"
    yield Cure(ORDER, site.file, site.line, shown, source.edited(moved_behind(source, write, read)))


def _block_with(write: ast.stmt, read: ast.stmt | None, parents: dict[ast.AST, ast.AST]) -> bool:
    """Return whether the block of `write` holds `read`, at any depth."""
    node: ast.AST | None = read
    while node is not None and parents.get(node) is not parents.get(write):
        node = parents.get(node)
    return isinstance(node, ast.stmt) and node is not write


def _parent_block(statement: ast.stmt, parents: dict[ast.AST, ast.AST]) -> ast.stmt | None:
    """Return the `with` around a statement, which can be moved as a whole; None for a loop, a branch or nothing."""
    parent = parents.get(statement)
    return parent if isinstance(parent, ast.With) else None
