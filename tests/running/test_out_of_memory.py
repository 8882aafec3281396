"""A run that does not have the memory for a size: that size's cases are rows that say so, and the rest is measured."""

import resource
import sys

import psutil
import pytest

from benchmarks import record
from benchmarks.record.folder import read_run
from tests.support import pair_files
from tests.support.commands import SMALL
from tests.support.forked import run_with_forks
from tests.support.stored import folder_of, options, planned, stored

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="the limits are Linux's")]

RAN = " (out-of-place was running)"


def test_under_ulimit_a_size_that_does_not_fit_costs_its_own_rows(tmp_path):
    """512 MiB beyond what torch takes: 12 tensors of 64 Ki fit, of 64 Mi not one."""
    most = psutil.Process().memory_info().vms + 2**29
    sizes = ("--pair", "relu", "--layout", "contiguous", "--numel", "64Ki,256Mi")
    done = run_with_forks(
        *("run", *SMALL, *sizes, "--out", str(tmp_path / "runs"), "--no-report"),
        scratch=tmp_path,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (most, most)),
    )
    assert done.returncode == 0, done.stderr
    folder = folder_of(tmp_path / "runs")
    assert read_run(folder)["state"] == "complete"
    assert {case for case, *_ in planned(folder)} == {case for case, *_ in stored(folder)}
    states = {(case.numel, out.state) for (case, *_), (out, _) in stored(folder).items()}
    assert states == {(2**16, record.OK), (2**28, "out_of_memory")}
    assert [row["tensor_bytes"] for row in read_run(folder)["ceilings"]] == [2**18]


GREEDY = (
    pair_files.HEAD
    + """
def takes_all(): x = bytearray(2**34); x[::4096] = x[::4096].replace(bytes(1), b"1")
def says_so(): print("terminate called after throwing an instance of 'std::bad_alloc'", flush=True); os.abort()

PAIRS = (pair("fine", verify=False), *(pair(f.__name__, after(10, f), verify=False) for f in ACTIONS))
"""
)


def rows_of(done, tmp_path):
    assert done.returncode == 0, done.stderr
    folder = folder_of(tmp_path / "runs")
    assert set(stored(folder)) == planned(folder)
    return {
        case.pair: (out.state, out.reason) for (case, kind, _), (out, _) in stored(folder).items() if kind == "time"
    }


def test_what_takes_more_than_its_group_may_says_so(tmp_path, memory_group):
    """Refused by the limit that a pass sets itself. Where the kernel kills first: tests/test_cgroup.py."""
    pairs = tmp_path / "greedy.py"
    pairs.write_text(GREEDY.replace("ACTIONS", "(takes_all,)"))
    one_pass = options(pairs, tmp_path / "runs", "--passes", "1")
    found = rows_of(run_with_forks(*one_pass, scratch=tmp_path, preexec_fn=memory_group(2**30)), tmp_path)
    assert found == {"fine": (record.OK, None), "takes_all": ("out_of_memory", f"MemoryError{RAN}")}


def test_what_dies_as_memory_is_refused_says_so(tmp_path):
    pairs = tmp_path / "greedy.py"
    pairs.write_text(GREEDY.replace("ACTIONS", "(says_so,)"))
    reason = f"its process was ended by SIGABRT: terminate called after throwing an instance of 'std::bad_alloc'{RAN}"
    done = run_with_forks(*options(pairs, tmp_path / "runs", "--passes", "1"), scratch=tmp_path)
    assert rows_of(done, tmp_path) == {"fine": (record.OK, None), "says_so": ("out_of_memory", reason)}
