"""The safety matrix held against OpInfo, torch's own database of what its ops support."""

import json
import subprocess
import sys

import pytest
import torch

from benchmarks.autograd.record.safety import NO_CASE, NOT_IMPLEMENTED, WORKS, WRONG
from benchmarks.autograd.safety.matrix import examine_cell
from benchmarks.autograd.safety.tiny_pair import tiny_pair, usual_dtype
from benchmarks.catalogue import families
from benchmarks.inputs import tensors
from tests.support.commands import ROOT

pytestmark = pytest.mark.slow

pytest.importorskip("expecttest", reason="OpInfo needs expecttest")

PAIRS = {pair.name: pair for pairs in families().values() for pair in pairs}
COLUMNS = ("first", "second", "forward_ad")

#: By pair: the variant of an OpInfo that is the same work, where its other variants are not.
VARIANTS = {
    "div": "no_rounding_mode",
    "div_floor": "floor_rounding",
    "div_trunc": "trunc_rounding",
    "index_reduce": "amax",
    "index_reduce_mean": "mean",
    "scatter_reduce": "amax",
    "scatter_reduce_mean": "mean",
}

STALE = "supports_inplace_autograd=False is stale: on all of OpInfo's samples its gradient is the out-of-place one"
CONSTANT = "the first derivative is wrong and constant: its finite differences, and the second derivative, are zero"
BATCHED = "OpInfo's test fails on batched tangents only, for random numbers under vmap; one by one they are right"

#: (OpInfo, column): why the matrix has another verdict. The evidence is tested below.
EXCEPTIONS = {
    **{(name, column): STALE for name in ("pow", "ldexp") for column in COLUMNS},
    **{(f"logical_{name}", "second"): CONSTANT for name in ("and", "or", "xor", "not")},
    ("nn.functional.feature_alpha_dropout.with_train", "forward_ad"): BATCHED,
}


@pytest.fixture(scope="module")
def opinfo():
    done = subprocess.run(
        [sys.executable, "-m", "tests.autograd.opinfo"], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def verdicts(opinfo):
    """By (OpInfo, pair of the same work, column): OpInfo's opinion and the matrix's cell."""
    by_method = {}
    for pair in PAIRS.values():
        for method in {pair.name + "_", *pair.names}:
            by_method.setdefault(method, []).append(pair.name)
    return {
        (full_name, name, column): (opinion, examine_cell(PAIRS[name], column, "cpu", False))
        for full_name, op, variant, opinions in opinfo["ops"]
        for name in by_method.get(op.split(".")[-1].rstrip("_") + "_", ())
        if VARIANTS.get(name, variant) == variant
        for column, opinion in opinions.items()
    }


def has_a_gradient(name):
    """Whether anything but none or zero comes back through the in-place variant."""
    pair = PAIRS[name]
    variants = tiny_pair(pair, usual_dtype(pair, "float64", "cpu"), "cpu")
    leaves = variants.leaves()
    results = [t for t in tensors(variants.inplace(variants.as_input([t.clone() for t in leaves]))) if t.requires_grad]
    if not results:
        return False
    gradients = torch.autograd.grad([t.sum() for t in results], leaves, allow_unused=True)
    return any(gradient is not None and bool(gradient.any()) for gradient in gradients)


def test_most_of_opinfo_is_covered(verdicts):
    """So that agreement is not agreement on nothing."""
    assert len({full_name for full_name, _, _ in verdicts}) > 130
    assert {opinion for opinion, _ in verdicts.values()} == {True, False}
    assert {cell.status for _, cell in verdicts.values()} >= {WORKS, WRONG, NOT_IMPLEMENTED}


def test_the_matrix_agrees_with_opinfo(verdicts):
    """Where OpInfo says unsupported, an op whose gradient is zero works: zero is right, and what torch gives."""
    differ = set()
    for (full_name, name, column), (opinion, cell) in verdicts.items():
        if cell.status == NO_CASE or (not opinion and cell.status == WORKS and not has_a_gradient(name)):
            continue
        if opinion != (cell.status == WORKS):
            differ.add((full_name, column))
    assert differ == set(EXCEPTIONS)


def test_what_opinfo_expects_to_fail_in_place_is_found(verdicts):
    for key in (
        ("nn.functional.rrelu", "rrelu", "forward_ad"),
        ("nn.functional.hardsigmoid", "hardsigmoid", "second"),
        ("acosh", "acosh", "first"),
    ):
        opinion, cell = verdicts[key]
        assert (opinion, cell.status) == (False, NOT_IMPLEMENTED)


def test_the_stale_flags_are_stale(opinfo):
    for name, equal in opinfo["equal_gradients"].items():
        assert len(equal) >= 5 and all(equal), name


def test_what_a_second_derivative_of_a_wrong_first_is_worth(verdicts):
    constant = {key for key, why in EXCEPTIONS.items() if why is CONSTANT}
    names = {name for full_name, name, column in verdicts if (full_name, column) in constant}
    assert len(names) >= 4
    for name in names:
        assert examine_cell(PAIRS[name], "first", "cpu", False).status == WRONG


def test_tangents_of_feature_alpha_dropout_are_right_one_by_one(opinfo):
    assert opinfo["tangents"] and set(opinfo["tangents"]) == {"right"}
    assert all("random operations inside of vmap" in text for text in opinfo["batched_tangents"])
