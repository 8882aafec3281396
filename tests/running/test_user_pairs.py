"""A user's pairs that break their promises stop a run before it starts, and are named."""

from dataclasses import replace

import pytest
import torch

from benchmarks.catalogue import Pair
from benchmarks.running import user_pairs
from benchmarks.running.user_pairs import check_user_pairs
from benchmarks.verify.ops import Disagreement
from tests.measure.clocked import install
from tests.measure.simulated_gpu import LOST_TEXT, SimulatedGpu
from tests.running.cases import CASE, fails_with, pair_of


def test_a_users_pairs_are_held_to_their_promises_on_the_smallest_case_of_each_phase():
    sizes, phases = (64, 16, 2**50), ("inference", "step")
    cases = [replace(CASE, numel=n, shape=(n,), phase=phase) for n in sizes for phase in phases]
    cases.append(replace(CASE, family="pointwise", pair="exp"))
    begun = []
    check_user_pairs(cases, {"mine": pair_of()}, begun.append)
    assert begun == [cases[2], cases[3]]


@pytest.mark.parametrize(
    "pair, reason",
    [
        (pair_of(outofplace=torch.exp), r"^mine \(inference\): values differ"),
        (pair_of(inplace=fails_with(IndexError("4")), verify=False), r"^mine \(inference\): IndexError: 4$"),
        (pair_of(inplace=fails_with(SystemExit(4)), verify=False), r"^mine \(inference\): SystemExit: 4$"),
        (Pair("mine", op="nonsense"), r"^mine \(inference\): AttributeError: .* no attribute 'nonsense'"),
        (Pair("mine", op="exp", setup=lambda x: x), r"^mine \(inference\): TypeError: "),
    ],
)
def test_a_users_pair_that_breaks_them_is_named(pair, reason):
    with pytest.raises(Disagreement, match=reason):
        check_user_pairs([CASE], {"mine": pair}, lambda case: None)


def test_a_pair_of_which_nothing_fits_is_not_run():
    begun = []
    huge = replace(CASE, numel=2**50, shape=(2**50,))
    check_user_pairs([huge], {"mine": pair_of(inplace=fails_with(AssertionError("run")))}, begun.append)
    assert begun == [huge]


def test_a_device_that_was_lost_before_is_named(monkeypatch):
    """How much fits is asked of the device as well."""
    gpu = install(monkeypatch, SimulatedGpu())
    gpu.lost, begun = True, []
    with pytest.raises(Disagreement, match=rf"^mine \(inference\): RuntimeError: {LOST_TEXT}$"):
        check_user_pairs([replace(CASE, device="cuda:0", allocator="caching")], {"mine": pair_of()}, begun.append)
    assert len(begun) == 1


def test_a_pair_that_costs_the_device_is_named(monkeypatch):
    monkeypatch.setattr(user_pairs, "why_lost", lambda device: f"the device is lost: {device}")
    with pytest.raises(Disagreement, match=r"^mine \(inference\): the device is lost: cpu$"):
        check_user_pairs([CASE], {"mine": pair_of()}, lambda case: None)
