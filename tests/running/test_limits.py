"""What does not fit raises where it asks for memory, and the limit goes with the case."""

import resource
import sys
from dataclasses import replace
from types import SimpleNamespace

import psutil
import pytest
import torch

from benchmarks import cgroup
from benchmarks.running import limits
from benchmarks.running.limits import (
    LITTLE_BYTES,
    MOST_TENSORS,
    free_bytes,
    release_cache,
    why_too_large,
    within_memory,
)
from tests.running import cases
from tests.support.scenarios import case_of, scenario

CASE = case_of(scenario())
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="the limit is Linux's")


@LINUX
def test_more_than_is_free_is_refused_at_once():
    before = resource.getrlimit(resource.RLIMIT_DATA)
    with within_memory(CASE):
        assert torch.ones(1000).sum() == 1000
        with pytest.raises(RuntimeError, match="can't allocate memory"):
            torch.empty(2 * psutil.virtual_memory().available, dtype=torch.uint8)
    assert resource.getrlimit(resource.RLIMIT_DATA) == before


@LINUX
def test_a_users_pair_has_a_limit_too():
    with within_memory(cases.CASE), pytest.raises(MemoryError):
        bytearray(2 * psutil.virtual_memory().available)


@LINUX
@pytest.mark.parametrize(
    "case", [replace(CASE, scale=0, family="pointwise"), replace(CASE, device="cuda:0")], ids=["op", "gpu"]
)
def test_ops_and_gpus_have_no_limit(case):
    before = resource.getrlimit(resource.RLIMIT_DATA)
    with within_memory(case):
        assert resource.getrlimit(resource.RLIMIT_DATA) == before


@pytest.mark.parametrize("left, group", [(80, None), (80, 96), (96, 80)])
def test_what_the_cgroup_leaves_counts_as_free(monkeypatch, left, group):
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=left * 2**20))
    monkeypatch.setattr(cgroup, "group_free_bytes", lambda: None if group is None else group * 2**20)
    assert free_bytes("cpu") == 80 * 2**20
    small, large = (replace(CASE, scale=0, numel=numel, shape=(numel,)) for numel in (3 * 2**19, 2**21))  # 72, 96 MiB
    assert why_too_large(small) is None
    assert why_too_large(large) == "needs about 96 MiB, 80 MiB are free on cpu"


def test_who_needs_little_is_not_asked(monkeypatch):
    monkeypatch.setattr(limits, "free_bytes", lambda device: 0)
    least = LITTLE_BYTES // (MOST_TENSORS * 4)
    small, large = (replace(CASE, scale=0, numel=numel, shape=(numel,)) for numel in (least, least + 1))
    assert why_too_large(small) is None
    assert why_too_large(large) == "needs about 64 MiB, 0 MiB are free on cpu"


@LINUX
@pytest.mark.parametrize("name, used", [("RLIMIT_AS", "vms"), ("RLIMIT_DATA", "data")])
def test_what_the_process_may_still_take_counts_as_free(monkeypatch, name, used):
    before = resource.getrlimit(resource.RLIMIT_CPU)
    assert before == (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    taken = psutil.Process().memory_info()._asdict()[used]
    own = {getattr(resource, name): (taken + 2**20, resource.RLIM_INFINITY)}
    monkeypatch.setattr(resource, "getrlimit", lambda number: own.get(number, before))
    monkeypatch.setattr(psutil, "Process", lambda: SimpleNamespace(memory_info=lambda: Memory))
    Memory = SimpleNamespace(vms=taken, data=taken)
    assert free_bytes("cpu") == 2**20


@LINUX
def test_a_limit_that_nobody_may_raise_is_kept(monkeypatch):
    """Less is left under it than is free: the soft limit is set to it, never beyond."""
    hard, set_to = psutil.Process().memory_info().data + 2**20, []
    monkeypatch.setattr(resource, "getrlimit", lambda number: (resource.RLIM_INFINITY, hard))
    monkeypatch.setattr(resource, "setrlimit", lambda number, limits: set_to.append(limits))
    monkeypatch.setattr(limits, "free_bytes", lambda device: 2**40)
    with within_memory(CASE):
        assert set_to == [(hard, hard)]
    assert set_to == [(hard, hard), (resource.RLIM_INFINITY, hard)]


def test_where_there_is_no_linux_no_limit_is_asked_or_set(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(limits, "resource", None)
    monkeypatch.setattr(cgroup, "group_free_bytes", lambda: None)
    with within_memory(CASE):
        assert free_bytes("cpu") > 0


@LINUX
def test_an_error_ends_the_limit():
    before = resource.getrlimit(resource.RLIMIT_DATA)
    with pytest.raises(KeyError), within_memory(CASE):
        raise KeyError
    assert resource.getrlimit(resource.RLIMIT_DATA) == before


GI = 2**30
ON_GPU = replace(CASE, device="cuda:1", allocator="caching", scale=0, numel=GI, shape=(GI,))  # 48 GiB with all it makes


@pytest.fixture
def card(monkeypatch):
    """A card of 80 GiB, 20 of them free to the driver; torch has taken 60 and uses what `used` says."""
    emptied = []

    def use(used_gi):
        own = {"mem_get_info": (20 * GI, 80 * GI), "memory_reserved": 60 * GI, "memory_allocated": used_gi * GI}
        for name, value in own.items():
            monkeypatch.setattr(torch.cuda, name, lambda device, value=value: value if device == "cuda:1" else None)
        monkeypatch.setattr(torch.cuda, "empty_cache", lambda: emptied.append("all"))
        return emptied

    return use


def test_what_torch_keeps_of_a_card_is_free(card):
    card(used_gi=30)
    assert free_bytes("cuda:1") == 50 * GI and 4 * MOST_TENSORS == 48
    assert why_too_large(ON_GPU) is None
    card(used_gi=35)
    assert why_too_large(ON_GPU) == "needs about 49,152 MiB, 46,080 MiB are free on cuda:1"


@pytest.mark.parametrize("used_gi, released", [(20, []), (19, ["all"])])
def test_more_than_half_of_a_card_is_not_kept(card, used_gi, released):
    emptied = card(used_gi)
    release_cache("cuda:1")
    assert emptied == released
    release_cache("cpu")
    assert emptied == released
