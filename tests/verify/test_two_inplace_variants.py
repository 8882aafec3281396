"""Two in-place ways to do one thing, compared with their values checked: as a pair and as a scenario."""

from dataclasses import replace

import pytest
import torch

from analysis.run import facts
from benchmarks.catalogue import Pair
from benchmarks.catalogue.pair import PairError
from benchmarks.catalogue.scenarios import Built
from benchmarks.verify.ops import Disagreement, check_op
from benchmarks.verify.scenarios import check_scenario
from benchmarks.workload import make_workload
from tests.support.scenarios import case_of, vectors
from tests.verify.declared import inputs_of


def by_index(x, mask):
    x[mask] = 0.0
    return x


def filled(value):
    return lambda x, mask: x.masked_fill_(mask, value)


def pair_of(inplace, outofplace=by_index, **fields) -> Pair:
    fields = {"baseline_inplace": True, "labels": ("x[mask] = 0", "masked_fill_"), **fields}
    return Pair("zeroes", outofplace=outofplace, inplace=inplace, others=("mask",), phases=("inference",), **fields)


def test_values_of_both_are_compared():
    found = check_op(inputs_of(pair_of(filled(0.0))))
    assert found is not None and found.differing == 0
    with pytest.raises(Disagreement, match=r"values differ between the variants, .*: 0 out-of-place, 1 in-place"):
        check_op(inputs_of(pair_of(filled(1.0))))


def test_the_baseline_must_say_that_it_writes():
    with pytest.raises(Disagreement, match="the out-of-place variant writes its input"):
        check_op(inputs_of(pair_of(filled(0.0), baseline_inplace=False)))


def test_a_baseline_that_says_so_must_return_its_input():
    with pytest.raises(Disagreement, match="the out-of-place variant does not return its input"):
        check_op(inputs_of(pair_of(filled(0.0), outofplace=lambda x, mask: x.masked_fill(mask, 0.0))))


def test_operands_are_still_nobodys_to_write():
    def writes_the_mask(x, mask):
        mask.logical_not_()
        return by_index(x, mask.logical_not())

    with pytest.raises(Disagreement, match="writes an operand other than its own input"):
        check_op(inputs_of(pair_of(filled(0.0), outofplace=writes_the_mask)))


@pytest.mark.parametrize("value, agrees", [(0.0, True), (0.5, False)])
def test_as_a_scenario(value, agrees):
    mask = torch.arange(64) % 3 == 0
    variants = Built(lambda x: by_index(x, mask)), Built(lambda x: filled(value)(x, mask))
    declared = vectors(*variants, phases=("inference",), grad_input=False, baseline_inplace=True)
    workload = make_workload(declared, case_of(declared, "inference"))
    if agrees:
        assert check_scenario(workload).error == 0
    else:
        with pytest.raises(Disagreement, match="values differ between the variants"):
            check_scenario(workload)
    with pytest.raises(Disagreement, match=r"the out-of-place variant: .* writes its input|values differ"):
        check_scenario(replace(workload, pair=replace(declared, baseline_inplace=False)))


@pytest.mark.parametrize("labels", [("one",), ["a", "b"], ("a", ""), ("a", 2), "ab"])
def test_labels_are_two_texts(labels):
    for declare in (lambda: pair_of(filled(0.0), labels=labels), lambda: vectors(by_index, by_index, labels=labels)):
        with pytest.raises(PairError, match="labels must be two texts"):
            declare()


def test_labels_of_a_run_and_what_stands_for_none():
    run = {"pairs": {"zeroes": {"labels": ["x[mask] = 0", "masked_fill_"]}, "old": {}, "broken": {"labels": ["one"]}}}
    assert facts.labels(run, "zeroes") == ("x[mask] = 0", "masked_fill_")
    for name in ("old", "broken", "unknown"):
        assert facts.labels(run, name) == ("out-of-place", "in-place")
