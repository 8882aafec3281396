"""Memory classes: what is saved, held against lists from another source, and bytes against counts made by hand."""

import pytest

from benchmarks.autograd.record.safety import (
    COSTS_A_COPY,
    NO,
    NO_GRADIENT,
    NUMBER,
    PLAIN,
    REQUIRES_GRAD,
    WHILE_IT_RUNS,
    YES,
)
from benchmarks.autograd.safety.compare import without_warnings
from benchmarks.autograd.safety.memory_class import (
    ARGUMENT,
    CLONE,
    NUMEL,
    OTHER,
    RESULT,
    SELF,
    memory_classes,
    saved_for_backward,
    variants_in,
)
from benchmarks.autograd.safety.tiny_pair import usual_dtype
from benchmarks.catalogue import families
from benchmarks.record import INPLACE, OUTOFPLACE

PAIRS = {pair.name: pair for pairs in families().values() for pair in pairs}

#: By what the in-place variant saves while the other operand wants no gradient: found op by op with saved-tensor hooks,
#: outside this suite.
CLASSES = {
    (): """
        add sub neg frac deg2rad rad2deg tril triu cumsum fmod remainder addcmul addmm addmv addr addbmm baddbmm
        index_add scatter_add lerp conj_physical fill_diagonal ceil floor round trunc sign eq ne lt fill zero copy
        bernoulli normal uniform igamma igammac heaviside floor_divide acosh asinh atanh logical_not logical_and
    """,
    (CLONE,): """
        abs acos asin atan cos cosh digamma erf erfc erfinv i0 lgamma log log10 log1p log2 logit nan_to_num relu6 silu
        sin sinc sinh square gelu mish hardsigmoid hardswish hardtanh clamp clamp_max clamp_min pow_scalar polygamma
        mvlgamma renorm threshold
    """,
    (RESULT,): "exp exp2 expm1 reciprocal relu rsqrt sigmoid sqrt tan tanh selu elu celu leaky_relu",
    (ARGUMENT,): """
        mul div div_floor lerp_tensor addcdiv masked_fill masked_scatter index_fill index_copy index_put put scatter
        scatter_value
    """,
    (ARGUMENT, CLONE): "atan2 xlogy nextafter clamp_max_tensor clamp_min_tensor clamp_tensor",
    (CLONE, RESULT): "sgn copysign hypot cumprod",
    (ARGUMENT, CLONE, RESULT): "pow index_reduce scatter_reduce",
    (ARGUMENT, RESULT): "ldexp",
    (OTHER, RESULT): "rrelu rrelu_with_noise",
    (OTHER,): "dropout alpha_dropout feature_alpha_dropout",
}

#: The same while the other operand wants its gradient.
CLASSES_WITH_OTHER = {
    (): "add sub eq logical_and heaviside floor_divide lerp copy",
    (ARGUMENT,): """
        addcmul addcdiv addmm addmv addr addbmm baddbmm index_add index_copy index_put put scatter scatter_add
        masked_scatter
    """,
    (ARGUMENT, CLONE): """
        mul div div_floor atan2 fmod remainder xlogy nextafter clamp_max_tensor clamp_min_tensor clamp_tensor
        igamma igammac
    """,
    (CLONE, RESULT): "copysign",
    (ARGUMENT, CLONE, RESULT): "hypot pow index_reduce scatter_reduce",
    (ARGUMENT, RESULT): "ldexp",
}

#: Bytes beyond input, result and saved self, as multiples of the input: held by both variants; at the peak of
#: out-of-place; at the peak of in-place; and what they are. A module or functional variant shares its op's.
BEYOND = {
    "conj_physical": (0, -1, 0, "real numbers: out-of-place returns its input, and makes no result"),
    "ldexp": (0, 1, 1, "2 ** other"),
    "mvlgamma": (0, 2, 3, "p = 2 shifted inputs; in-place makes its result before it copies it over"),
    "index_reduce_mean": (0, 2, 2, "how often each element is written"),
    "scatter_reduce_mean": (0, 2.25, 2.25, "how often each element is written, from ones of the source's size"),
    "renorm": (0, 2 / 128, 2 / 128, "norms and factors of 128 rows"),
    "fill_diagonal": (0, 1 / 128, 0, "the diagonal that out-of-place is given"),
    "dropout": (1, 1, 1, "the noise"),
    "dropout1d": (1 / 64, 1 / 64, 1 / 64, "one factor for the 64 elements of a channel"),
    "dropout2d": (1 / 256, 1 / 256, 1 / 256, "one factor for the 256 elements of a channel"),
    "dropout3d": (1 / 256, 1 / 256, 1 / 256, "one factor for the 256 elements of a channel"),
    "alpha_dropout": (1, 2, 2, "the noise, and what is added to it"),
    "feature_alpha_dropout": (1 / 256, 2 / 256, 2 / 256, "a factor and a summand for the 256 elements of a channel"),
    "rrelu": (1, 1, 1, "the noise, made even where it is not used"),
    "rrelu_with_noise": (1, 1, 1, "the noise"),
}

#: Numbers that an op wraps into tensors of 4 to 12 bytes while it runs.
SCALARS = 64


#: The same while it is a Python number.
CLASSES_WITH_NUMBER = {
    (): "add sub mul div fmod remainder",
    (CLONE,): "xlogy ipow",
    (CLONE, RESULT): "copysign",
}


def measured(name, variant, condition):
    pair = PAIRS[name]
    with without_warnings():
        variants = variants_in(condition, pair, usual_dtype(pair, "float32", "cpu"), "cpu")
        return saved_for_backward(variants, variant)


@pytest.mark.parametrize(
    "classes, condition", [(CLASSES, PLAIN), (CLASSES_WITH_OTHER, REQUIRES_GRAD), (CLASSES_WITH_NUMBER, NUMBER)]
)
def test_classes_are_those_found_outside_this_suite(classes, condition):
    listed = {name: kinds for kinds, names in classes.items() for name in names.split()}
    assert {name: measured(name, INPLACE, condition) for name in listed} == listed


def test_out_of_place_keeps_its_input_where_in_place_keeps_a_copy_or_its_result():
    result_instead = ("leaky_relu", "elu", "celu", "selu")
    for name in (*CLASSES[CLONE,].split(), *result_instead):
        assert measured(name, OUTOFPLACE, PLAIN) == (SELF,), name


@pytest.fixture(scope="module")
def counted():
    """Every row with bytes: (name of the op, row)."""
    with without_warnings():
        rows = [(name, row) for name, pair in PAIRS.items() for row in memory_classes(pair, "cpu")]
    return [(name, row) for name, row in rows if row.answer != NO_GRADIENT]


def op_of(name):
    """The op of a module or of a functional variant: nn.ELU, F.elu_."""
    return name.removeprefix("nn.").lower() if name.startswith("nn.") else name.removeprefix("F.").rstrip("_")


def by_hand(name, row):
    """Bytes held by out-of-place and by in-place, and at their peaks: input, result, saved self, what is beyond."""
    n = row.input_bytes
    held, outofplace, inplace, _ = BEYOND.get(op_of(name), (0, 0, 0, ""))
    kept, copied = SELF in row.outofplace, CLONE in row.inplace
    return [int(n * times) for times in (1 + kept + held, 1 + copied + held, 2 + outofplace, 1 + copied + inplace)]


@pytest.mark.slow
def test_bytes_are_those_counted_by_hand(counted):
    assert len(counted) > 200
    for name, row in counted:
        *held, outofplace, inplace = by_hand(name, row)
        wrapped = row.outofplace_held_bytes - held[0]
        assert wrapped in ((0, 8) if row.condition == NUMBER else (0,)), name  # mul and div keep the number itself
        assert row.inplace_held_bytes - held[1] == wrapped, name
        assert 0 <= row.outofplace_peak_bytes - outofplace <= SCALARS, name
        assert 0 <= row.inplace_peak_bytes - inplace <= SCALARS, name


@pytest.mark.slow
def test_nothing_counted_beyond_is_stale(counted):
    """By its bytes: without it the count would be off by more than numbers wrapped into tensors."""
    assert set(BEYOND) <= {op_of(name) for name, _ in counted}
    for held, outofplace, inplace, _ in BEYOND.values():
        assert max(map(abs, (held, outofplace, inplace))) * 4 * NUMEL > SCALARS


@pytest.mark.slow
def test_the_plain_answer_follows_from_what_is_saved(counted):
    for name, row in counted:
        expected = COSTS_A_COPY if CLONE in row.inplace else YES if SELF in row.outofplace else WHILE_IT_RUNS
        assert row.answer == (NO if name == "conj_physical" else expected), name


@pytest.mark.slow
def test_a_step_peaks_no_lower_than_its_forward(counted):
    for name, row in counted:
        assert row.outofplace_step_peak_bytes >= row.outofplace_peak_bytes, name
        assert row.inplace_step_peak_bytes >= row.inplace_peak_bytes, name
