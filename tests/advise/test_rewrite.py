"""Text of in-place twins: what a patch writes, on one line and several, within each other, and what it leaves."""

import ast

import pytest

from benchmarks.advise.source.rewrite import Source
from benchmarks.advise.switches.candidates import candidates_of


def source_of(text: str) -> Source:
    return Source("file.py", text.encode())


def expression_in(source: Source, text: str) -> ast.expr:
    (found,) = [node for node in ast.walk(source.tree) if isinstance(node, ast.expr) and source.text(node) == text]
    return found


BINARY = [
    ("y = a + b", "a + b", 1, "y = a.add_(b)"),
    ("y = a + b", "a + b", 2, "y = b.add_(a)"),
    ("y = (a * b) + c", "(a * b) + c", 1, "y = (a * b).add_(c)"),
    ("y = a + b * c", "a + b * c", 2, "y = (b * c).add_(a)"),
    ("y = f(x) ** 2", "f(x) ** 2", 1, "y = f(x).pow_(2)"),
    ("y = x[0] / n", "x[0] / n", 1, "y = x[0].div_(n)"),
    ("y = (a\n     + b)", "a\n     + b", 1, "y = (a.add_(b\n))"),
    ("y = (\n    a\n    + b\n)", "a\n    + b", 2, "y = (\n    b.add_(a\n)\n)"),
    ("é = ä + ö", "ä + ö", 1, "é = ä.add_(ö)"),
]


@pytest.mark.parametrize(("text", "expression", "operand", "expected"), BINARY)
def test_a_binary_operator(text, expression, operand, expected):
    source = source_of(text)
    edit = source.binary(expression_in(source, expression), operand)
    assert source.edited([edit]) == expected
    assert expected.count("\n") == text.count("\n")
    ast.parse(expected)


def test_the_right_operand_is_written_only_where_order_does_not_matter():
    for text in ("a - b", "a / b", "a ** b"):
        source = source_of(text)
        assert source.binary(expression_in(source, text), 2) is None


def test_a_comment_is_not_lost():
    source = source_of("y = (a  # why\n     + b)")
    (node,) = [n for n in ast.walk(source.tree) if isinstance(n, ast.BinOp)]
    assert source.binary(node, 1) is None


CALLS = [
    ("F.relu(x)", "F.relu(x, inplace=True)"),
    ("F.relu(x, inplace=False)", "F.relu(x, inplace=True)"),
    ("F.relu(x,)", "F.relu(x, inplace=True)"),
    ("F.relu(\n    x,\n)", "F.relu(\n    x,\n inplace=True)"),
    ("nn.ReLU()", "nn.ReLU(inplace=True)"),
    ("F.relu((x))", "F.relu((x), inplace=True)"),
]


@pytest.mark.parametrize(("text", "expected"), CALLS)
def test_a_flag(text, expected):
    source = source_of(text)
    found = source.edited([source.flagged(source.tree.body[0].value)])
    assert found == expected
    assert ast.unparse(ast.parse(found)) == ast.unparse(ast.parse(expected))


def test_arguments_that_nobody_counts_get_no_flag():
    assert source_of("F.relu(x, **more)").flagged(source_of("F.relu(x, **more)").tree.body[0].value) is None


FUNCTIONS = [
    ("torch.clamp(x, min=0)", "x.clamp_(min=0)"),
    ("torch.mul(a + b, (c))", "(a + b).mul_((c))"),
    ("torch.add((a), b, alpha=2)", "a.add_(b, alpha=2)"),
    ("torch.mul(\n    a,\n    b,\n)", "a.mul_(b,\n\n\n)"),
]


@pytest.mark.parametrize(("text", "expected"), FUNCTIONS)
def test_a_function_becomes_a_method(text, expected):
    source = source_of(text)
    node = source.tree.body[0].value
    found = source.edited([source.called(node, f"{node.func.attr}_")])
    assert found == expected
    ast.parse(found)


def test_where_becomes_a_masked_fill():
    source = source_of("torch.where(m > 0, x, 0.0)")
    node = source.tree.body[0].value
    assert source.edited([source.masked(node, 2)]) == "x.masked_fill_(~(m > 0), 0.0)"
    source = source_of("torch.where(m, 0.0, x)")
    assert source.edited([source.masked(source.tree.body[0].value, 3)]) == "x.masked_fill_(m, 0.0)"


def test_edits_lie_within_each_other():
    source = source_of("y = F.relu(a + b) * c + d.exp()")
    by_text = {source.text(node): node for node in ast.walk(source.tree) if isinstance(node, ast.expr)}
    edits = [
        source.binary(by_text["a + b"], 2),
        source.flagged(by_text["F.relu(a + b)"]),
        source.binary(by_text["F.relu(a + b) * c"], 1),
        source.binary(by_text["F.relu(a + b) * c + d.exp()"], 2),
        source.renamed(by_text["d.exp()"]),
    ]
    expected = "y = d.exp_().add_(F.relu(b.add_(a), inplace=True).mul_(c))"
    assert source.edited(edits) == source.edited(edits[::-1]) == expected


def test_a_call_of_another_name_is_no_candidate():
    """`self.act(x)` where the attribute is `F.relu`: another function could be there the next time."""
    import torch

    source = source_of("self.act(x)")
    assert candidates_of(source, source.tree.body[0].value, torch.nn.functional.relu, direct=False) == []
    source = source_of("F.relu(x)")
    (found,) = candidates_of(source, source.tree.body[0].value, torch.nn.functional.relu, direct=False)
    assert found.replacement == "F.relu(x, inplace=True)"
