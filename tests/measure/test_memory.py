"""Bytes, exactly: functions that allocate known amounts, and the classes of ops that autograd knows.

N is the bytes of the input, 4 an element.
"""

import os
import weakref
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from benchmarks.measure import allocator_events
from benchmarks.measure.memory import measure_memory

NUMEL = 10_007  # prime: a rounded or averaged count cannot come out right
N = 4 * NUMEL
NUMBER = 8 + 4  # a Python number among the operands: a float64 or int64 tensor, and its copy in the op's dtype
OTHER = torch.linspace(0.5, 1.5, NUMEL)


def leaf(seed: int = 0) -> torch.Tensor:
    values = torch.rand(NUMEL, generator=torch.Generator().manual_seed(seed))
    return values.add_(0.5).requires_grad_(torch.is_grad_enabled())


def measured(call, *more_leaves, base=None):
    """The bytes of `call` on a clone of a leaf; with a graph where gradients are enabled."""
    base = leaf() if base is None else base
    upstream = torch.ones(NUMEL)

    def backward(result):
        return torch.autograd.grad(result, (base, *more_leaves), upstream)

    return measure_memory(base.clone, call, backward if torch.is_grad_enabled() else None, "cpu")


def in_inputs(count: int) -> float:
    return count / N


@torch.no_grad()
@pytest.mark.parametrize(
    "call, peak, held",
    [
        pytest.param(lambda x: x, N, N, id="nothing"),
        pytest.param(lambda x: torch.empty(1000, dtype=torch.uint8), N + 1000, 1000, id="held"),
        pytest.param(lambda x: (torch.empty(777, dtype=torch.uint8), x)[1], N + 777, N, id="transient"),
        pytest.param(lambda x: x + x + x, 3 * N, N, id="two temporaries"),
        pytest.param(lambda x: (x.neg().sum(), x.neg())[1], 2 * N + 4, N, id="one after the other"),
        pytest.param(lambda x: x.add(1), 2 * N + NUMBER, N, id="a Python number"),
        pytest.param(lambda x: [x, x.neg(), x.double()], 4 * N, 4 * N, id="a list of results"),
        # Scratch that only the kernel sees: log_sigmoid's buffer; kthvalue's copies of values and int64 indices.
        pytest.param(F.logsigmoid, 3 * N, N, id="kernel's buffer"),
        pytest.param(lambda x: x.kthvalue(3).values, 4 * N + 12, 4, id="kernel's copies"),
    ],
)
def test_known_allocations(call, peak, held):
    seen = measured(call)
    assert (seen.forward_peak_bytes, seen.held_bytes) == (peak, held)
    assert (seen.backward_peak_bytes, seen.step_peak_bytes, seen.reserved_peak_bytes) == (None, None, None)


CLASSES = [  # op, out-of-place, in-place, then N: forward peak out -> in, held out -> in
    ("silu", F.silu, lambda x: F.silu(x, inplace=True), (2, 2), (2, 2)),
    ("clamp", lambda x: x.clamp(0.7, 1), lambda x: x.clamp_(0.7, 1), (2, 2), (2, 2)),
    ("exp", torch.exp, torch.exp_, (2, 1), (1, 1)),
    ("relu", torch.relu, torch.relu_, (2, 1), (1, 1)),
    ("leaky_relu", F.leaky_relu, F.leaky_relu_, (2, 1), (2, 1)),
    ("elu", F.elu, F.elu_, (2, 1), (2, 1)),
    ("add", lambda x: x.add(OTHER), lambda x: x.add_(OTHER), (2, 1), (1, 1)),
    ("neg", torch.neg, torch.neg_, (2, 1), (1, 1)),
]


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("op, outofplace, inplace, peaks, helds", CLASSES, ids=[row[0] for row in CLASSES])
def test_classes_under_autograd(op, outofplace, inplace, peaks, helds, threads):
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        out, into = measured(outofplace), measured(inplace)
    finally:
        torch.set_num_threads(before)
    assert (in_inputs(out.forward_peak_bytes), in_inputs(into.forward_peak_bytes)) == peaks
    assert (in_inputs(out.held_bytes), in_inputs(into.held_bytes)) == helds


@torch.no_grad()
@pytest.mark.parametrize("op, outofplace, inplace", [row[:3] for row in CLASSES], ids=[row[0] for row in CLASSES])
def test_without_a_graph_in_place_saves_one_input(op, outofplace, inplace):
    out, into = measured(outofplace), measured(inplace)
    assert (in_inputs(out.forward_peak_bytes), in_inputs(into.forward_peak_bytes)) == (2, 1)
    assert (in_inputs(out.held_bytes), in_inputs(into.held_bytes)) == (1, 1)


@pytest.mark.parametrize("other_requires_grad, peaks, helds", [(False, (2, 1), (1, 1)), (True, (2, 2), (2, 2))])
def test_mul_keeps_its_input_only_for_the_other_gradient(other_requires_grad, peaks, helds):
    other = leaf(1).requires_grad_(other_requires_grad)
    leaves = (other,) if other_requires_grad else ()
    out, into = measured(lambda x: x.mul(other), *leaves), measured(lambda x: x.mul_(other), *leaves)
    assert (in_inputs(out.forward_peak_bytes), in_inputs(into.forward_peak_bytes)) == peaks
    assert (in_inputs(out.held_bytes), in_inputs(into.held_bytes)) == helds


@pytest.mark.parametrize(
    "call, backward, step",
    [
        pytest.param(torch.neg, 2, 2, id="result and gradient"),
        pytest.param(torch.exp_, 2, 2, id="in place"),
        pytest.param(F.leaky_relu, 3, 3, id="saved input, result and gradient"),
        pytest.param(lambda x: (x.neg(), x.neg(), x.neg())[0], 2, 4, id="forward is higher"),
    ],
)
def test_backward_counts_everything_live_then(call, backward, step):
    seen = measured(call)
    assert (in_inputs(seen.backward_peak_bytes), in_inputs(seen.step_peak_bytes)) == (backward, step)


def test_nobody_keeps_the_input_alive():
    alive, at_backward = weakref.WeakSet(), []
    base, upstream = leaf(), torch.ones(NUMEL)

    def tracked(tensor):
        alive.add(tensor)
        return tensor

    def restore():
        assert not alive, "a second input while the first, or what came of it, is alive"
        return tracked(base.clone())

    def backward(result):
        at_backward.append([tensor is result for tensor in alive])
        return tuple(map(tracked, torch.autograd.grad(result, base, upstream)))

    seen = measure_memory(restore, lambda x: tracked(x.neg()), backward, "cpu")
    assert seen.held_bytes == N
    assert len(at_backward) >= 2
    assert all(others == [True] for others in at_backward), "only the result may be alive when backward begins"
    assert not alive


def test_the_same_bytes_every_time_and_after_a_failure():
    first = measured(F.silu)
    with pytest.raises(RuntimeError, match="leaf"):
        measure_memory(leaf, torch.exp_, None, "cpu")
    again = measured(F.silu)
    for name in ("forward_peak_bytes", "held_bytes", "backward_peak_bytes", "step_peak_bytes"):
        assert getattr(first, name) == getattr(again, name)


@torch.no_grad()
def test_a_backward_that_returns_nothing_is_no_graph():
    seen = measure_memory(leaf, torch.neg, lambda result: None, "cpu")
    assert (seen.backward_peak_bytes, seen.step_peak_bytes) == (None, None)


def test_a_device_without_an_exact_source():
    with pytest.raises(ValueError, match="mps"):
        measure_memory(leaf, torch.neg, None, "mps")


def test_only_the_profilers_own_lines_are_kept_off_standard_error(capfd, monkeypatch):
    start = allocator_events.profile.__enter__
    real = b"a real message\n"
    monkeypatch.setattr(
        allocator_events.profile, "__enter__", lambda self: (start(self), os.write(2, b"USDT: x\n" + real))
    )
    measured(torch.neg)
    assert capfd.readouterr().err == "a real message\n"


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="no resident peak here")
@torch.no_grad()
def test_resident_peak_sees_pages_touched_for_the_first_time():
    shares = iter(torch.empty(4, 64 * 2**20, dtype=torch.uint8))  # beyond any mmap threshold: pages not yet there

    def touch(x):
        next(shares).fill_(1)  # a share for each execution
        return x

    seen = measure_memory(lambda: torch.ones(1), touch, None, "cpu")
    assert seen.forward_peak_bytes == 4
    assert abs(seen.rss_peak_bytes - 64 * 2**20) < 2**20


def test_a_timeline_is_the_level_after_each_event_and_its_highest_is_the_peak():
    x = torch.ones(1000, requires_grad=True)

    def call(y):
        return (y * x).exp()

    seen = measure_memory(lambda: torch.ones(1000), call, lambda y: torch.autograd.grad(y.sum(), x), "cpu")
    # The input; the product; its exponential; and without the product, which only exp read.
    assert seen.forward_live_bytes == (4000, 8000, 12000, 8000)
    assert max(seen.forward_live_bytes) == seen.forward_peak_bytes
    assert max(seen.backward_live_bytes) == seen.backward_peak_bytes and seen.backward_live_bytes[0] == 8000


@torch.no_grad()
def test_a_long_timeline_keeps_the_highest_of_each_share():
    def call(x):
        for place in range(100):
            x = x + torch.ones(1000 if place != 60 else 5000)[:1000]
        return x

    seen = measure_memory(lambda: torch.ones(1000), call, None, "cpu")
    assert len(seen.forward_live_bytes) == 30 and max(seen.forward_live_bytes) == seen.forward_peak_bytes
    assert seen.forward_live_bytes.index(seen.forward_peak_bytes) == 18 and seen.backward_live_bytes == ()
