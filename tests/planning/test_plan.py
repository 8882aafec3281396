"""From option texts to cases."""

import platform

import pytest

from benchmarks.planning.plan import OptionError, heap_is_ours, make_plan
from benchmarks.running.run import plan_passes

QUICK_RELU = {"preset": "quick", "device": "cpu", "pair": "relu"}


def test_quick_has_every_pair_and_both_heap_regimes(monkeypatch):
    monkeypatch.setattr(platform, "libc_ver", lambda: ("glibc", "2.36"))
    monkeypatch.delenv("LD_PRELOAD", raising=False)
    plan = make_plan({"preset": "quick", "device": "cpu"})
    slow = {name for name in plan.pairs if name.endswith("_compiled")}  # of these, what compiles in seconds
    assert {case.pair for case in plan.cases} | slow == set(plan.pairs)
    assert {case.allocator for case in plan.cases} == {"retained", "fresh"}
    assert len(set(plan.cases)) == len(plan.cases)


@pytest.mark.parametrize("libc, preload", [("", ""), ("glibc", "/usr/lib/libjemalloc.so.2")])
def test_a_heap_that_cannot_be_set_is_said_to_be_inherited(monkeypatch, libc, preload):
    monkeypatch.setattr(platform, "libc_ver", lambda: (libc, ""))
    monkeypatch.setenv("LD_PRELOAD", preload)
    assert not heap_is_ours()
    plan = make_plan(QUICK_RELU)
    assert {case.allocator for case in plan.cases} == {"inherited"}
    assert len(set(plan.cases)) == len(plan.cases)
    assert [each.allocator for each in plan_passes(plan.cases, 2)[1:]] == ["inherited"] * 2


def test_a_preset_without_a_case_for_a_pair_says_so(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(
        "from benchmarks.catalogue import Pair\n"
        "PAIRS = (Pair('mine', outofplace=abs, inplace=abs, phases=('forward',), verify=False),)\n"
    )
    with pytest.raises(OptionError, match="--preset smoke: has no case for all pairs"):
        make_plan({"preset": "smoke", "pairs": str(path), "device": "cpu"})
