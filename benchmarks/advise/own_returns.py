"""Calls of the user's functions that may return what they are given, or keep, on a path that was not executed."""

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import CodeType

import torch

from benchmarks.advise.aliases import (
    CONTAINERS,
    FACTS,
    HANDING_OUT,
    MODULES,
    RETURNS_INPUT,
    SHARING,
    always_drops,
)
from benchmarks.advise.frames import place_in_code
from benchmarks.advise.liveness import Paths
from benchmarks.advise.question import SourcePlace
from benchmarks.advise.rewrite import Source
from benchmarks.advise.unseen_lines import Function, unseen_lines

#: What a function may return on a path that was not seen: an argument; what an attribute or an outer variable holds.
#: PASSED: an argument, on a path that was seen, so that it is known of what the function was given there.
GIVEN, KEPT, PASSED = "given", "kept", "passed"
#: These make an object, or enter a block: what they return is no tensor.
_NO_TENSOR = {"__init__", "__enter__", "__exit__", "__setattr__", "__post_init__"}


@dataclass(frozen=True)
class _Origin:
    """An expression that may be what a function returns. `unseen`: on a path that was not executed, or may not have."""

    node: ast.expr
    unseen: bool


class OwnReturns:
    """Asked of calls in the user's source, after the steps were watched."""

    def __init__(
        self,
        callees: Mapping[tuple[CodeType, int], set[CodeType]],
        lines: Mapping[CodeType, set[int]],
        source_of: Callable[[str], Source | None],
    ) -> None:
        """`callees`: by a function and the place in its code, the functions of the user's that it called there."""
        self._lines, self._source_of = lines, source_of
        self._at: dict[SourcePlace, set[CodeType]] = {}
        for (code, last), called in callees.items():
            place = place_in_code(code, last)
            if place is not None:
                self._at.setdefault(place, set()).update(called)
        self._known: dict[CodeType, frozenset[str]] = {}

    def of_call(self, place: SourcePlace) -> frozenset[str]:
        """What the functions that were called there may return: some of GIVEN, KEPT and PASSED."""
        return frozenset().union(*map(self._of_code, self._at.get(place, ())))

    def _of_code(self, code: CodeType) -> frozenset[str]:
        if code not in self._known:
            self._known[code] = frozenset()  # where it calls itself
            self._known[code] = self._looked_up(code)
        return self._known[code]

    def _looked_up(self, code: CodeType) -> frozenset[str]:
        source = self._source_of(code.co_filename)
        if code.co_name in _NO_TENSOR or (code.co_name.startswith("<") and code.co_name != "<lambda>"):
            return frozenset()
        if source is None:
            return frozenset() if code.co_filename.startswith("<") else frozenset({GIVEN})
        found = [each for each in ast.walk(source.tree) if isinstance(each, Function) and _is_of(each, code)]
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

    def returns(self, lines: Mapping[CodeType, set[int]]) -> Iterator[str]:
        """What it may return beside new tensors."""
        self._unseen = unseen_lines(self._function, self._source, lines)
        waiting = list(self._results())
        seen: set[tuple[int, bool]] = set()
        while waiting:
            origin = waiting.pop()
            for each in self._bases(origin.node, origin.unseen):
                if (id(each.node), each.unseen) in seen:
                    continue
                seen.add((id(each.node), each.unseen))
                if not isinstance(each.node, ast.Name):  # an attribute, or a call that returns one
                    if each.unseen:
                        yield KEPT
                    continue
                if self._is_from_outside(each.node):
                    own = each.node.id in self._parameters
                    yield PASSED if own and not each.unseen else GIVEN if own else KEPT
                waiting += [_Origin(value, each.unseen or unseen) for value, unseen in self._assigned(each.node)]

    def _results(self) -> Iterator[_Origin]:
        if isinstance(self._function, ast.Lambda):
            yield _Origin(self._function.body, False)
            return
        for node in _own_statements(self._function):
            if isinstance(node, ast.Return) and node.value is not None:
                yield _Origin(node.value, node.lineno in self._unseen)

    def _assigned(self, name: ast.Name) -> Iterator[tuple[ast.expr, bool]]:
        """What a variable may have got on the ways to where it is read, and whether that was not executed."""
        if isinstance(self._function, ast.Lambda):
            return
        for node in _own_statements(self._function):
            if isinstance(node, ast.For):
                targets, value = [node.target], node.iter
            elif isinstance(node, ast.Assign):
                targets, value = node.targets, node.value
            elif isinstance(node, ast.AnnAssign) and node.value is not None:
                targets, value = [node.target], node.value
            else:
                continue
            stored = {each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)}
            paths = Paths(name.id, self._function, self._source, name)
            if name.id in stored and (isinstance(node, ast.For) or paths.lead_to_read(node, assigned=True)):
                yield value, node.lineno in self._unseen

    def _is_from_outside(self, name: ast.Name) -> bool:
        """Whether its value may be an argument's, or that of a variable of another function or of the module."""
        if isinstance(self._function, ast.Lambda):
            return True
        stored = {
            each.id
            for each in ast.walk(self._function)
            if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
        }
        if name.id not in self._parameters:
            return name.id not in stored
        return Paths(name.id, self._function, self._source, name).of_block(self._function.body).reads

    def _bases(self, node: ast.expr, unseen: bool) -> Iterator[_Origin]:
        """The variables and attributes whose memory an expression may return."""
        if isinstance(node, ast.Name):
            yield _Origin(node, unseen)
        elif isinstance(node, ast.Attribute):
            if node.attr in SHARING:
                yield from self._bases(node.value, unseen)
            elif node.attr not in FACTS:
                yield _Origin(node, unseen)
        elif isinstance(node, ast.Subscript | ast.Starred | ast.NamedExpr | ast.Await):
            yield from self._bases(node.value, unseen)
        elif isinstance(node, ast.Tuple | ast.List):
            yield from self._all(node.elts, unseen)
        elif isinstance(node, ast.Dict):
            yield from self._all(node.values, unseen)
        elif isinstance(node, ast.IfExp):
            yield from self._all([node.body, node.orelse], True)
        elif isinstance(node, ast.BoolOp):
            yield from self._all(node.values, True)
        elif isinstance(node, ast.Call):
            yield from self._of_call(node, unseen)

    def _all(self, nodes: Sequence[ast.expr], unseen: bool) -> Iterator[_Origin]:
        for each in nodes:
            yield from self._bases(each, unseen)

    def _of_call(self, node: ast.Call, unseen: bool) -> Iterator[_Origin]:
        called = node.func
        name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
        of_torch = isinstance(called, ast.Attribute) and getattr(called.value, "id", "") in MODULES
        values = [*node.args, *(each.value for each in node.keywords)]
        if always_drops(node):
            return
        found = self._returns.of_call(self._source.place(node))
        if KEPT in found:
            yield _Origin(node, True)
        if GIVEN in found or PASSED in found:
            yield from self._all(values, unseen or GIVEN in found)
        elif name in RETURNS_INPUT or name in CONTAINERS:
            yield from self._all(values, unseen)
        elif of_torch:
            if name in SHARING or name.endswith("_"):
                yield from self._all(values[:1], unseen)
        elif isinstance(called, ast.Attribute) and (name in SHARING or name in HANDING_OUT or name.endswith("_")):
            yield from self._bases(called.value, unseen)
        elif unseen and not (isinstance(called, ast.Attribute) and hasattr(torch.Tensor, name)):
            yield from self._all(values, True)  # nobody saw what it calls


def _own_statements(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.stmt]:
    """All statements of a function, but for those of functions within it."""
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.stmt):
            yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            waiting += ast.iter_child_nodes(node)
