"""Is a gradient the derivative: against functions whose gradient is right, wrong in both variants, or on purpose."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from benchmarks.catalogue import Pair
from benchmarks.catalogue.pair import PairError
from benchmarks.catalogue.scenarios import Scenario
from benchmarks.record import USER
from benchmarks.verify import derivative
from benchmarks.verify.derivative import IS_DERIVATIVE, check_derivative
from benchmarks.verify.ops import Disagreement
from benchmarks.verify.prepare import check_case
from benchmarks.workload import make_workload
from tests.support.scenarios import case_of
from tests.verify.declared import inputs_of

SMOOTH = "not compared with the derivative: its values do not change smoothly, perhaps computed in less than float64"


def square(factor: float):
    """Squares, in place or not; the gradient is `factor` times x."""

    class Square(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, inplace):
            ctx.save_for_backward(x.clone())
            if inplace:
                ctx.mark_dirty(x)
                return x.square_()
            return x.square()

        @staticmethod
        def backward(ctx, gradient):
            return gradient * ctx.saved_tensors[0] * factor, None

    return Pair(
        "square",
        outofplace=lambda x: Square.apply(x, False),
        inplace=lambda x: Square.apply(x, True),
        code=("square(x)", "square_(x)"),
    )


@pytest.mark.parametrize("dtype", ["float32", "float64", "bfloat16", "float16"])
@pytest.mark.parametrize("numel", [1, 64, 65536])
def test_a_right_gradient_is_the_derivative(numel, dtype):
    assert check_derivative(inputs_of(square(2.0), "step", dtype=dtype, shape=(numel,))) == IS_DERIVATIVE


@pytest.mark.parametrize("factor", [1.0, 4.0, -2.0, 0.0, 2.02])
@pytest.mark.parametrize("phase", ["forward", "step"])
def test_a_factor_that_both_variants_lack_is_seen(factor, phase):
    with pytest.raises(Disagreement, match=r"the gradient of the out-of-place variant is not its derivative: along a"):
        check_derivative(inputs_of(square(factor), phase))


def test_it_is_asked_of_a_users_code_and_once_a_phase():
    wrong = inputs_of(square(1.0), "step")
    assert check_case(wrong) is not None, "of the catalogue's the safety matrix asks more"
    own = replace(wrong, case=replace(wrong.case, family=USER))
    with pytest.raises(Disagreement, match="is not its derivative"):
        check_case(own)
    assert check_case(own, watch=False) is not None
    assert check_case(replace(own, case=replace(own.case, phase="forward"))) is not None, "it is asked in a step"
    assert check_case(replace(own, case=replace(own.case, phase="inference"))) is not None
    right = inputs_of(square(2.0), "step")
    found = check_case(replace(right, case=replace(right.case, family=USER)))
    assert found is not None and found.facts["gradient"] == IS_DERIVATIVE


def test_what_is_wrong_on_purpose_is_declared_and_told():
    custom = replace(square(1.0), derivative="custom")
    assert check_derivative(inputs_of(custom, "step")) == "declared to differ from the derivative"
    for declared in (lambda: replace(square(1.0), derivative="none"), lambda: scenario(nn.ReLU, derivative="none")):
        with pytest.raises(PairError, match="derivative must be one of exact, custom"):
            declared()


@pytest.mark.parametrize("name", ["relu", "clamp", "abs", "sin", "hardtanh", "leaky_relu", "silu", "round", "sign"])
def test_kinks_and_steps_are_no_errors(name):
    fields = {"clamp": {"args": (-1.0, 1.0)}}.get(name, {})
    call = {"relu": torch.relu, "silu": nn.functional.silu, "hardtanh": nn.functional.hardtanh}.get(name)
    call = (
        call or {"leaky_relu": nn.functional.leaky_relu}.get(name) or (lambda x, *args: getattr(torch, name)(x, *args))
    )
    pair = Pair("kinked", outofplace=call, inplace=lambda x, *args: x.mul_(1), code=("f(x)", "f_(x)"), **fields)
    inputs = inputs_of(replace(pair, inplace=lambda x, *args: call(x, *args)), "step", shape=(65536,))
    assert check_derivative(inputs) == IS_DERIVATIVE


def test_gradients_of_other_operands_are_asked_too():
    class Product(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, y):
            ctx.save_for_backward(x.clone(), y)
            return x * y

        @staticmethod
        def backward(ctx, gradient):
            x, y = ctx.saved_tensors
            return gradient * y, gradient * x * 3

    pair = Pair("product", outofplace=Product.apply, inplace=Product.apply, others=("real",), code=("a", "b"))
    inputs = inputs_of(pair, "step")
    assert check_derivative(inputs) == IS_DERIVATIVE, "with respect to x it is right"
    inputs.others[0].requires_grad_(True)
    with pytest.raises(Disagreement, match="is not its derivative"):
        check_derivative(inputs)


def test_randomness_is_the_same_in_every_call():
    dropout = lambda x: nn.functional.dropout(x, 0.5)  # noqa: E731  # one expression
    pair = Pair("drops", outofplace=dropout, inplace=dropout, random=True, code=("a", "b"))
    assert check_derivative(inputs_of(pair, "step")) == IS_DERIVATIVE


def raises_in_doubles(x):
    if x.dtype == torch.float64:
        raise TypeError("floats only")
    return x * 2


def test_what_cannot_be_asked_is_told():
    pair = Pair("narrow", outofplace=raises_in_doubles, inplace=raises_in_doubles)
    told = check_derivative(inputs_of(pair, "step"))
    expected = "not compared with the derivative: in float64 the out-of-place variant raises TypeError: floats only"
    assert told == expected
    complex_numbers = Pair("sin", dtypes=("complex64",))
    told = check_derivative(inputs_of(complex_numbers, "step", dtype="complex64"))
    assert told == "not compared with the derivative: its numbers are complex"


@pytest.mark.parametrize("narrow", [torch.float32, torch.bfloat16], ids=str)
def test_a_variant_that_rounds_inside_is_not_accused(narrow):
    call = lambda x: (x.to(narrow) * 1.7).tanh().to(x.dtype) * x  # noqa: E731  # one expression
    pair = Pair("rounds", outofplace=call, inplace=call, code=("a", "b"))
    told = check_derivative(inputs_of(pair, "step", shape=(65536,)))
    assert told in (IS_DERIVATIVE, SMOOTH), told


def test_a_straight_through_estimator_is_told_unless_it_is_declared():
    class Rounded(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.round()

        @staticmethod
        def backward(ctx, gradient):
            return gradient

    pair = Pair("rounded", outofplace=Rounded.apply, inplace=Rounded.apply, code=("a", "b"))
    with pytest.raises(Disagreement, match="values change by 0, by the gradient it is"):
        check_derivative(inputs_of(pair, "step"))
    assert "declared" in check_derivative(inputs_of(replace(pair, derivative="custom"), "step"))


def test_a_slow_variant_is_asked_once(monkeypatch):
    calls = []
    pair = Pair("slow", outofplace=lambda x: calls.append(1) or x * 2, inplace=lambda x: x * 2, code=("a", "b"))
    monkeypatch.setattr(derivative, "SLOW_S", 0.0)
    check_derivative(inputs_of(pair, "step"))
    once = len(calls)
    calls.clear()
    monkeypatch.setattr(derivative, "SLOW_S", 60.0)
    check_derivative(inputs_of(pair, "step"))
    assert len(calls) == once + 4, "two more directions, ahead and behind"


def test_leaves_are_left_as_they_are():
    inputs = inputs_of(square(2.0), "step")
    before, generator = inputs.base.detach().clone(), torch.get_rng_state()
    check_derivative(inputs)
    assert torch.equal(inputs.base.detach(), before) and inputs.base.grad is None
    assert torch.equal(torch.get_rng_state(), generator)


def scenario(module, **fields) -> Scenario:
    return Scenario("own", outofplace=module, inplace=module, shape=(4, 8), **fields)


class Scaled(nn.Module):
    """A linear layer, a norm with running statistics, and a function whose gradient may lack a factor."""

    def __init__(self, factor: float = 2.0) -> None:
        super().__init__()
        self.linear, self.norm = nn.Linear(8, 8), nn.BatchNorm1d(8)
        self.pair = square(factor)

    def forward(self, x):
        return self.pair.outofplace(self.norm(self.linear(x)))


@pytest.mark.parametrize("grad_input", [False, True])
def test_a_modules_gradients(grad_input):
    right = scenario(lambda: Scaled(), grad_input=grad_input)
    assert check_derivative(make_workload(right, case_of(right, "step"))) == IS_DERIVATIVE
    wrong = scenario(lambda: Scaled(1.0), grad_input=grad_input)
    workload = make_workload(wrong, case_of(wrong, "step"))
    statistics = workload.built["outofplace"].module.norm.running_mean.clone()
    with pytest.raises(Disagreement, match="is not its derivative"):
        check_derivative(workload)
    assert torch.equal(workload.built["outofplace"].module.norm.running_mean, statistics)


class Counting(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear, self.calls = nn.Linear(8, 8), 0

    def forward(self, x):
        self.calls += 1
        return self.linear(x) * self.calls


def test_a_module_that_remembers_cannot_be_asked():
    own = scenario(Counting)
    told = check_derivative(make_workload(own, case_of(own, "step")))
    assert told == "not compared with the derivative: its calls give different values each time"


class WithPlaces(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(8, 8)

    def forward(self, x):
        h = self.linear(x)
        return h, [h.argmax(-1), h.detach()]


def test_results_without_a_gradient_are_left_out():
    own = scenario(lambda: WithPlaces())
    assert check_derivative(make_workload(own, case_of(own, "step"))) == IS_DERIVATIVE
