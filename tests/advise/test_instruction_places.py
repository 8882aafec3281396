"""The expression of an instruction, found without columns, is the one that Python gives from 3.11 on."""

import ast
import dis
from pathlib import Path
from types import CodeType

import pytest

from benchmarks.advise import verdicts
from benchmarks.advise.source.frames import columns_in_code
from benchmarks.advise.source.instruction_places import InstructionPlaces
from benchmarks.advise.source.rewrite import Source
from benchmarks.advise.user.question import SourcePlace

CALLS = ast.Call | ast.BinOp | ast.UnaryOp
TEXT = """
def f(a, b, *rest, **named):
    with open(a) as opened:
        return opened.read()
    a.x += a.g(1) + a.g(2); a[0] *= b
    h = (a
         .exp(b.exp(), 1, 2, **named)
         .sin(key=-1))
    return a.g(0, **named) and b.g(*rest) or (not a.g() and -b)
g = lambda x: x.exp(), lambda x: x.sin()
"""
TWINS = "f, g = (lambda x: x.exp()), (lambda x: x.exp())\nh = len(str(f)) + len(str(g))\n"


def codes(code):
    yield code
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from codes(each)


def compiled(source):
    return codes(compile(source.data, source.file, "exec", dont_inherit=True))


def calls(source):
    """Each instruction that calls a function or an operator: its code, its offset."""
    for code in compiled(source):
        for each in dis.get_instructions(code):
            if each.opname.startswith(("CALL", "BINARY_", "INPLACE_", "UNARY_")) and each.opname != "UNARY_NOT":
                yield code, each.offset


@pytest.mark.skipif(not hasattr(compile("", "", "exec"), "co_positions"), reason="there is nothing to compare with")
def test_places_are_those_of_python():
    files = sorted(Path(verdicts.__file__).parent.glob("*.py"))
    found = 0
    for source in (Source("text.py", TEXT.encode()), *(Source.read(str(file)) for file in files)):
        places = InstructionPlaces(source)
        for code, offset in calls(source):
            columns, place = columns_in_code(code, offset), places.place(code, offset)
            node = source.node(SourcePlace(source.file, columns[0], columns[1], columns[2], columns[3]))
            if isinstance(node, CALLS) and place is not None:
                assert source.node(place) is node, (source.file, ast.unparse(node))
                found += 1
    assert found > 300


def test_all_calls_of_a_text_are_found():
    source = Source("text.py", TEXT.encode())
    places = InstructionPlaces(source)
    found = {places.place(code, offset) for code, offset in calls(source)}
    wanted = [each for each in ast.walk(source.tree) if isinstance(each, CALLS | ast.AugAssign)]
    constant = [each for each in wanted if isinstance(each, ast.UnaryOp) and ast.unparse(each) in ("-1", "not a.g()")]
    missing = {source.place(each) for each in wanted if each not in constant} - found
    assert [(each.line, each.column) for each in missing] == []


def test_code_that_several_expressions_share_has_no_place():
    source = Source("twins.py", TWINS.encode())
    places, (module, *lambdas) = InstructionPlaces(source), compiled(source)
    offsets = {code: [at for each, at in calls(source) if each is code or each == code] for code in (module, *lambdas)}
    assert all(places.place(module, at) for at in offsets[module])
    found = [places.place(code, at) for code in lambdas for at in offsets[code]]
    is_shared = len(lambdas) == 1
    assert all((each is None) == is_shared for each in found)


def test_code_of_another_text_has_no_place():
    source, other = Source("text.py", TEXT.encode()), Source("text.py", b"\n" + TEXT.encode())
    places = InstructionPlaces(source)
    assert {places.place(code, offset) for code, offset in calls(other)} == {None}
