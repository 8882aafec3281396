"""A pair runs every in-place name that it counts as measured."""

import sys

import pytest
import torch
from torch.autograd.profiler import profile

from benchmarks.catalogue import families
from benchmarks.catalogue.pair import Pair
from benchmarks.catalogue.shapes import KINDS
from benchmarks.catalogue.surface import inplace_names
from benchmarks.inputs import make_inputs
from benchmarks.record import INPLACE, Case

NAMES = inplace_names()


def reached(family, pair):
    """The names that a pair's in-place variant reaches: ops by torch's profiler, functions and flags by Python's."""
    shape = KINDS[pair.shape](256) if isinstance(pair.shape, str) else pair.shape
    axes = (shape, pair.dtypes[0], pair.layouts[0], pair.operands[0], False, "cpu", "inherited", 1)
    subject = make_inputs(pair, Case(family, pair.name, "inference", 256, *axes)).subjects[INPLACE]
    names = set()

    def called(frame, event, function):
        if event == "c_call":
            names.add(f"F.{function.__name__}")
        elif event == "call" and frame.f_locals.get("inplace") is True:
            names.add(f"F.{'threshold' if frame.f_code.co_name == '_threshold' else frame.f_code.co_name}(inplace=)")
        elif event == "call" and getattr(frame.f_locals.get("self"), "inplace", False) is True:
            names.add(f"nn.{type(frame.f_locals['self']).__name__}(inplace=)")

    x = subject.restore()
    with torch.no_grad(), profile() as seen:
        sys.setprofile(called)
        try:
            subject.call(x)
        finally:
            sys.setprofile(None)
    return names | {event.name.removeprefix("aten::") for event in seen.function_events}


def unfounded(family, pair):
    """What a pair claims to stand for and does not run; statements such as `x += y` and `x[i] = y` leave no call."""
    claimed = {name for name in pair.names if name in NAMES and NAMES[name] != "operator of a tensor"}
    return claimed - reached(family, pair)


@pytest.mark.parametrize("family", families())
def test_a_pair_runs_what_it_claims_to_stand_for(family):
    for pair in families()[family]:
        if not pair.lacking:
            assert not unfounded(family, pair), pair.name


def test_a_false_claim_is_found():
    for name in ("mul_", "F.relu(inplace=)", "F.relu_", "nn.ReLU(inplace=)"):
        assert unfounded("mine", Pair("add", others=("real",), covers=(name,))) == {name}
