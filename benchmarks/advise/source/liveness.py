"""Tell from the source whether a variable's value may be read after an expression, on any path of its function."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.advise.source.catching import TRIES, may_catch
from benchmarks.advise.source.rewrite import Source

Holder = ast.FunctionDef | ast.AsyncFunctionDef
_NESTED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_LOOPS = (ast.For, ast.AsyncFor, ast.While)


@dataclass(frozen=True)
class PathEffect:
    """What a piece of code does with the value of a variable."""

    reads: bool = False  #: it may read the value
    ends: bool = False  #: after it the value certainly cannot be read: the variable has a new one, or the path ends


class Paths:
    """The paths through a function along which a variable keeps its value.

    `wanted`: the only read of the variable that counts; None if all reads count.
    """

    def __init__(self, name: str, function: Holder, source: Source, wanted: ast.Name | None = None) -> None:
        self._name, self._function, self._source, self._wanted = name, function, source, wanted

    def lead_to_read(self, start: ast.expr | ast.stmt, assigned: bool = False) -> bool:
        """Whether code after `start` may read the value. A nested function that uses it may run at any time.

        `assigned`: `start` is a statement, and the value is the one that it assigns to the variable.
        """
        for node in ast.walk(self._function):
            if isinstance(node, _NESTED) and node is not self._function and self._loads(node):
                return True
        statement = start
        while not isinstance(statement, ast.stmt):
            statement = self._source.parents[statement]
        effect = PathEffect() if assigned else self._rest_of_statement(start, statement)
        while not effect.reads and statement is not self._function:
            if effect.ends:
                effect, statement = self._raised(statement)
                continue
            holder = self._source.parents[statement]
            effect = self._after(statement, holder)
            if effect.ends:
                continue
            while isinstance(holder, ast.ExceptHandler | ast.match_case):
                holder = self._source.parents[holder]
                if isinstance(holder, TRIES) and any(map(self._loads, holder.finalbody)):
                    return True
            if not isinstance(holder, ast.stmt) or holder is self._function:
                break
            statement = holder
        return effect.reads

    def _raised(self, statement: ast.stmt) -> tuple[PathEffect, ast.stmt]:
        """Return the effect of an exception in a statement, and the statement after which the function then goes on.

        That is the innermost `try` or `with` that may catch the exception, or the function itself if there is none.
        """
        node: ast.AST = statement
        while node is not self._function:
            holder = self._source.parents[node]
            if isinstance(holder, TRIES):
                is_tried = any(each is node for each in holder.body)
                later = [] if any(each is node for each in holder.finalbody) else list(holder.finalbody)
                if any(map(self._loads, [*(holder.handlers if is_tried else ()), *later])):
                    return PathEffect(reads=True), holder
                if is_tried and holder.handlers:
                    return PathEffect(), holder
            elif isinstance(holder, ast.With | ast.AsyncWith) and may_catch(holder):
                return PathEffect(), holder
            node = holder
        return PathEffect(ends=True), self._function

    def _binds(self, nested: ast.AST) -> bool:
        """Whether a nested function has a parameter of the same name, which is another variable."""
        arguments = getattr(nested, "args", None)
        return isinstance(arguments, ast.arguments) and any(
            isinstance(node, ast.arg) and node.arg == self._name for node in ast.walk(arguments)
        )

    def _rest_of_statement(self, start: ast.AST, statement: ast.stmt) -> PathEffect:
        """Return the effect of what the statement evaluates after `start`, and of its own assignment."""
        targets = _targets(statement)
        renaming = self._renaming(start, statement)
        if renaming is not None:
            return PathEffect(self._reads_later(start, renaming, ()), ends=True)
        if start is not statement and self._reads_later(start, statement, targets):
            return PathEffect(reads=True)
        node = start
        while node is not statement:  # each round of a comprehension reads again
            node = self._source.parents[node]
            if isinstance(node, _COMPREHENSIONS) and self._next_round_reads(node):
                return PathEffect(reads=True)
        if isinstance(statement, ast.While | ast.If):
            blocks = [self.of_block(statement.body), self.of_block(statement.orelse)]
            return PathEffect(any(each.reads for each in blocks), isinstance(statement, ast.If) and all_end(blocks))
        if hasattr(statement, "body") and start is not statement:
            body = self.of_block(statement.body)  # pyright: ignore[reportAttributeAccessIssue]  # for, with, and the like
            return PathEffect(body.reads, body.ends and not may_catch(statement))
        return PathEffect(ends=self._stores(targets) or isinstance(statement, ast.Return | ast.Raise))

    def _renaming(self, start: ast.AST, statement: ast.stmt) -> ast.NamedExpr | None:
        """Return the assignment (`:=`) around `start` that gives the variable a new value; None if there is none."""
        while start is not statement:
            start = self._source.parents[start]
            if isinstance(start, ast.NamedExpr) and start.target.id == self._name:
                return start
        return None

    def _next_round_reads(self, node: "ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp") -> bool:
        """Whether a comprehension's next round reads the value; its first iterable is evaluated only once."""
        if self._stores([each.target for each in node.generators]):
            return False
        once = set(map(id, ast.walk(node.generators[0].iter)))
        return any(self._is_read(each) and id(each) not in once for each in ast.walk(node))

    def _reads_later(self, start: ast.AST, statement: ast.AST, targets: Sequence[ast.expr]) -> bool:
        """Whether the statement reads the value after it evaluated `start`."""
        within = set(map(id, ast.walk(start))) | self._other_arms(start, statement)
        assert isinstance(start, ast.expr)
        end = self._source.span(start)[1]
        of_targets = {id(node) for target in targets for node in ast.walk(target)}
        for node in _own_nodes(statement):
            if self._is_read(node) and id(node) not in within:
                assert isinstance(node, ast.expr)
                if id(node) in of_targets or self._source.span(node)[0] >= end:
                    return True
        return False

    def _other_arms(self, start: ast.AST, statement: ast.AST) -> set[int]:
        """Return the `id` of nodes not evaluated after `start`: other arms of conditions, comprehensions' iterables."""
        found: set[int] = set()
        while start is not statement:
            holder = self._source.parents[start]
            if isinstance(holder, ast.IfExp) and start is not holder.test:
                other = holder.orelse if start is holder.body else holder.body
                found |= set(map(id, ast.walk(other)))
            if isinstance(holder, _COMPREHENSIONS):
                found |= set(map(id, ast.walk(holder.generators[0].iter)))
            start = holder
        return found

    def _after(self, statement: ast.stmt, holder: ast.AST) -> PathEffect:
        """Return the effect of the rest of a statement's block, and of the next round if the block is a loop's body."""
        blocks = [value for _, value in ast.iter_fields(holder) if isinstance(value, list)]
        block = next(each for each in blocks if any(one is statement for one in each))
        place = next(number for number, each in enumerate(block) if each is statement)
        effect = self.of_block(block[place + 1 :])
        if effect.reads:
            return effect
        if isinstance(holder, _LOOPS) and block is holder.body:
            return self._next_round(holder, effect)
        if isinstance(holder, TRIES):
            others = [*(each for h in holder.handlers for each in h.body), *holder.orelse, *holder.finalbody]
            later = others if block is holder.body else holder.finalbody if block is not holder.finalbody else []
            if any(self._loads(each) for each in later):
                return PathEffect(reads=True)
        return effect

    def _next_round(self, loop: "ast.For | ast.AsyncFor | ast.While", rest: PathEffect) -> PathEffect:
        """Return the effect of a loop's next round, where the rest of its body has the effect `rest`."""
        leaves = any(isinstance(node, ast.Continue | ast.Break) for each in loop.body for node in ast.walk(each))
        if rest.ends and not leaves:
            return PathEffect(ends=any(isinstance(each, ast.Return | ast.Raise) for each in loop.body) or rest.ends)
        if isinstance(loop, ast.While):
            again = PathEffect(self._loads(loop.test)) if self._loads(loop.test) else self.of_block(loop.body)
        else:
            again = PathEffect(ends=True) if self._stores([loop.target]) else self.of_block(loop.body)
        return PathEffect(again.reads or self.of_block(loop.orelse).reads)

    def of_block(self, block: Sequence[ast.stmt]) -> PathEffect:
        for statement in block:
            effect = self._statement(statement)
            if effect.reads or effect.ends:
                return effect
        return PathEffect()

    def _statement(self, statement: ast.stmt) -> PathEffect:
        if isinstance(statement, ast.If):
            branches = [self.of_block(statement.body), self.of_block(statement.orelse)]
            return PathEffect(self._loads(statement.test) or any(b.reads for b in branches), all_end(branches))
        if isinstance(statement, ast.With | ast.AsyncWith):
            body = self.of_block(statement.body)
            reads = any(self._loads(item.context_expr) for item in statement.items) or body.reads
            return PathEffect(reads, body.ends and not may_catch(statement))
        if isinstance(statement, ast.For | ast.AsyncFor):
            body = not self._stores([statement.target]) and self.of_block(statement.body).reads
            return PathEffect(self._loads(statement.iter) or body or self.of_block(statement.orelse).reads)
        if hasattr(statement, "body"):  # while, try, match, definitions: any read in it counts
            return PathEffect(self._loads(statement))
        if isinstance(statement, ast.Delete):
            return PathEffect(ends=any(isinstance(t, ast.Name) and t.id == self._name for t in statement.targets))
        return PathEffect(self._loads(statement), self._stores(_targets(statement)) or _leaves(statement))

    def _loads(self, node: ast.AST) -> bool:
        if isinstance(node, _NESTED) and self._binds(node):
            return False
        return self._is_read(node) or any(map(self._loads, ast.iter_child_nodes(node)))

    def _is_read(self, node: ast.AST) -> bool:
        if self._wanted is not None:
            return node is self._wanted
        if not isinstance(node, ast.Name) or node.id != self._name:
            return False
        holder = self._source.parents[node]  # `x += y` reads what it writes
        return isinstance(node.ctx, ast.Load) or isinstance(holder, ast.AugAssign)

    def _stores(self, targets: Sequence[ast.expr]) -> bool:
        """Whether the variable is certainly among the targets of an assignment."""
        for target in targets:
            if isinstance(target, ast.Name) and target.id == self._name:
                return True
            if isinstance(target, ast.Tuple | ast.List) and self._stores(target.elts):
                return True
        return False


def all_end(effects: Sequence[PathEffect]) -> bool:
    """Whether every branch ends the value."""
    return all(each.ends for each in effects)


def _leaves(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Return | ast.Raise)


def _targets(statement: ast.stmt) -> list[ast.expr]:
    if isinstance(statement, ast.Assign):
        return statement.targets
    return [statement.target] if isinstance(statement, ast.AnnAssign) else []


def _own_nodes(statement: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes that a statement evaluates itself: all of a simple one, the header of a compound one."""
    if not hasattr(statement, "body"):
        yield from ast.walk(statement)
        return
    for name, value in ast.iter_fields(statement):
        if name not in ("body", "orelse", "handlers", "finalbody"):
            for each in value if isinstance(value, list) else [value]:
                if isinstance(each, ast.AST):
                    yield from ast.walk(each)
