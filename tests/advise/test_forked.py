"""What a fork answers, whatever it forked itself, closed or used up."""

import os
import resource
import time

import pytest
import torch

from benchmarks.advise.user.forked import TrialFailed, in_fork

LIMIT_S = 20


def forks_and_returns() -> int:
    return 1 if os.fork() else 2


def leaves_a_fork() -> int:
    if not os.fork():
        os.setpgid(0, 0)
        time.sleep(3)
        os._exit(0)
    return 1


def dies_before_its_fork() -> None:
    if not os.fork():
        time.sleep(6)
        os._exit(0)
    os._exit(3)


def closes_all() -> None:
    os.closerange(3, 256)


def needs_too_much() -> torch.Tensor:
    used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()  # noqa: SIM115, PTH123  # read at once
    resource.setrlimit(resource.RLIMIT_AS, (used + (64 << 20), resource.RLIM_INFINITY))
    return torch.ones(64 << 20)


@pytest.mark.parametrize("call", [forks_and_returns, leaves_a_fork])
def test_the_answer_is_of_the_fork_itself_and_does_not_wait_for_its_own(call):
    began = time.monotonic()
    assert in_fork(call, LIMIT_S) == 1
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    ("call", "said"), [(closes_all, "ended with exit status 1"), (needs_too_much, "can't allocate memory")]
)
def test_no_answer_is_one_line_that_says_why(call, said):
    with pytest.raises(TrialFailed, match=said):
        in_fork(call, LIMIT_S)


def test_a_fork_that_died_is_not_waited_for_while_its_own_fork_holds_the_pipe():
    began = time.monotonic()
    with pytest.raises(TrialFailed, match="ended with exit status 3"):
        in_fork(dies_before_its_fork, LIMIT_S)
    assert time.monotonic() - began < 4
