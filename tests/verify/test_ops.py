"""Right before fast: every kind of lie is found. (That the catalogue tells none: tests/catalogue/test_promises.py.)"""

import pytest
import torch

from benchmarks.catalogue.pair import Pair
from benchmarks.verify import ops
from benchmarks.verify.ops import Disagreement, check_op
from benchmarks.verify.writes import watch_call
from tests.support.wrong_gradient import Tripled
from tests.verify.declared import declared, double, double_, inputs_of


def writes_other(x, other):
    other.add_(1)
    return x * 2


def writes_other_(x, other):
    other.add_(1)
    return x.mul_(2)


WRONG_PAIRS = [  # what is wrong, the out-of-place variant, the in-place variant, the reason given
    ("nothing written", double, lambda x: x, "values differ"),
    ("in place elsewhere", double, double, "the in-place variant does not return its input"),
    ("in place by a copy", double, lambda x: x.mul_(2).clone(), "the in-place variant does not return its input"),
    ("part of the input", double, lambda x: x.mul_(2)[:10], "the in-place variant does not return its input"),
    ("nothing returned", double, lambda x: None, "returns NoneType"),
    ("out of place, yet written", double_, double_, "the out-of-place variant writes its input"),
    ("written, result elsewhere", lambda x: x.mul_(2).clone(), double_, "the out-of-place variant writes its input"),
    ("a view of the input", lambda x: x.view(32, 32).view(-1), lambda x: x, "returns its input's storage"),
    ("the input itself", lambda x: x, lambda x: x, "returns its input's storage"),
    ("another value", lambda x: x * 2.001, double_, r"values differ between the variants, by up to 0.0005 relative"),
    ("one value of many", lambda x: torch.where(x == x.max(), x * 2.001, x * 2), double_, "values differ"),
    ("another dtype", lambda x: (x * 2).double(), double_, "float64 .* out-of-place, torch.float32"),
    ("another shape", lambda x: (x * 2).view(32, 32), double_, r"\(32, 32\) out-of-place"),
    ("NaN", lambda x: x * torch.nan, lambda x: x.mul_(torch.nan), "values not finite"),
    ("infinite", lambda x: x / 0, lambda x: x.div_(0), "values not finite"),
    ("infinite in place only", double, lambda x: x.div_(0), "values not finite"),
    ("laid out otherwise", double, lambda x: x.mul_(2).view(32, 32).t().reshape(-1), "does not return its input"),
    ("a list", lambda x: [x * 2], double_, "the out-of-place variant returns list, not a tensor"),
    ("denormal", lambda x: x * 1e-40, lambda x: x.mul_(1e-40), "values denormal"),
]


@pytest.mark.parametrize(
    "outofplace, inplace, reason", [row[1:] for row in WRONG_PAIRS], ids=[row[0] for row in WRONG_PAIRS]
)
def test_liars_are_refused(outofplace, inplace, reason):
    with pytest.raises(Disagreement, match=reason) as refused:
        check_op(inputs_of(declared(outofplace, inplace)))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("outofplace, inplace", [(writes_other, double_), (double, writes_other_)])
def test_no_operand_but_the_own_input_is_written(outofplace, inplace):
    with pytest.raises(Disagreement, match="writes an operand other than its own input"):
        check_op(inputs_of(Pair("liar", outofplace=outofplace, inplace=inplace, others=("real",))))


@pytest.mark.parametrize(
    "outofplace, inplace, reason",
    [
        (double, Tripled.apply, "gradients differ between the variants, by up to 0.5 relative"),
        (double, lambda x: x.mul_(2).detach().requires_grad_(), "appears to not have been used in the graph"),
        (lambda x: (x * 0).sqrt(), lambda x: x.mul_(0).sqrt_(), "gradients not finite"),
    ],
    ids=["another gradient", "no gradient", "infinite"],
)
@pytest.mark.parametrize("phase", ["forward", "backward", "step"])
def test_gradients_are_held_to_the_same(outofplace, inplace, reason, phase):
    with pytest.raises((Disagreement, RuntimeError), match=reason):
        check_op(inputs_of(declared(outofplace, inplace), phase))


def test_zeros_are_no_denormals_and_an_honest_pair_passes():
    check_op(inputs_of(declared(lambda x: x * 0, lambda x: x.mul_(0))))
    for phase in ("inference", "forward", "backward", "step"):
        check_op(inputs_of(Pair("honest", outofplace=double, inplace=double_), phase))


def test_the_check_leaves_its_inputs_as_they_were():
    inputs = inputs_of(Pair("mul", others=("real",)), "step")
    before = [inputs.base.detach().clone(), inputs.others[0].clone()]
    check_op(inputs)
    assert torch.equal(inputs.base, before[0]) and torch.equal(inputs.others[0], before[1])
    assert inputs.base.grad is None


HELD = torch.ones(4)


def counts(x):
    HELD.add_(0)  # equal afterwards, and written all the same
    return x * 2


def counts_(x):
    HELD.add_(0)
    return x.mul_(2)


@pytest.mark.parametrize(
    "outofplace, inplace, variant", [(counts, double_, "out-of-place"), (double, counts_, "in-place")]
)
def test_nothing_that_a_variant_holds_is_written(outofplace, inplace, variant):
    reason = rf"in the {variant} variant aten::add_ writes a tensor it holds \(float32 \(4,\)\): only what setup makes"
    with pytest.raises(Disagreement, match=reason):
        check_op(inputs_of(declared(outofplace, inplace)))


@pytest.mark.slow  # loads the compiler
@pytest.mark.parametrize("fullgraph", [False, True])
def test_what_is_compiled_stays_so_after_the_check(fullgraph):
    """The compiler gives up for good on code that it meets while writes are watched."""
    calls = []

    def counting(graph, _):
        return lambda *operands: calls.append(1) or graph.forward(*operands)

    variants = [torch.compile(each, backend=counting, fullgraph=fullgraph) for each in (lambda x: x * 2, double_)]
    inputs = inputs_of(declared(*variants))
    check_op(inputs)
    for subject in inputs.subjects.values():
        calls.clear()
        for _ in range(3):
            subject.call(subject.restore())
        assert len(calls) == 3


@pytest.mark.slow  # loads the compiler
@pytest.mark.parametrize("backend", ["eager", "aot_eager"])
def test_what_compiled_variants_write_is_seen_through(backend):
    pair = declared(torch.compile(counts, backend=backend), torch.compile(counts_, backend=backend))
    for variant in ("outofplace", "inplace"):
        (write,) = watch_call(inputs_of(pair), variant).writes
        assert write.endswith("writes a tensor it holds (float32 (4,))")


def as_list(xs):
    return [x * 2 for x in xs]


def as_list_(xs):
    for x in xs:
        x.mul_(2)
    return xs


@pytest.mark.parametrize(
    "outofplace, inplace, reason",
    [
        (as_list, as_list_, None),
        (lambda xs: as_list(xs)[1:], as_list_, "the out-of-place variant returns 12 tensors for 13"),
        (lambda xs: as_list(xs)[0], as_list_, "the out-of-place variant returns Tensor, not a list of tensors"),
        (as_list, lambda xs: as_list(xs), "the in-place variant does not return its input"),
        (lambda xs: [*as_list(xs)[:-1], xs[-1]], as_list_, "the out-of-place variant returns its input's storage"),
        (lambda xs: [*as_list(xs)[:-1], xs[-1] * 3], as_list_, r"values of tensor \d+ differ"),
    ],
)
@pytest.mark.parametrize("phase", ["inference", "step"])
def test_lists_are_held_to_the_same_tensor_by_tensor(outofplace, inplace, reason, phase):
    pair = Pair("lists", outofplace=outofplace, inplace=inplace, shape="parameters")
    inputs = inputs_of(pair, phase, layout="parameters")
    assert len(inputs.base) == 13
    if reason is None:
        assert check_op(inputs).error == 0
        return
    with pytest.raises((Disagreement, RuntimeError), match=reason if phase == "inference" else None):
        check_op(inputs)


@pytest.mark.parametrize(
    "device_type, dtype, is_slow",
    [
        *(("cpu", dtype, True) for dtype in (torch.float16, torch.bfloat16, torch.float32, torch.complex64)),
        *(("cuda", dtype, True) for dtype in (torch.float32, torch.float64)),
        *(("cuda", dtype, False) for dtype in (torch.float16, torch.bfloat16, torch.complex64)),
    ],
)
def test_denormals_are_slow_on_a_cpu_and_in_a_gpus_wide_floats(device_type, dtype, is_slow):
    assert ops._slow_where_denormal(device_type, dtype) == is_slow


def test_denormal_halves_are_refused_where_they_are_slow(monkeypatch):
    pair = declared(lambda x: x * 0 + 3e-5, lambda x: x.mul_(0).add_(3e-5))
    with pytest.raises(Disagreement, match="values denormal"):
        check_op(inputs_of(pair, dtype="float16"))
    monkeypatch.setattr(ops, "_slow_where_denormal", lambda device_type, dtype: (device_type, dtype) == ("cpu", None))
    check_op(inputs_of(pair, dtype="float16"))
