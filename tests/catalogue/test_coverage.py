"""Coverage: each in-place name of torch is measured or excused, and a forgotten or mistaken one shows."""

import json
from dataclasses import dataclass

import pytest
import torch
from torch.nn import functional

from benchmarks.catalogue import coverage as room
from benchmarks.catalogue import families
from benchmarks.catalogue.coverage import catalogue_coverage
from benchmarks.catalogue.excused import EXCUSED
from benchmarks.catalogue.shipped import ASKED_VERSIONS, OF_SOME_VERSIONS
from benchmarks.catalogue.surface import inplace_names

NAMES = inplace_names()


@dataclass(frozen=True)
class Stand:
    """A pair, as far as coverage is concerned."""

    names: tuple[str, ...]


def everything() -> list[Stand]:
    return [Stand((name,)) for name in NAMES if name not in EXCUSED]


def test_everything_measured_or_excused():
    whole = catalogue_coverage(everything())
    assert not (whole.missing or whole.stale)
    assert set(whole.measured) | set(whole.excused) == set(NAMES)
    assert set(whole.elsewhere) <= OF_SOME_VERSIONS.keys()
    count = len(NAMES)
    assert whole.line.startswith(f"{count} of {count} in-place names of torch {whole.torch} accounted for: ")
    assert f"{len(whole.measured)} measured, {len(whole.excused)} excused" in whole.line
    assert "missing" not in whole.line


def test_the_line_in_full():
    pairs = [Stand(("add_", "mul_")), Stand(("mul_", "gone_"))]
    found = catalogue_coverage(pairs, names=["add_", "mul_", "exp_", "t_"])
    others = len(EXCUSED)  # all but t_, and gone_
    assert found.line == (
        f"3 of 4 in-place names of torch {torch.__version__.split('+')[0]} accounted for: 2 measured, 1 excused; "
        f"{others} of other versions; missing: exp_"
    )


@pytest.mark.parametrize("hidden", ["add_", "F.relu(inplace=)", "nn.ReLU(inplace=)", "_foreach_add_", "__iadd__"])
def test_a_name_that_no_pair_has_is_missing(hidden):
    found = catalogue_coverage(pair for pair in everything() if pair.names != (hidden,))
    assert found.missing == (hidden,)
    assert f"{len(NAMES) - 1} of {len(NAMES)} " in found.line
    assert found.line.endswith(f"missing: {hidden}")


def test_a_new_op_of_torch_is_missing(monkeypatch):
    monkeypatch.setattr(torch.Tensor, "brand_new_op_", lambda self: self, raising=False)
    assert catalogue_coverage(everything()).missing == ("brand_new_op_",)


def test_a_new_flag_of_torch_is_missing(monkeypatch):
    class Brand(torch.nn.Module):
        def __init__(self, inplace: bool = False):
            super().__init__()

    monkeypatch.setattr(functional, "brand", lambda x, inplace=False: x, raising=False)
    monkeypatch.setattr(functional, "brand_", lambda x: x, raising=False)
    monkeypatch.setattr(torch.nn, "Brand", Brand, raising=False)
    assert catalogue_coverage(everything()).missing == ("F.brand(inplace=)", "F.brand_", "nn.Brand(inplace=)")


def test_many_missing_names_are_counted():
    found = catalogue_coverage([])
    assert len(found.missing) == len(NAMES) - len(found.excused)
    listed = ", ".join(found.missing[: room.LISTED])
    assert found.line.endswith(f"missing: {listed} and {len(found.missing) - room.LISTED} more")
    assert "\n" not in found.line


def test_a_measured_name_that_is_still_excused_is_stale():
    found = catalogue_coverage([*everything(), Stand(("t_",))])
    assert found.stale == ("t_",)
    assert "t_" in found.measured and "t_" not in found.excused, "counted once"
    assert found.line.endswith("excused and measured: t_")


def test_a_name_that_torch_lacks_is_noted():
    found = catalogue_coverage([*everything(), Stand(("ad_",))])
    assert set(found.elsewhere) - OF_SOME_VERSIONS.keys() == {"ad_"}
    assert "ad_" not in found.measured and not found.missing
    assert f"{len(found.elsewhere)} of other versions" in found.line


def test_the_facts_are_plain_json():
    found = catalogue_coverage(everything()[1:])
    facts = json.loads(json.dumps(found.facts(), allow_nan=False))
    assert facts == found.facts()
    assert set(facts) == {"torch", "measured", "excused", "missing"}
    assert facts["excused"]["t_"] == {"kind": EXCUSED["t_"][0], "about": EXCUSED["t_"][1]}
    assert len(facts["measured"]) + len(facts["excused"]) + len(facts["missing"]) == len(NAMES)


def test_the_catalogue_accounts_for_every_inplace_name_of_this_torch():
    found = catalogue_coverage(pair for pairs in families().values() for pair in pairs)
    assert not found.missing, "measured by no pair, excused nowhere: " + ", ".join(
        f"{name} ({NAMES[name]})" for name in found.missing
    )
    assert not found.stale, f"measured, so their excuse must go: {', '.join(found.stale)}"
    unknown = set(found.elsewhere) - OF_SOME_VERSIONS.keys()
    assert not unknown, f"in no torch that we know of: {', '.join(sorted(unknown))}"


def test_the_names_of_some_versions_are_those_that_this_torch_has_or_lacks():
    here = ".".join(torch.__version__.split(".")[:2])
    if here not in ASKED_VERSIONS:
        pytest.skip(f"torch {here} was not asked")
    found = catalogue_coverage(pair for pairs in families().values() for pair in pairs)
    assert set(found.elsewhere) == {name for name, versions in OF_SOME_VERSIONS.items() if here not in versions}
    assert {name for name, versions in OF_SOME_VERSIONS.items() if here in versions} <= set(NAMES)
    assert set(OF_SOME_VERSIONS) <= EXCUSED.keys()
