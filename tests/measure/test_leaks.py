"""What a call leaves behind: nothing that a later call replaces, nothing that garbage collection finds."""

import gc
from contextlib import nullcontext

import pytest
import torch

from benchmarks.catalogue import families
from benchmarks.inputs import make_inputs
from benchmarks.measure.memory import measure_memory
from benchmarks.measure.rounds import quiet_collector
from benchmarks.record import VARIANTS
from tests.catalogue.cases import plain_case

NUMEL = 10_007
N = 4 * NUMEL


def leaked(call, backward=None) -> int:
    base = torch.ones(NUMEL, requires_grad=backward is not None)
    return measure_memory(base.clone, call, backward, "cpu").leaked_bytes


def test_what_stays_of_every_call_is_counted():
    kept = []

    def keeps_two_and_a_half(x):
        kept.append((x + 1, torch.empty(NUMEL), torch.empty(NUMEL // 2)))
        return x * 2

    assert leaked(keeps_two_and_a_half) == 2 * N + 4 * (NUMEL // 2)
    assert leaked(lambda x: x * 2) == 0


def test_an_input_and_a_result_that_are_kept_are_left_behind():
    kept = []
    assert leaked(lambda x: kept.append(x) or x.add_(1)) == N
    assert leaked(lambda x: kept.append(result := x + 1) or result) == N


def test_a_graph_that_is_kept_holds_what_it_saved():
    kept = []
    base = torch.ones(NUMEL, requires_grad=True)

    def call(x):
        kept.append(result := x.exp().sin())
        return result

    def backward(result):
        return torch.autograd.grad(result, base, torch.ones(NUMEL), retain_graph=True)

    seen = measure_memory(base.clone, call, backward, "cpu")
    assert seen.leaked_bytes == 2 * N, "the result, and exp's, which both save"


def test_a_backward_that_keeps_its_gradients():
    kept = []

    def backward(result):
        kept.append(result.detach() * 3)
        return (kept[-1],)

    assert leaked(lambda x: x * 2, backward) == N


def test_what_the_next_call_replaces_is_no_leak():
    last = {}

    def replaces(x):
        last["x"] = x + 1
        return x * 2

    assert leaked(replaces) == 0
    assert torch.equal(last["x"], torch.full((NUMEL,), 2.0))


def test_what_is_made_once_is_no_leak():
    made = []
    assert leaked(lambda x: x * (made or made.append(torch.ones(NUMEL)) or made)[0]) == 0
    assert len(made) == 1


class Node:
    """Part of a cycle, which reference counting never frees."""

    def __init__(self, t):
        self.me, self.t = self, t


@pytest.mark.parametrize("quiet", [False, True])
def test_what_is_in_a_cycle_is_garbage_and_no_leak(quiet):
    with quiet_collector() if quiet else nullcontext():
        seen = measure_memory(torch.ones(NUMEL).clone, lambda x: Node(x + 1).t * 2, None, "cpu")
        assert (seen.leaked_bytes, seen.garbage_bytes) == (0, N)
        assert gc.isenabled() != quiet


def test_a_function_that_keeps_its_result_is_in_a_cycle_with_it():
    class Keeps(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.mark_dirty(x.relu_())
            ctx.y = x
            return x

        @staticmethod
        def backward(ctx, gradient):
            return gradient * (ctx.y > 0)

    base = torch.ones(NUMEL, requires_grad=True)
    backward = lambda y: torch.autograd.grad(y, base, torch.ones(NUMEL))  # noqa: E731  # one expression
    seen = measure_memory(base.clone, Keeps.apply, backward, "cpu")
    assert seen.leaked_bytes == 0 and seen.garbage_bytes >= N


def test_peaks_do_not_count_what_earlier_calls_left():
    kept = []
    seen = measure_memory(torch.ones(NUMEL).clone, lambda x: kept.append(x + 1) or x.add_(1), None, "cpu")
    assert (seen.forward_peak_bytes, seen.held_bytes, seen.leaked_bytes) == (2 * N + 8 + 4, 2 * N, N), (
        "8 + 4 of the number"
    )


@pytest.mark.slow
@pytest.mark.parametrize("phase", ["inference", "step"])
def test_no_pair_of_the_catalogue_leaves_anything(phase):
    leaking = []
    with quiet_collector(), torch.set_grad_enabled(phase == "step"):
        for family, pairs in families().items():
            for pair in pairs:
                if phase in pair.phases_in(pair.dtypes[0]) and not pair.lacking:
                    subjects = make_inputs(pair, plain_case(family, pair, phase=phase)).subjects
                    for variant in VARIANTS:
                        subject = subjects[variant]
                        seen = measure_memory(subject.restore, subject.call, subject.backward, "cpu")
                        left = seen.leaked_bytes, seen.garbage_bytes
                        leaking += [(pair.name, variant, *left)] if any(left) else []
    assert leaking == []
