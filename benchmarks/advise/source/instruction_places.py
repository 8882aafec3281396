"""Find the expression that an instruction evaluates, where code does not give its columns: before Python 3.11.

The file is compiled again, with numbers in place of lines: one number per expression that may call something. The lines
of the new code then tell the expression of each instruction. Both must have the same instructions.
"""

import ast
import functools
from collections.abc import Iterator
from functools import cached_property
from types import CodeType
from typing import Any

from benchmarks.advise.source.rewrite import Source
from benchmarks.advise.user.question import SourcePlace

#: Expressions with code of their own. Python makes one code of two that lie on one line and have equal code.
_SCOPES = ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_MAY_CALL = ast.Call | ast.BinOp | ast.UnaryOp | ast.Subscript | ast.AugAssign


class InstructionPlaces:
    """The places of the instructions of one file."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._numbers: dict[ast.AST, int] = {}
        self._places: dict[int, SourcePlace] = {}  #: by number
        self._shared: set[int] = set()  #: numbers of expressions whose code may be that of others
        self._known: dict[tuple[CodeType, bytes], tuple[int, ...]] = {}  #: by code and its lines, that of instructions

    def place(self, code: CodeType, last: int) -> SourcePlace | None:
        """Return the place of the expression or assignment that the instruction at an offset in bytes evaluates.

        An empty place if it is none of those that may call something. None if it is not known: the code is not that
        of the file, Python made one code of several expressions, or it compiled the file into other instructions.
        """
        key = code, code.co_linetable  # codes that differ only in their lines count as equal
        if key not in self._known:
            plain, numbered = self._codes.get(code, (code, None))
            is_as_known = lines_of(plain) == lines_of(code)
            self._known[key] = lines_of(numbered) if numbered is not None and is_as_known else ()
        lines = self._known[key]
        if not lines or lines[last // 2] in self._shared:
            return None
        line = lines[last // 2]
        return self._places.get(line, SourcePlace(self._source.file, line, line, 0, 0))

    @cached_property
    def _codes(self) -> dict[CodeType, tuple[CodeType, CodeType | None]]:
        """Each code of the file, with itself and its counterpart, which is None if it is not the only one."""
        tree = ast.parse(self._source.data)
        scopes = self._number(tree)
        plain, numbered = (
            compile(text, self._source.file, "exec", dont_inherit=True) for text in (self._source.data, tree)
        )
        found: dict[CodeType, tuple[CodeType, CodeType | None]] = {}
        compiled: set[int] = set()
        for one, other in _pairs(plain, numbered):
            compiled.update(lines_of(other))
            found[one] = one, other if one not in found and one.co_code == other.co_code else None
        for alike in scopes:
            within = {self._numbers[node] for scope in alike for node in ast.walk(scope) if node in self._numbers}
            self._shared |= within if not within <= compiled else set()
        return found

    def _number(self, tree: ast.Module) -> list[list[ast.AST]]:
        """Put a number in place of the line of each expression that may call something.

        Return the lambdas and comprehensions of each kind that begin on one line, if there are several.
        """
        number = self._source.data.count(b"\n") + self._source.data.count(b"\r") + 1  # above each line
        scopes: dict[tuple[type, int], list[ast.AST]] = {}
        for node in ast.walk(tree):
            if isinstance(node, _SCOPES):
                scopes.setdefault((type(node), node.lineno), []).append(node)
            if isinstance(node, _MAY_CALL) and _varies(node):
                number += 1
                self._numbers[node], self._places[number] = number, self._source.place(node)
        for node, each in self._numbers.items():
            _set_line(node, each)
            if isinstance(node, ast.Call):
                _set_lines_of_call(node, each, self._places[each].line)
        for node in ast.walk(tree):  # a value on another line than its `return` would get an instruction more
            number = self._numbers.get(node.value, 0) if isinstance(node, ast.Return) and node.value else 0
            if isinstance(node, ast.Return) and number and node.lineno == self._places[number].line:
                _set_line(node, number)
        return [alike for alike in scopes.values() if len(alike) > 1]


def _varies(node: ast.AST) -> bool:
    """Whether an expression has a variable or a call, so that Python does not replace it by a constant."""
    return any(isinstance(each, ast.Name | ast.Call) for each in ast.walk(node))


def _set_line(node: Any, line: int) -> None:
    node.lineno = node.end_lineno = line
    node.col_offset = node.end_col_offset = 0


def _set_lines_of_call(node: ast.Call, number: int, line: int) -> None:
    """Set the lines of those parts of a call that change the lines or the instructions of the call itself.

    `line`: the line of the call, in place of which it got the number.
    """
    if isinstance(node.func, ast.Attribute):  # a call of a method has the line on which the method's name ends
        node.func.end_lineno = number
    for each in node.args:  # of several constants on one line Python makes a tuple
        if isinstance(each, ast.Constant | ast.UnaryOp | ast.Tuple) and not _varies(each) and each.lineno == line:
            _set_line(each, number)


def _pairs(one: CodeType, other: CodeType) -> Iterator[tuple[CodeType, CodeType]]:
    """Yield each code within two compilations of one text, with its counterpart."""
    waiting = [(one, other)]
    while waiting:
        pair = waiting.pop()
        yield pair
        held = [[each for each in code.co_consts if isinstance(each, CodeType)] for code in pair]
        if len(held[0]) == len(held[1]):
            waiting += zip(*held, strict=True)


def lines_of(code: CodeType) -> tuple[int, ...]:
    """Return the line of each instruction, 0 if it has none."""
    return tuple(line or 0 for first, end, line in code.co_lines() for _ in range(first, end, 2))


@functools.lru_cache(maxsize=256)
def instruction_places(source: Source) -> InstructionPlaces:
    """Return the places of the instructions of a file; they are looked up once."""
    return InstructionPlaces(source)
