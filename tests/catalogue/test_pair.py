"""A declaration: what it refuses, what it calls, and the statement it shows."""

import functools

import pytest
import torch
from torch.nn import functional

from benchmarks.catalogue.constructors import with_flag
from benchmarks.catalogue.pair import Pair, PairError
from benchmarks.record import INPLACE, OUTOFPLACE, PHASES, VARIANTS


def twice(x):
    return x * 2


def twice_(x):
    return x.mul_(2)


@pytest.mark.parametrize(
    "fields, message",
    [
        ({"name": ""}, "needs a name"),
        ({"name": 3}, "needs a name, not 3"),
        ({"outofplace": twice}, "declare both callables, or neither"),
        ({"inplace": twice_}, "declare both callables, or neither"),
        ({"outofplace": twice, "inplace": "mul_"}, "inplace must be callable, not 'mul_'"),
        ({"domain": "imaginary"}, "unknown domain 'imaginary', choose from real, "),
        ({"domain": []}, r"unknown domain \[\]"),
        ({"others": ("real", "imaginary")}, "unknown domain 'imaginary'"),
        ({"others": "real"}, "others must be a tuple, not 'real'"),
        ({"args": 2}, "args must be a tuple, not 2"),
        ({"kwargs": 2}, "kwargs a dict"),
        ({"op": torch.exp}, "op must be text"),
        ({"scalar": True}, "scalar needs others"),
        ({"phases": ()}, "phases must be some of inference, forward, backward, step"),
        ({"phases": ("training",)}, r"not \('training',\)"),
        ({"phases": "step"}, "phases must be a tuple"),
        ({"shape": 1024}, "a shape must be a tuple of numbers above zero, not 1024"),
        ({"shape": (4, 0)}, r"not \(4, 0\)"),
        ({"shape": [4, 4]}, r"not \[4, 4\]"),
        ({"others": ("real",), "other_shapes": ((2.0,),)}, r"not \(2.0,\)"),
        ({"others": ("real",), "other_shapes": ((2,), (3,))}, "one shape for each of others"),
        ({"shape": "cube"}, "unknown kind of shape 'cube', choose from vector, "),
        ({"domain": "mask"}, "unknown domain 'mask', choose from real, "),
        ({"dtypes": ("float8",)}, r"dtypes must be some of float32, .*, not \('float8',\)"),
        ({"dtypes": ()}, "dtypes must be some of"),
        ({"first": 0}, "first must be a tuple, not 0"),
        ({"covers": "exp_"}, "covers must be a tuple"),
    ],
    ids=lambda value: "" if isinstance(value, str) else "-".join(value),
)
def test_a_wrong_declaration_is_refused_in_one_line(fields, message):
    with pytest.raises(PairError, match=message) as refused:
        Pair(**{"name": "mine", **fields})
    assert "mine" in str(refused.value) or "name" in fields
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "pair, outofplace, inplace",
    [
        (Pair("exp"), "x.exp()", "x.exp_()"),
        (Pair("pow_scalar", op="pow", args=(2.5,)), "x.pow(2.5)", "x.pow_(2.5)"),
        (Pair("add", others=("real",)), "x.add(other)", "x.add_(other)"),
        (
            Pair("addcdiv", others=("real", "real"), kwargs={"value": 0.5}),
            "x.addcdiv(other, other2, value=0.5)",
            "x.addcdiv_(other, other2, value=0.5)",
        ),
        (
            with_flag(functional.threshold, args=(0.5, -0.5)),
            "threshold(x, 0.5, -0.5, inplace=False)",
            "threshold(x, 0.5, -0.5, inplace=True)",
        ),
        (Pair("mine", outofplace=twice, inplace=twice_), "twice(x)", "twice_(x)"),
        (Pair("mine", outofplace=twice, inplace=functools.partial(twice_)), "twice(x)", "twice_(x)"),
    ],
    ids=["method", "op", "other", "keywords", "flagged", "callables", "partial"],
)
def test_the_statement_is_the_one_a_user_writes(pair, outofplace, inplace):
    assert (pair.statement(OUTOFPLACE), pair.statement(INPLACE)) == (outofplace, inplace)


def test_a_lambda_shows_its_source_and_anything_else_something():
    pair = Pair("mine", outofplace=lambda x: x * 2, inplace=eval("lambda x: x.mul_(2)"))
    assert pair.statement(OUTOFPLACE) == "x * 2"
    assert pair.statement(INPLACE) == "<lambda>"
    both = Pair(
        "both",
        outofplace=lambda x: x + 1,
        inplace=lambda x: x.add_(1),
    )
    assert (both.statement(OUTOFPLACE), both.statement(INPLACE)) == ("x + 1", "x.add_(1)")
    assert Pair("mine", outofplace=torch.nn.ReLU(), inplace=torch.nn.ReLU(True)).statement(INPLACE) == "ReLU(x)"


def test_lambdas_on_one_line_are_told_apart_by_the_argument_they_are():
    pair = Pair("mine", outofplace=lambda x: x + 1, inplace=lambda x: x.add_(1))
    assert (pair.statement(OUTOFPLACE), pair.statement(INPLACE)) == ("x + 1", "x.add_(1)")
    pair = Pair("mine", lambda x: x + 1, lambda x: x.add_(1))
    assert (pair.statement(OUTOFPLACE), pair.statement(INPLACE)) == ("x + 1", "x.add_(1)")


TELLS_COLUMNS = hasattr(test_a_lambda_shows_its_source_and_anything_else_something.__code__, "co_positions")


def test_of_two_pairs_on_a_line_nothing_is_guessed():
    one, two = (Pair(n, outofplace=lambda x: x + 1, inplace=f) for n, f in (("a", lambda x: x), ("b", lambda x: x * 1)))
    assert one.statement(OUTOFPLACE) == two.statement(OUTOFPLACE) == "x + 1"
    found = [each.statement(INPLACE) for each in (one, two)]
    assert found == (["x", "x * 1"] if TELLS_COLUMNS else ["<lambda>"] * 2)
    functions = [eval(text) for text in ("lambda x: x", "lambda x: x * 1")]
    assert {Pair("a", each, each).statement(INPLACE) for each in functions} == {"<lambda>"}


@pytest.mark.skipif(not TELLS_COLUMNS, reason="before Python 3.11 code does not tell its columns")
def test_lambdas_are_told_apart_by_where_they_stand():
    functions = [lambda x: x * 2, lambda x: x.mul_(2)], lambda x: (lambda y: y.add_(1))(x), (lambda f: f)(lambda x: -x)
    (out, in_), outer, inner = functions
    shown = [Pair("a", each, each).statement(INPLACE) for each in (out, in_, outer, inner)]
    assert shown == ["x * 2", "x.mul_(2)", "(lambda y: y.add_(1))(x)", "-x"]
    many = [lambda x, n=n: x.mul_(n) for n in (1, 2)], [lambda x: x.exp(), lambda é: é.add_(1), lambda x: x.exp_()]
    assert [Pair("a", each, each).statement(OUTOFPLACE) for each in many[0]] == ["x.mul_(n)"] * 2
    assert [Pair("a", each, each).statement(OUTOFPLACE) for each in many[1]] == ["x.exp()", "é.add_(1)", "x.exp_()"]
    pair = Pair("mine", lambda x: x + 1, lambda x: x.add_(1), code=("x + 1", "x.add_(1)"))
    assert pair.statement(INPLACE) == "x.add_(1)"


@pytest.mark.parametrize(
    "pair",
    [
        Pair("mul", others=("real",), kwargs={}),
        Pair("mul_fn", outofplace=torch.mul, inplace=lambda x, other: x.mul_(other), others=("real",)),
        Pair(
            "mul_kw",
            outofplace=lambda x, other=0: x * other,
            inplace=lambda x, other=0: x.mul_(other),
            args=(3.0,),
        ),
    ],
    ids=["method", "operand", "argument"],
)
def test_bound_variants_do_the_same_work(pair):
    others = tuple(torch.full((3,), 3.0) for _ in pair.others)
    for variant in VARIANTS:
        assert pair.bind(variant, others)(torch.ones(3)).tolist() == [3.0, 3.0, 3.0]


def test_a_callable_gets_operands_arguments_then_state():
    def spy(*given, **keywords):
        return given, keywords

    pair = Pair("spy", outofplace=spy, inplace=spy, others=("real",), args=(1, 2), kwargs={"k": 3}, setup=lambda x: x)
    assert pair.bind(OUTOFPLACE, ("other",))("x", "state") == (("x", "other", 1, 2, "state"), {"k": 3})
    bare = Pair("spy", outofplace=spy, inplace=spy, kwargs={"k": 3}, setup=lambda x: x)
    assert bare.bind(INPLACE)("x", "state") == (("x", "state"), {"k": 3})


def test_a_bare_callable_is_called_itself():
    """A wrapper's frame would be 5 % of a call at 1 Ki."""
    assert Pair("mine", outofplace=twice, inplace=twice_).bind(OUTOFPLACE) is twice


def test_arguments_before_the_operands_come_first():
    pair = Pair("index_add", first=(0,), others=("rows", "real"))
    assert pair.statement(INPLACE) == "x.index_add_(0, other, other2)"
    x, index, source = torch.zeros(2), torch.tensor([1, 0]), torch.tensor([1.0, 2.0])
    assert pair.bind(OUTOFPLACE, (index, source))(x).tolist() == [2.0, 1.0]


def test_statements_that_are_told_are_shown_as_told():
    pair = Pair("own", outofplace=twice, inplace=twice_, code=("x = 2 * x", "x *= 2"))
    assert (pair.statement(OUTOFPLACE), pair.statement(INPLACE)) == ("x = 2 * x", "x *= 2")


def test_what_its_axes_may_be_follows_from_the_declaration():
    assert Pair("exp").operands == ("none",)
    assert Pair("add", others=("real",), scalar=True).operands == ("same", "broadcast", "zero_dim", "scalar")
    assert Pair("masked_fill", others=("mask",), args=(0.5,)).operands == ("same",)
    assert Pair("add", others=("real",), shape="square").operands == ("same",)
    assert Pair("add", others=("real",), other_shapes=((1,),)).operands == ("same",)
    assert Pair("exp").layouts == ("contiguous", "transposed", "strided", "channels_last")
    assert Pair("tril", shape="square").layouts == ("contiguous", "transposed", "strided")
    assert Pair("normal", outofplace=twice, inplace=twice_, random=True).layouts == ("contiguous",)
    assert Pair("own", outofplace=twice, inplace=twice_, shape=(2, 3)).layouts == ("contiguous",)
    assert Pair("own", outofplace=twice, inplace=twice_, shape="parameters").layouts == ("parameters",)


def test_only_dtypes_with_a_gradient_have_phases_with_a_graph():
    pair = Pair("add", others=("real",), dtypes=("float32", "complex64", "int64"))
    assert set(pair.phases_in("float32")) == set(pair.phases_in("complex64")) == set(PHASES)
    assert pair.phases_in("int64") == ("inference",)
    assert Pair("eq", others=("real",), dtypes=("bool",), phases=("inference",)).phases_in("bool") == ("inference",)


def test_a_name_that_torch_does_not_have_is_said():
    assert Pair("exp").lacking is None
    assert Pair("expp").lacking == f"torch {torch.__version__.split('+')[0]} has no Tensor.expp"
    assert Pair("softmax").lacking.endswith("has no Tensor.softmax_")
    assert Pair("own", outofplace=twice, inplace=twice_).lacking is None
