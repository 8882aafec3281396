"""Find calls of the user's functions that may return memory of others, on any path, executed or not."""

import ast
import inspect
from collections.abc import Callable, Collection, Iterator, Mapping
from types import CodeType

import torch

from benchmarks.advise.source.frames import FileCode, line_in_code, place_in_code
from benchmarks.advise.source.liveness import Paths
from benchmarks.advise.source.memory_leaves import (
    always_drops,
    argument_values,
    assignments_in,
    is_container,
    memory_leaves,
)
from benchmarks.advise.source.rewrite import Source
from benchmarks.advise.source.unseen_lines import Function, unseen_lines
from benchmarks.advise.user.question import SourcePlace

#: Whose memory a function may return: that of an argument (OF_ARGUMENT), or that of an attribute or of a variable that
#: is not the function's own (HELD_OUTSIDE). All its lines count: one that ran may have run for another call.
OF_ARGUMENT, HELD_OUTSIDE = "given", "kept"
#: Methods that make an object or enter a block: they return no tensor.
_NO_TENSOR = {"__init__", "__enter__", "__exit__", "__setattr__", "__post_init__"}


class OwnReturns:
    """Tells what calls in the user's source may return; made after the steps were watched."""

    def __init__(
        self,
        callees: Mapping[tuple[FileCode, int], set[FileCode]],
        lines: Mapping[FileCode, set[int]],
        source_of: Callable[[str], Source | None],
        of_tensors: Collection[SourcePlace] = (),
    ) -> None:
        """`callees`: by code and the offset of a call in it, the code of the user's functions called there.

        `lines`: by code, the lines that were executed. `source_of`: the source of a file, None if it has none.
        `of_tensors`: expressions that were seen to be ops of tensors, and so are no operators of containers.
        """
        self._lines, self._source_of, self.of_tensors = lines, source_of, frozenset(of_tensors)
        self._at: dict[SourcePlace, set[FileCode]] = {}
        self._on_line: dict[tuple[str, int], set[FileCode]] = {}  #: by file and line, where no place is known
        for (code, last), called in callees.items():
            place = place_in_code(code.code, last, source_of)
            if place is not None and not place.is_empty:
                self._at.setdefault(self._whole(place), set()).update(called)
            else:
                self._on_line.setdefault((code.file, line_in_code(code.code, last)), set()).update(called)
        self._generators: dict[str, set[FileCode]] = {}  #: by name, as they do not run when they are called
        for code in lines:
            if code.code.co_flags & (inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR | inspect.CO_COROUTINE):
                self._generators.setdefault(code.code.co_name, set()).add(code)
        self._known: dict[FileCode, frozenset[str]] = {}
        self._open: dict[FileCode, frozenset[str]] = {}  #: code that is looked up now, with what was found so far
        self._met: set[FileCode] = set()  #: code in `_open` that was asked for again

    def _whole(self, place: SourcePlace) -> SourcePlace:
        """Return the place of the whole expression, where Python gives that of a part of it."""
        source = self._source_of(place.file)
        node = source.node(place) if source is not None else None
        return source.place(node) if source is not None and node is not None else place

    def of_call(self, call: ast.Call, source: Source) -> frozenset[str]:
        """Return whose memory the functions that a call called may return: OF_ARGUMENT, HELD_OUTSIDE, or both.

        The set is empty if the call calls no function of the user. A generator is found by its name.
        """
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        called = self._at.get(source.place(call), set()) | self._generators.get(name, set())
        for line in range(call.lineno, (call.end_lineno or call.lineno) + 1) if self._on_line else ():
            called = called | self._on_line.get((source.file, line), set())
        return frozenset().union(*map(self._of_code, called))

    def _of_code(self, code: FileCode) -> frozenset[str]:
        """Return whose memory one function may return.

        A function that calls itself is looked up until the result no longer grows. Results of other functions that
        rest on an unfinished result are not stored.
        """
        if code in self._known:
            return self._known[code]
        if code in self._open:
            self._met.add(code)
            return self._open[code]
        before, self._met, self._open[code] = self._met, set(), frozenset()
        while (found := self._looked_up(code)) != self._open[code] and code in self._met:
            self._open[code] = found
        del self._open[code]
        self._met.discard(code)
        if not self._met:
            self._known[code] = found
        self._met |= before
        return found

    def _looked_up(self, code: FileCode) -> frozenset[str]:
        source = self._source_of(code.file)
        name = code.code.co_name
        if name in _NO_TENSOR or (name.startswith("<") and name != "<lambda>"):
            return frozenset()
        if source is None:
            return frozenset() if code.file.startswith("<") else frozenset({OF_ARGUMENT})
        found = [each for each in ast.walk(source.tree) if isinstance(each, Function) and _is_of(each, code.code)]
        if not found:
            return frozenset({OF_ARGUMENT, HELD_OUTSIDE})
        return frozenset(what for each in found for what in _OneFunction(each, source, self).returns(self._lines))


def _is_of(function: Function, code: CodeType) -> bool:
    if isinstance(function, ast.Lambda):
        return code.co_name == "<lambda>" and function.lineno == code.co_firstlineno
    first = min([function.lineno, *(each.lineno for each in function.decorator_list)])
    return function.name == code.co_name and code.co_firstlineno in (first, function.lineno)


class _OneFunction:
    def __init__(self, function: Function, source: Source, returns: OwnReturns) -> None:
        self._function, self._source, self._returns = function, source, returns
        self._parameters = {each.arg for each in ast.walk(function.args) if isinstance(each, ast.arg)}
        self._unseen: set[int] = set()

    def returns(self, lines: Mapping[FileCode, set[int]]) -> Iterator[str]:
        """Yield whose memory the function may return: OF_ARGUMENT, HELD_OUTSIDE, or nothing if all results are new.

        `lines`: by code, the lines that were executed.
        """
        self._unseen = unseen_lines(self._function, self._source, lines)
        waiting = [leaf for each in self._results() for leaf in memory_leaves(each)]
        seen: set[int] = set()
        while waiting:
            leaf = waiting.pop()
            if id(leaf) in seen:
                continue
            seen.add(id(leaf))
            if isinstance(leaf, ast.Name):
                if self._is_from_outside(leaf):
                    yield OF_ARGUMENT if leaf.id in self._parameters else HELD_OUTSIDE
                more = self._assigned(leaf)
            elif isinstance(leaf, ast.Call):
                found = self._returns.of_call(leaf, self._source) if not always_drops(leaf) else ()
                if HELD_OUTSIDE in found:
                    yield HELD_OUTSIDE
                more = argument_values(leaf) if OF_ARGUMENT in found or self._is_unknown(leaf, found) else []
            elif isinstance(leaf, ast.BinOp):
                more = self._operands(leaf)
            else:  # an attribute, or an expression that is not understood
                yield HELD_OUTSIDE
                if not isinstance(leaf, ast.Attribute):
                    yield OF_ARGUMENT
                continue
            waiting += [each for value in more for each in memory_leaves(value)]

    def _nodes(self) -> Iterator[ast.AST]:
        """Yield all nodes of the function, without the bodies of functions within it."""
        body = self._function.body
        waiting: list[ast.AST] = list(body) if isinstance(body, list) else [body]
        while waiting:
            node = waiting.pop()
            yield node
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
                waiting += ast.iter_child_nodes(node)

    def _results(self) -> Iterator[ast.expr]:
        if isinstance(self._function, ast.Lambda):
            yield self._function.body
        for node in self._nodes():
            if isinstance(node, ast.Return | ast.Yield | ast.YieldFrom) and node.value is not None:
                yield node.value

    def _assigned(self, name: ast.Name) -> list[ast.expr]:
        """Return the values that were assigned to a variable, or put into it, on some path to where it is read."""
        found: list[ast.expr] = []
        for node in self._nodes():
            pairs = list(assignments_in(node))
            if (
                isinstance(node, ast.AugAssign)
                and not pairs
                and self._source.place(node) not in self._returns.of_tensors
            ):
                pairs = [(node.target, node.value)]
            for target, value in pairs:
                names = {each.id for each in ast.walk(target) if isinstance(each, ast.Name)}
                if name.id in names and (not isinstance(node, ast.Assign | ast.AnnAssign) or self._leads(node, name)):
                    found.append(value)
        return found

    def _leads(self, node: ast.stmt, name: ast.Name) -> bool:
        if isinstance(self._function, ast.Lambda):
            return True
        return Paths(name.id, self._function, self._source, name).lead_to_read(node, assigned=True)

    def _operands(self, node: ast.BinOp) -> list[ast.expr]:
        """Return the operands whose memory an operator's result may hold: none if it is an op of tensors."""
        sides = [node.left, node.right]
        if self._source.place(node) in self._returns.of_tensors:
            return []
        if any(isinstance(each, ast.Constant) for each in sides):  # [t] * 2 is a container, t * 2 is none
            made = [each for side in sides if isinstance(side, ast.Name) for each in self._assigned(side)]
            return sides if isinstance(node.op, ast.Mult) and any(map(is_container, made)) else []
        return sides

    def _is_unknown(self, call: ast.Call, found: Collection[str]) -> bool:
        """Whether a call may not have been executed, so that the functions that it calls are not known."""
        if found or (isinstance(call.func, ast.Attribute) and hasattr(torch.Tensor, call.func.attr)):
            return False
        if call.lineno in self._unseen:
            return True
        for each in self._source.around(call):
            if isinstance(each, ast.IfExp | ast.BoolOp):
                return True
            if isinstance(each, ast.stmt):
                break
        return False

    def _is_from_outside(self, name: ast.Name) -> bool:
        """Whether a variable may have the value of an argument, or is one of another function or of the module."""
        bound = [each for each in self._nodes() if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)]
        elsewhere = [each for each in self._nodes() if isinstance(each, ast.Global | ast.Nonlocal)]
        if any(name.id in each.names for each in elsewhere):
            return True
        if name.id not in self._parameters:
            return name.id not in {each.id for each in bound}
        if isinstance(self._function, ast.Lambda):
            return True
        return Paths(name.id, self._function, self._source, name).of_block(self._function.body).reads
