"""A fork ends with all that it started, with the process that forked it, and is not hung while both are stopped."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import psutil
import pytest

from benchmarks.fork import ForkDied, ForkedProcess, answer_of_fork
from benchmarks.process_end import Hung
from tests.support.commands import ROOT
from tests.support.stopped_processes import stop_for

LIMIT_S = 60
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="a group of its own that ends with its parent")


def is_alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_until(condition: Callable[[], bool]) -> None:
    ends = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.01)


def starts_another() -> bytes:
    return str(subprocess.Popen(["sleep", "600"]).pid).encode()


@LINUX
def test_what_it_started_ends_with_its_answer():
    pid = int(answer_of_fork(starts_another, LIMIT_S))
    wait_until(lambda: not is_alive(pid))


@LINUX
def test_what_it_started_ends_with_a_fork_that_hangs(tmp_path):
    def hangs() -> bytes:
        (tmp_path / "pid").write_bytes(starts_another())
        time.sleep(600)
        return b""

    with pytest.raises(Hung, match=r"^no end after 0\.5 s, stopped$"):
        answer_of_fork(hangs, 0.5)
    wait_until(lambda: not is_alive(int((tmp_path / "pid").read_text())))


def test_an_answer_may_be_large_or_empty():
    assert answer_of_fork(lambda: bytes(3 << 20), LIMIT_S) == bytes(3 << 20)
    assert answer_of_fork(lambda: b"", LIMIT_S) == b""


def test_no_answer_names_the_cause(capfd):
    with pytest.raises(ForkDied, match="its process ended with exit status 1"):
        answer_of_fork(lambda: bytes(-1), LIMIT_S)
    assert "ValueError: negative count" in capfd.readouterr().err
    with pytest.raises(ForkDied, match="its process was ended by SIGTERM"):
        answer_of_fork(lambda: os.kill(os.getpid(), signal.SIGTERM) or b"", LIMIT_S)


def test_a_fork_in_the_group_of_this_process_ends_alone():
    fork = ForkedProcess(lambda: time.sleep(600) or 0, own_group=False)
    assert fork.poll() is None and os.getpgid(fork.pid) == os.getpgid(0)
    fork.end()
    assert fork.returncode == -signal.SIGKILL


FORKS = """
import os, sys, time
from benchmarks.fork import answer_of_fork

def call():
    print(os.getpid(), flush=True)
    for _ in range(10):
        time.sleep(SHARE_S)
    return b"done"

print(answer_of_fork(call, 1.0).decode(), flush=True)
"""


def forking(share_s: float) -> subprocess.Popen[str]:
    """A process that forks; the fork prints its number, and answers after ten times `share_s` seconds."""
    command = [sys.executable, "-c", FORKS.replace("SHARE_S", str(share_s))]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)})


def test_time_in_which_both_are_stopped_is_no_hang():
    with forking(0.03) as it:
        assert it.stdout is not None
        stop_for(1.2, it.pid, int(it.stdout.readline()))  # more than the limit
        assert it.stdout.read() == "done\n"
    assert it.returncode == 0


@LINUX
def test_it_ends_with_the_process_that_forked_it():
    with forking(60) as it:
        assert it.stdout is not None
        fork = int(it.stdout.readline())
        it.kill()
        wait_until(lambda: not is_alive(fork))
