"""Coverage: the names are torch's own, each is measured or excused, and a forgotten or mistaken one shows."""

import inspect
import json
import sys
from dataclasses import dataclass

import pytest
import torch
from torch.autograd.profiler import profile
from torch.nn import functional

from benchmarks.catalogue import coverage as room
from benchmarks.catalogue import families
from benchmarks.catalogue.coverage import coverage
from benchmarks.catalogue.excused import EXCUSED
from benchmarks.catalogue.pair import Pair
from benchmarks.catalogue.shapes import KINDS
from benchmarks.catalogue.surface import inplace_names
from benchmarks.inputs import make_inputs
from benchmarks.record import INPLACE, Case

NAMES = inplace_names()

#: Names that some of the supported versions have and others lack.
OF_SOME_VERSIONS = {"rename_", "_philox_normal_", "_philox_uniform_"}


@dataclass(frozen=True)
class Stand:
    """A pair, as far as coverage is concerned."""

    names: tuple[str, ...]


def everything() -> list[Stand]:
    return [Stand((name,)) for name in NAMES if name not in EXCUSED]


# The names of this torch


def test_every_method_of_a_tensor_that_ends_in_an_underscore_is_there():
    methods = [name for name in dir(torch.Tensor) if name.endswith("_") and not name.startswith("_")]
    assert len(methods) > 150
    assert set(methods) <= set(NAMES)
    assert all("tensor method" in NAMES[name] for name in methods)


def test_every_op_on_lists_is_there():
    foreach = {name for name in dir(torch) if name.startswith("_foreach_") and name.endswith("_")}
    assert len(foreach) >= 40
    assert foreach == {name for name, place in NAMES.items() if "foreach function" in place}


def test_every_flag_is_there_under_a_name_that_says_where():
    flagged = {name for name in NAMES if name.endswith("(inplace=)")}
    assert {name.split(".")[0] for name in flagged} == {"F", "nn"}
    for name in flagged:
        owner, _, attribute = name.removesuffix("(inplace=)").partition(".")
        form = getattr({"F": functional, "nn": torch.nn}[owner], attribute)
        assert "inplace" in inspect.signature(form).parameters
    for wanted in ("F.relu", "F.dropout3d", "F.threshold", "nn.ReLU", "nn.SiLU", "nn.Dropout2d", "nn.AlphaDropout"):
        assert f"{wanted}(inplace=)" in flagged


@pytest.mark.parametrize(
    "name, place",
    [
        ("add_", "tensor method"),
        ("map2_", "tensor method"),  # no schema
        ("gelu_", "aten schema"),  # neither a method nor a function
        ("mish_", "aten schema"),
        ("_coalesced_", "aten schema"),
        ("_fused_adam_", "aten schema"),  # writes lists, returns nothing
        ("celu_", "torch function"),
        ("F.leaky_relu_", "function of torch.nn.functional"),
        ("__iadd__", "operator of a tensor"),
        ("__ipow__", "operator of a tensor"),
        ("__itruediv__", "operator of a tensor"),
        ("__setitem__", "operator of a tensor"),
    ],
)
def test_each_place_is_searched(name, place):
    assert place in NAMES[name]


def test_operators_are_those_that_write_the_tensor():
    operators = {name for name, place in NAMES.items() if "operator" in place} - {"__setitem__"}
    assert len(operators) >= 13
    for name in operators:
        x = torch.full((3,), 5)
        x = x.double() if name in ("__itruediv__", "__idiv__") else x
        y = x
        assert getattr(x, name)(2) is y, name
        assert (y != 5).all(), name


@pytest.mark.parametrize(
    "name, why",
    [
        ("__init__", "no operator"),
        ("__int__", "no operator"),
        ("__iter__", "no operator"),
        ("__invert__", "returns a new tensor"),
        ("add", "returns a new tensor"),
        ("sort", "TorchScript's, writes a list"),
        ("set_data", "returns nothing"),
        ("all_reduce_", "not of aten"),
        ("MKLDNNClamp_", "not of aten"),
        ("F.gelu(inplace=)", "has no flag"),
        ("nn.GELU(inplace=)", "has no flag"),
        ("nn.Threshold", "named by its flag"),
    ],
)
def test_what_is_no_inplace_op_is_not_there(name, why):
    assert name not in NAMES, why


def test_a_name_stands_once_and_in_order():
    assert list(NAMES) == sorted(set(NAMES))
    for places in NAMES.values():
        found = places.split(", ")
        assert len(found) == len(set(found)) >= 1


def test_about_three_hundred():
    """305 in torch 2.13, 304 in 2.6: a search that finds much less has lost a place to look."""
    assert len(NAMES) >= 300


# What accounts for them


def test_everything_measured_or_excused():
    whole = coverage(everything())
    assert not (whole.missing or whole.stale)
    assert set(whole.measured) | set(whole.excused) == set(NAMES)
    assert set(whole.elsewhere) <= OF_SOME_VERSIONS
    count = len(NAMES)
    assert whole.line.startswith(f"{count} of {count} in-place names of torch {whole.torch} accounted for: ")
    assert f"{len(whole.measured)} measured, {len(whole.excused)} excused" in whole.line
    assert "missing" not in whole.line


def test_the_line_in_full():
    found = coverage([Stand(("add_", "mul_")), Stand(("mul_", "gone_"))], names=["add_", "mul_", "exp_", "t_"])
    others = len(EXCUSED)  # all but t_, and gone_
    assert found.line == (
        f"3 of 4 in-place names of torch {torch.__version__.split('+')[0]} accounted for: 2 measured, 1 excused; "
        f"{others} of other versions; missing: exp_"
    )


@pytest.mark.parametrize("hidden", ["add_", "F.relu(inplace=)", "nn.ReLU(inplace=)", "_foreach_add_", "__iadd__"])
def test_a_name_that_no_pair_has_is_missing(hidden):
    found = coverage(pair for pair in everything() if pair.names != (hidden,))
    assert found.missing == (hidden,)
    assert f"{len(NAMES) - 1} of {len(NAMES)} " in found.line
    assert found.line.endswith(f"missing: {hidden}")


def test_a_new_op_of_torch_is_missing(monkeypatch):
    monkeypatch.setattr(torch.Tensor, "brand_new_op_", lambda self: self, raising=False)
    assert coverage(everything()).missing == ("brand_new_op_",)


def test_a_new_flag_of_torch_is_missing(monkeypatch):
    class Brand(torch.nn.Module):
        def __init__(self, inplace: bool = False):
            super().__init__()

    monkeypatch.setattr(functional, "brand", lambda x, inplace=False: x, raising=False)
    monkeypatch.setattr(functional, "brand_", lambda x: x, raising=False)
    monkeypatch.setattr(torch.nn, "Brand", Brand, raising=False)
    assert coverage(everything()).missing == ("F.brand(inplace=)", "F.brand_", "nn.Brand(inplace=)")


def test_many_missing_names_are_counted():
    found = coverage([])
    assert len(found.missing) == len(NAMES) - len(found.excused)
    listed = ", ".join(found.missing[: room.LISTED])
    assert found.line.endswith(f"missing: {listed} and {len(found.missing) - room.LISTED} more")
    assert "\n" not in found.line


def test_a_measured_name_that_is_still_excused_is_stale():
    found = coverage([*everything(), Stand(("t_",))])
    assert found.stale == ("t_",)
    assert "t_" in found.measured and "t_" not in found.excused, "counted once"
    assert found.line.endswith("excused and measured: t_")


def test_a_name_that_torch_lacks_is_noted():
    found = coverage([*everything(), Stand(("ad_",))])
    assert set(found.elsewhere) - OF_SOME_VERSIONS == {"ad_"}
    assert "ad_" not in found.measured and not found.missing
    assert f"{len(found.elsewhere)} of other versions" in found.line


def test_the_facts_are_plain_json():
    found = coverage(everything()[1:])
    facts = json.loads(json.dumps(found.facts(), allow_nan=False))
    assert facts == found.facts()
    assert set(facts) == {"torch", "measured", "excused", "missing"}
    assert facts["excused"]["t_"] == {"kind": EXCUSED["t_"][0], "about": EXCUSED["t_"][1]}
    assert len(facts["measured"]) + len(facts["excused"]) + len(facts["missing"]) == len(NAMES)


# The catalogue


def test_the_catalogue_accounts_for_every_inplace_name_of_this_torch():
    found = coverage(pair for pairs in families().values() for pair in pairs)
    assert not found.missing, "measured by no pair, excused nowhere: " + ", ".join(
        f"{name} ({NAMES[name]})" for name in found.missing
    )
    assert not found.stale, f"measured, so their excuse must go: {', '.join(found.stale)}"
    unknown = set(found.elsewhere) - OF_SOME_VERSIONS
    assert not unknown, f"in no torch that we know of: {', '.join(sorted(unknown))}"


def reached(family, pair):
    """The names that a pair's in-place form reaches: ops by torch's profiler, functions and flags by Python's."""
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
