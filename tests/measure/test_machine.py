"""Machine facts where everything, or nothing, can be found out; and the share of load that others cause."""

import json
from types import SimpleNamespace

import psutil
import pytest
import torch

from benchmarks.measure import machine
from benchmarks.measure.machine import Interference, cpu_clock_hz, machine_facts


def test_facts_are_strict_json_and_the_host_can_be_replaced():
    facts = machine_facts("a label")
    assert json.loads(json.dumps(facts, allow_nan=False)) == facts
    assert facts["host"] == "a label"
    assert facts["torch_version"] == torch.__version__
    assert facts["memory_bytes"] == psutil.virtual_memory().total
    assert set(facts["caches"]) == {"L1d", "L2", "L3"}


def test_nothing_to_be_found_out_is_no_error(monkeypatch, tmp_path):
    monkeypatch.setattr(machine, "_read", lambda path: None)
    monkeypatch.setattr(machine, "_output", lambda *command: None)
    monkeypatch.setattr(machine, "_CPU", tmp_path)
    facts = machine_facts()
    assert facts["caches"] == {"L1d": None, "L2": None, "L3": None}
    assert (facts["governor"], facts["transparent_huge_pages"], facts["git_commit"]) == (None, None, None)


def test_caches_are_bytes_of_one_instance(monkeypatch, tmp_path):
    for i, (level, kind, size) in enumerate([(1, "Data", "48K"), (1, "Instruction", "32K"), (2, "Unified", "1024K")]):
        folder = tmp_path / f"cache/index{i}"
        folder.mkdir(parents=True)
        for name, value in (("level", level), ("type", kind), ("size", size)):
            (folder / name).write_text(f"{value}\n")
    monkeypatch.setattr(machine, "_CPU", tmp_path)
    monkeypatch.setattr(machine.platform, "system", lambda: "Linux")
    assert machine._caches() == {"L1d": 48 * 1024, "L2": 2**20, "L3": None}


def test_caches_on_macos(monkeypatch, tmp_path):
    sizes = {"hw.l1dcachesize": "65536", "hw.l2cachesize": "4194304"}
    monkeypatch.setattr(machine, "_CPU", tmp_path)
    monkeypatch.setattr(machine.platform, "system", lambda: "Darwin")
    monkeypatch.setattr(machine, "_output", lambda *command: sizes.get(command[-1]))
    assert machine._caches() == {"L1d": 65536, "L2": 4194304, "L3": None}


def test_heap_settings_without_paths(monkeypatch):
    monkeypatch.setenv("MALLOC_MMAP_MAX_", "0")
    monkeypatch.setenv("LD_PRELOAD", "/opt/somebody/libjemalloc.so.2:libother.so")
    heap = machine._malloc()
    assert heap["environment"]["MALLOC_MMAP_MAX_"] == "0"
    assert heap["preload"] == ["libjemalloc.so.2", "libother.so"]


def test_a_commit_is_marked_dirty_only_where_it_is(monkeypatch):
    answers = {"ls-files": "a", "rev-parse": "c0ffee", "status": ""}
    monkeypatch.setattr(machine, "_output", lambda *command: answers[command[3]])
    assert machine._git_commit() == "c0ffee"
    answers["status"] = " M benchmarks/record/"
    assert machine._git_commit() == "c0ffee+dirty"
    answers["ls-files"] = None  # a copy that lies in somebody else's repository
    assert machine._git_commit() is None


@pytest.fixture
def counters(monkeypatch):
    """Invented clocks: seconds elapsed, the machine's busy times, this process's time; two cores."""
    now = SimpleNamespace(elapsed=0.0, user=0.0, steal=0.0, own=0.0)
    monkeypatch.setattr(machine.time, "perf_counter", lambda: now.elapsed)
    monkeypatch.setattr(machine.time, "process_time", lambda: now.own)
    monkeypatch.setattr(psutil, "cpu_times", lambda: SimpleNamespace(user=now.user, idle=99.0, steal=now.steal))
    monkeypatch.setattr(psutil, "cpu_count", lambda logical=True: 2)
    return now


@pytest.mark.parametrize(
    "elapsed, user, steal, own, share",
    [
        (1.0, 1.0, 0.0, 1.0, 0.0),
        (1.0, 1.5, 0.0, 1.0, 0.25),
        (1.0, 1.0, 0.5, 1.0, 0.25),
        (1.0, 1.0, 0.0, 1.2, 0.0),  # the kernel's steps lag behind
        (1.0, 9.0, 0.0, 1.0, 1.0),
        (0.04, 0.04, 0.0, 0.0, None),
    ],
)
def test_load_of_others(counters, elapsed, user, steal, own, share):
    interference = Interference()
    interference.begin()
    counters.elapsed, counters.user, counters.steal, counters.own = elapsed, user, steal, own
    assert interference.finish() == share


def test_the_load_during_a_short_case_is_that_since_the_case_before_it_began(counters):
    interference, shares = Interference(), []
    for elapsed, user in ((0.03, 0.06), (0.06, 0.06), (0.20, 0.20)):
        interference.begin()
        counters.elapsed, counters.user = elapsed, user
        shares.append(interference.finish())
    # Of two cores: too short; over both, 0.06 of 0.12 s; the last by itself, 0.14 of 0.28 s.
    assert shares == [None, pytest.approx(0.5), pytest.approx(0.5)]


@pytest.mark.parametrize("answer, hz", [(SimpleNamespace(current=2600.0), 2.6e9), (None, None)])
def test_cpu_clock(monkeypatch, answer, hz):
    monkeypatch.setattr(psutil, "cpu_freq", lambda: answer)
    assert cpu_clock_hz() == hz


def test_cpu_clock_where_the_platform_raises(monkeypatch):
    def refuse():
        raise NotImplementedError

    monkeypatch.setattr(psutil, "cpu_freq", refuse)
    assert cpu_clock_hz() is None
