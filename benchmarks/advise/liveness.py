"""Whether a variable's value may still be read after an expression, on any path of its function: from the source alone."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.advise.rewrite import Source

#: Methods that may return what they are called on, or a view of it.
SHARING = {
    "contiguous", "to", "float", "half", "double", "bfloat16", "type", "type_as", "reshape", "cpu", "cuda", "flatten",
    "expand", "expand_as", "broadcast_to", "detach", "view", "squeeze", "unsqueeze", "narrow", "chunk", "split",
    "view_as", "ravel", "transpose", "permute", "unflatten", "unbind", "select", "t", "swapaxes", "movedim", "diagonal",
}  # fmt: skip
#: Calls, of modules or functions, that return what they are given where they have nothing to do.
MAYBE_NOTHING = {"dropout", "drop", "identity", "drop_path", "Identity"}
#: Methods of containers that keep what they are given.
_KEEPING = {"append", "add", "extend", "insert", "setdefault", "update", "appendleft", "put", "push"}

Holder = ast.FunctionDef | ast.AsyncFunctionDef
_NESTED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


@dataclass(frozen=True)
class Effect:
    """What a piece of code does to a variable's value: may read it first; gives it another one, or ends, for sure."""

    reads: bool = False
    ends: bool = False


def aliases_of(name: str, function: Holder) -> set[str]:
    """The variables that may stand for the same memory: assigned from each other, or containers of each other."""
    pairs = [pair for node in ast.walk(function) for pair in _shared(node)]
    found, before = {name}, 0
    while len(found) > before:
        before = len(found)
        for target, value in pairs:
            if target in found or value in found:
                found |= {target, value}
    return found


def _shared(node: ast.AST) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.Assign):
        for target in node.targets:
            yield from _of_assignment(target, node.value)
    elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and node.value is not None:
        yield from _of_assignment(node.target, node.value)
    elif isinstance(node, ast.For | ast.comprehension):
        yield from ((target, value) for target in _bases(node.target) for value in _bases(node.iter))
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _KEEPING:
        for target in _bases(node.func.value):
            yield from ((target, value) for argument in node.args for value in _bases(argument))


def _of_assignment(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, str]]:
    both_tuples = isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple)
    if both_tuples and len(target.elts) == len(value.elts):  # pyright: ignore[reportAttributeAccessIssue]
        for one, other in zip(target.elts, value.elts, strict=True):  # pyright: ignore[reportAttributeAccessIssue]
            yield from _of_assignment(one, other)
    else:
        yield from ((one, other) for one in _bases(target) for other in _bases(value))


def _bases(node: ast.expr) -> Iterator[str]:
    """The variables whose memory an expression may return, or holds."""
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.Attribute | ast.Subscript | ast.Starred | ast.NamedExpr):
        yield from _bases(node.value)
    elif isinstance(node, ast.Tuple | ast.List | ast.Set):
        for each in node.elts:
            yield from _bases(each)
    elif isinstance(node, ast.Dict):
        for each in node.values:
            yield from _bases(each)
    elif isinstance(node, ast.IfExp):
        yield from (*_bases(node.body), *_bases(node.orelse))
    elif isinstance(node, ast.BoolOp):
        for each in node.values:
            yield from _bases(each)
    elif isinstance(node, ast.Call):
        yield from _bases_of_call(node)


def _bases_of_call(node: ast.Call) -> Iterator[str]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name in MAYBE_NOTHING or name in ("tuple", "list", "dict", "reversed", "zip", "enumerate", "sorted"):
        for argument in node.args:
            yield from _bases(argument)
    elif isinstance(node.func, ast.Attribute) and (name in SHARING or name.endswith("_") or name in ("get", "pop")):
        yield from _bases(node.func.value)


def may_be_read_later(name: str, site: ast.expr, statement: ast.stmt, function: Holder, source: Source) -> bool:
    """Whether a path of `function` leads from `site`, within `statement`, to a read of the value that `name` has there.

    A function or a class within, that uses the variable, may read it at any time.
    """
    if any(isinstance(node, _NESTED) and node is not function and _loads(node, name) for node in ast.walk(function)):
        return True
    effect = _rest_of_statement(name, site, statement, source)
    while not effect.reads and not effect.ends:
        holder = source.parents[statement]
        effect = _after(name, statement, holder)
        if holder is function or effect.reads or effect.ends:
            break
        if isinstance(holder, ast.ExceptHandler | ast.match_case):
            holder = source.parents[holder]
        assert isinstance(holder, ast.stmt)
        statement = holder
    return effect.reads


def _rest_of_statement(name: str, site: ast.expr, statement: ast.stmt, source: Source) -> Effect:
    """What is evaluated after the site in its own statement, and what that assigns."""
    within = set(map(id, ast.walk(site)))
    end = source.span(site)[1]
    targets = _targets(statement)
    own = [statement] if not hasattr(statement, "body") else _header(statement)
    for part in own:
        for node in ast.walk(part):
            if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
                of_target = any(node is each for target in targets for each in ast.walk(target))
                if id(node) not in within and (of_target or source.span(node)[0] >= end):
                    return Effect(reads=True)
    loops = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
    node: ast.AST = site
    while node is not statement:  # each round of a comprehension reads what is not its own variable
        node = source.parents[node]
        if isinstance(node, loops):
            return Effect(reads=True)
    if isinstance(statement, ast.While):
        inner = _of_block(name, statement.body)
        return Effect(inner.reads, False)
    return Effect(ends=_stores(targets, name) or isinstance(statement, ast.Return | ast.Raise))


def _after(name: str, statement: ast.stmt, holder: ast.AST) -> Effect:
    """What follows a statement within its holder: the rest of its block, and a loop's next round."""
    block = next(
        value for _, value in ast.iter_fields(holder) if isinstance(value, list) and any(v is statement for v in value)
    )
    place = next(i for i, each in enumerate(block) if each is statement)
    effect = _of_block(name, block[place + 1 :])
    if effect.reads:
        return effect
    if isinstance(holder, ast.For | ast.AsyncFor | ast.While) and block is holder.body:
        if not effect.ends or _leaves_early(block):
            again = Effect() if isinstance(holder, ast.While) else Effect(ends=_stores([holder.target], name))
            if isinstance(holder, ast.While) and _loads(holder.test, name):
                return Effect(reads=True)
            if not again.ends and _of_block(name, holder.body).reads:
                return Effect(reads=True)
        return Effect(_of_block(name, holder.orelse).reads, False)
    if isinstance(holder, ast.Try):
        others = [*(each for handler in holder.handlers for each in handler.body), *holder.orelse, *holder.finalbody]
        if block is holder.body and any(_loads(each, name) for each in others):
            return Effect(reads=True)
        if block is not holder.finalbody and any(_loads(each, name) for each in holder.finalbody):
            return Effect(reads=True)
    return effect


def _leaves_early(block: Sequence[ast.stmt]) -> bool:
    return any(isinstance(node, ast.Continue | ast.Break) for each in block for node in ast.walk(each))


def _of_block(name: str, block: Sequence[ast.stmt]) -> Effect:
    for statement in block:
        effect = _of_statement(name, statement)
        if effect.reads or effect.ends:
            return effect
    return Effect()


def _of_statement(name: str, statement: ast.stmt) -> Effect:
    if isinstance(statement, ast.If):
        branches = [_of_block(name, statement.body), _of_block(name, statement.orelse)]
        reads = _loads(statement.test, name) or any(each.reads for each in branches)
        return Effect(reads, all(each.ends for each in branches))
    if isinstance(statement, ast.With | ast.AsyncWith):
        header = any(_loads(item.context_expr, name) for item in statement.items)
        body = _of_block(name, statement.body)
        return Effect(header or body.reads, body.ends)
    if isinstance(statement, ast.For | ast.AsyncFor):
        stores = _stores([statement.target], name)
        body = not stores and _of_block(name, statement.body).reads
        return Effect(_loads(statement.iter, name) or body or _of_block(name, statement.orelse).reads)
    if isinstance(statement, ast.Break | ast.Continue):
        return Effect()  # it goes on after the loop, or with its next round: what follows here may stand for it
    if hasattr(statement, "body"):  # while, try, match, definitions: read anywhere in it
        return Effect(_loads(statement, name))
    if isinstance(statement, ast.Delete) and any(isinstance(t, ast.Name) and t.id == name for t in statement.targets):
        return Effect(ends=True)
    reads = _loads(statement, name) or (
        isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name) and statement.target.id == name
    )
    return Effect(reads, _stores(_targets(statement), name) or isinstance(statement, ast.Return | ast.Raise))


def _loads(node: ast.AST, name: str) -> bool:
    return any(
        isinstance(each, ast.Name) and each.id == name and isinstance(each.ctx, ast.Load) for each in ast.walk(node)
    )


def _targets(statement: ast.stmt) -> list[ast.expr]:
    if isinstance(statement, ast.Assign):
        return statement.targets
    return [statement.target] if isinstance(statement, ast.AnnAssign | ast.AugAssign) else []


def _stores(targets: Sequence[ast.expr], name: str) -> bool:
    """Whether a variable certainly gets another value."""
    for target in targets:
        if isinstance(target, ast.Name) and target.id == name:
            return True
        if isinstance(target, ast.Tuple | ast.List) and _stores(target.elts, name):
            return True
    return False


def _header(statement: ast.stmt) -> list[ast.AST]:
    """What a compound statement evaluates itself."""
    if isinstance(statement, ast.If | ast.While):
        return [statement.test]
    if isinstance(statement, ast.For | ast.AsyncFor):
        return [statement.iter]
    return [item.context_expr for item in getattr(statement, "items", [])]
