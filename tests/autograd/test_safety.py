"""The safety matrix: what probes find in invented pairs, and every cell of the catalogue."""

import pytest
import torch
from torch.autograd import forward_ad

from benchmarks.autograd.record import files
from benchmarks.autograd.record.known_wrong import EXPLANATIONS, explanation
from benchmarks.autograd.record.safety import (
    COMPILED,
    NARROWS,
    NO_CASE,
    NOT_ASKED,
    NOT_IMPLEMENTED,
    QUESTIONS,
    RAISES,
    WORKS,
    WRONG,
)
from benchmarks.autograd.safety import matrix as matrix_module
from benchmarks.autograd.safety.matrix import PROBES, examine_cell
from benchmarks.catalogue import Pair, families
from tests.support.commands import ROOT
from tests.support.wrong_gradient import Tripled

PAIRS = {pair.name: pair for pairs in families().values() for pair in pairs}
ASKED = [column for column in QUESTIONS if column not in COMPILED]


def double(x):
    return x * 2


def unseen(x):
    x.data.mul_(2)
    return x


def as_list_(xs):
    for x in xs:
        x.mul_(2)
    return xs


def refuses(x):
    raise RuntimeError("no such thing\nin two lines")


def statuses(pair, columns=ASKED):
    return {column: examine_cell(pair, column, "cpu", False).status for column in columns}


@pytest.mark.slow
def test_an_honest_pair_works_but_where_torch_refuses():
    found = statuses(Pair("honest", outofplace=double, inplace=lambda x: x.mul_(2)))
    refused = {"leaf", "after_saver", "expanded", "chunk"}
    assert {column for column, status in found.items() if status == RAISES} == refused
    assert {column for column, status in found.items() if status == NO_CASE} == {"itself", "growth"}
    assert found.pop("overlapping") == WRONG, "neighbours are written twice"
    assert all(status in (WORKS, RAISES, NO_CASE) for status in found.values())


def test_a_wrong_gradient_is_found_wherever_there_is_one():
    pair = Pair("wrong", outofplace=double, inplace=Tripled.apply)
    found = {column: examine_cell(pair, column, "cpu", False) for column in ("nonleaf", "first", "agreement")}
    assert {cell.status for cell in found.values()} == {WRONG}
    assert found["agreement"].error == pytest.approx(1 / 3)
    assert "in-place; over 2e-05 between -" in found["agreement"].text
    assert found["first"].text.startswith("Jacobian mismatch for output 0 with respect to input 0, numerical:")


def test_a_write_past_autograd_is_found_by_the_counter_and_by_its_gradients():
    pair = Pair("unseen", outofplace=double, inplace=unseen)
    counter = examine_cell(pair, "version", "cpu", False)
    assert (counter.status, counter.text) == (WRONG, "0")
    found = statuses(pair, ("leaf", "nonleaf", "after_saver", "first"))
    assert set(found.values()) == {WRONG}, "no error, and another gradient"


def test_an_error_is_one_line_and_says_whether_both_variants_raise():
    cell = examine_cell(Pair("mine", outofplace=double, inplace=refuses), "nonleaf", "cpu", False)
    assert (cell.status, cell.text) == (RAISES, "no such thing")
    cell = examine_cell(Pair("mine", outofplace=refuses, inplace=refuses), "nonleaf", "cpu", False)
    assert cell.text == "no such thing (out-of-place raises too)"
    cell = examine_cell(Pair("mine", outofplace=refuses, inplace=lambda x: x.mul_(2)), "nonleaf", "cpu", False)
    assert (cell.status, cell.text) == (NO_CASE, "out-of-place raises: no such thing")


@pytest.mark.slow
def test_lists_are_probed_like_tensors():
    pair = Pair("lists", outofplace=lambda xs: [x * 2 for x in xs], inplace=as_list_, shape="parameters")
    found = statuses(pair)
    assert (found["nonleaf"], found["view"], found["first"], found["vmap"]) == (WORKS,) * 4
    assert (found["leaf"], found["after_saver"]) == (RAISES, RAISES)
    lying = Pair("lists", outofplace=lambda xs: [x * 3 for x in xs], inplace=as_list_, shape="parameters")
    assert examine_cell(lying, "nonleaf", "cpu", False).status == WRONG


KNOWN = {
    ("relu", "after_saver"): RAISES,
    ("relu", "nonleaf"): WORKS,
    ("mul", "itself"): RAISES,
    ("add", "itself"): WORKS,
    ("square", "nonleaf"): WORKS,
    ("mul", "promotion"): NARROWS,
    ("exp", "promotion"): RAISES,
    ("neg", "promotion"): WORKS,
    ("add", "growth"): RAISES,
    ("acosh", "nonleaf"): NOT_IMPLEMENTED,
    ("igamma", "first"): NOT_IMPLEMENTED,
    ("hardsigmoid", "second"): NOT_IMPLEMENTED,
    ("index_reduce", "forward_ad"): NOT_IMPLEMENTED,
    ("foreach_exp", "vmap"): NOT_IMPLEMENTED,
    ("logical_not", "leaf"): WRONG,
    ("setitem_row", "expanded"): WRONG,
    ("bitwise_and", "first"): NO_CASE,
    ("dropout", "vmap"): NO_CASE,
}


@pytest.mark.parametrize("name, column", KNOWN, ids="-".join)
def test_what_is_known_of_torch_is_found(name, column):
    assert examine_cell(PAIRS[name], column, "cpu", False).status == KNOWN[name, column]


@pytest.fixture(scope="module")
def matrix():
    places = [(name, column) for name in PAIRS for column in PROBES]
    return {(name, column): examine_cell(PAIRS[name], column, "cpu", False) for name, column in places}


def test_every_question_has_its_probe_in_the_same_order():
    assert tuple(PROBES) == tuple(QUESTIONS)


@pytest.mark.slow
def test_every_pair_has_every_cell_and_every_odd_one_its_reason(matrix):
    assert len(matrix) == len(PAIRS) * len(QUESTIONS)
    silent = [key for key, cell in matrix.items() if cell.status not in (WORKS, WRONG) and not cell.text]
    assert not silent


@pytest.mark.slow
def test_nothing_is_wrong_without_an_explanation(matrix):
    wrong = [key for key, cell in matrix.items() if cell.status == WRONG]
    assert wrong and [key for key in wrong if explanation(*key) is None] == []


@pytest.mark.slow
def test_no_explanation_is_stale(matrix):
    """Those of compiled columns alone are held against what is stored."""
    for each in EXPLANATIONS:
        if set(each.columns) <= set(COMPILED):
            continue
        wrong = {name for (name, column), cell in matrix.items() if cell.status == WRONG and column in each.columns}
        assert set(each.pairs) <= wrong and wrong


def test_what_is_stored_of_compiled_columns_is_explained_and_no_explanation_is_stale():
    stored, refused = files.read_all([ROOT / "results/reference/autograd"], files.SAFETY)
    rows = files.newest(stored)["2.13.0+cpu", "cpu"]
    assert refused == [] and {row.cells["inductor_itself"].text for row in rows.values()} != {NOT_ASKED}
    wrong = {(n, q) for n, row in rows.items() for q in COMPILED if row.cells[q].status == WRONG}
    assert [key for key in wrong if explanation(*key) is None] == []
    for each in EXPLANATIONS:
        if set(each.columns) <= set(COMPILED):
            assert set(each.pairs) <= {name for name, column in wrong if column in each.columns}


@pytest.mark.slow
def test_gradients_are_bit_equal_in_float32_but_where_that_is_explained(matrix):
    inexact = {name for (name, column), cell in matrix.items() if column == "agreement" and cell.error}
    assert inexact == {name for name in PAIRS if explanation(name, "agreement")}


@pytest.mark.slow
def test_where_gradients_differ_most_is_told(matrix):
    """exp(x) - 1 is -1 in float32 from -17 down, and has lost half its digits at -8."""
    cell = matrix["elu", "agreement"]
    assert (cell.status, cell.error) == (WRONG, 1.0)
    place, _, between = cell.text.partition("; ")
    assert -18 < float(place.split(":")[0].removeprefix("at ")) < -16 and place.endswith(", 0 in-place")
    low, high = map(float, between.removeprefix("over 2e-05 between ").split(" and "))
    assert -100 < low < -90 and -8.5 < high < -6.5


def test_the_gradient_of_the_other_operand_is_looked_at_too():
    class Swapped(torch.autograd.Function):
        """x + y in place, that claims a gradient of two for y."""

        @staticmethod
        def forward(context, x, y):
            context.mark_dirty(x)
            return x.add_(y)

        @staticmethod
        def backward(context, gradient):
            return gradient, 2 * gradient

    pair = Pair("wrong", outofplace=torch.add, inplace=lambda x, y: Swapped.apply(x, y), others=("real",))
    found = {column: examine_cell(pair, column, "cpu", False) for column in ("nonleaf", "first", "agreement")}
    assert {column: cell.status for column, cell in found.items()} == {
        "nonleaf": WORKS,
        "first": WRONG,
        "agreement": WRONG,
    }
    assert found["agreement"].error == pytest.approx(1 / 2)


@pytest.mark.parametrize(
    "owner, name, column, said",
    [
        (torch.func, "grad", "func_grad", "this torch lacks it: "),
        (torch, "vmap", "vmap", "this torch lacks it: "),
        (forward_ad, "make_dual", "forward_ad", "this torch lacks it: "),
        (torch, "compile", "aot_eager", "this torch lacks it: "),
    ],
)
def test_a_torch_that_lacks_a_feature_gives_a_reason(monkeypatch, owner, name, column, said):
    monkeypatch.delattr(owner, name)
    cell = examine_cell(PAIRS["relu"], column, "cpu", True)
    assert cell.status == NO_CASE and cell.text.startswith(said) and name in cell.text


def test_a_python_that_torch_compile_does_not_take_is_a_reason(monkeypatch):
    def unsupported(*_, **__):
        raise RuntimeError("torch.compile is not supported on this Python")

    monkeypatch.setattr(torch, "compile", unsupported)
    cell = examine_cell(PAIRS["relu"], "aot_eager", "cpu", True)
    assert (cell.status, cell.text) == (
        NO_CASE,
        "torch.compile fails here: torch.compile is not supported on this Python",
    )


def test_without_a_compiler_inductor_has_a_reason(monkeypatch):
    monkeypatch.setattr(matrix_module.shutil, "which", lambda name: None)
    cell = examine_cell(PAIRS["relu"], "inductor", "cpu", True)
    assert (cell.status, cell.text) == (NO_CASE, "no C++ compiler here")


@pytest.mark.slow
def test_compiling_is_asked_for(matrix):
    assert {matrix["relu", column].text for column in COMPILED} == {"not asked for (--compile)"}


@pytest.mark.slow
def test_compiled_with_aot_eager_a_pair_works():
    assert examine_cell(PAIRS["relu"], "aot_eager", "cpu", True).status == WORKS
