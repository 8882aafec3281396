"""The arithmetic of the CUDA path, on an invented caching allocator: what it requested, and what it took."""

import pytest
import torch

from benchmarks.measure.memory import Bytes, UncountedError, measure_memory

N = 1000
SEGMENT = 4096  #: the invented allocator takes this much at a time, and gives it back when its cache is emptied


class Allocator:
    """As much of torch.cuda as is needed to count bytes; `log` holds the calls in their order."""

    def __init__(self):
        self.requested = {"current": 0, "peak": 0}
        self.reserved = {"current": 0, "peak": 0}
        self.log = []

    def take(self, nbytes):
        self._set(self.requested, self.requested["current"] + nbytes)
        while self.reserved["current"] < self.requested["current"]:
            self._set(self.reserved, self.reserved["current"] + SEGMENT)

    @staticmethod
    def _set(counter, value):
        counter["current"] = value
        counter["peak"] = max(counter["peak"], value)

    def memory_stats(self, device):
        self.log.append("memory_stats")
        names = {"requested_bytes.all": self.requested, "reserved_bytes.all": self.reserved}
        # What max_memory_allocated reads is rounded to blocks, and must not be used.
        rounded = {f"allocated_bytes.all.{which}": 512 * 10**6 for which in ("current", "peak")}
        return rounded | {f"{name}.{which}": value for name, c in names.items() for which, value in c.items()}

    def reset_peak_memory_stats(self, device):
        for counter in (self.requested, self.reserved):
            counter["peak"] = counter["current"]

    def empty_cache(self):
        self.reserved["current"] = -(-self.requested["current"] // SEGMENT) * SEGMENT

    def synchronize(self, device):
        self.log.append("synchronize")

    def get_allocator_backend(self):
        return "native"


@pytest.fixture
def allocator(monkeypatch):
    fake = Allocator()
    for name in ("memory_stats", "reset_peak_memory_stats", "empty_cache", "synchronize", "get_allocator_backend"):
        monkeypatch.setattr(torch.cuda, name, getattr(fake, name))
    return fake


@pytest.fixture
def block(allocator):
    """Makes blocks that live as long as they are referred to."""

    class Block:
        def __init__(self, nbytes=N):
            self.nbytes = nbytes
            allocator.take(nbytes)

        def __del__(self):
            allocator.requested["current"] -= self.nbytes

    return Block


def test_out_of_place_against_in_place(block):
    leaf, upstream = block(), block()
    out = measure_memory(block, lambda x: block(), None, "cuda")
    into = measure_memory(block, lambda x: x, None, "cuda:0")
    assert out == Bytes(2 * N, N, reserved_peak_bytes=0)  # both fit into the segment that leaf and upstream left open
    assert into == Bytes(N, N, reserved_peak_bytes=0)
    assert leaf.nbytes == upstream.nbytes


def test_graph_and_gradients(block):
    class Result(block):
        def __init__(self, saved):
            super().__init__()
            self.saved = saved

    seen = measure_memory(block, Result, lambda result: (block(), block()), "cuda")
    assert seen == Bytes(2 * N, 2 * N, 4 * N, 4 * N, reserved_peak_bytes=SEGMENT)


def test_forward_may_be_the_peak_of_a_step(block):
    def call(x):
        scratch = block(5 * N)
        assert scratch.nbytes
        return x

    seen = measure_memory(block, call, lambda result: (block(),), "cuda")
    assert seen == Bytes(6 * N, N, 2 * N, 6 * N, reserved_peak_bytes=2 * SEGMENT)


def test_what_came_before_does_not_count(block, allocator):
    workspace = []

    def restore():
        block(50 * N)  # a transient of making the input
        return block()

    def call(x):
        if not workspace:
            workspace.append(block(7 * N))
        return block()

    block(100 * N)  # an earlier case's peak, and its cached memory
    seen = measure_memory(restore, call, None, "cuda")
    assert (seen.forward_peak_bytes, seen.held_bytes) == (2 * N, N)
    assert allocator.requested["current"] == 7 * N


def test_the_device_is_done_before_it_is_read(block, allocator):
    measure_memory(block, lambda x: x, lambda result: (block(),), "cuda")
    assert allocator.log == 3 * ["synchronize", "memory_stats"]


def test_another_allocator_counts_nothing(block, monkeypatch):
    monkeypatch.setattr(torch.cuda, "get_allocator_backend", lambda: "cudaMallocAsync")
    with pytest.raises(UncountedError, match="bytes are not counted"):
        measure_memory(block, lambda x: x, None, "cuda")


def test_a_workspace_that_is_let_go_is_part_of_both_variants_peaks(block):
    """What cuDNN takes for a convolution comes from the same allocator: it can hide what in-place saves."""

    def with_workspace(result):
        def call(x):
            workspace = block(9 * N)
            assert workspace.nbytes
            return result(x)

        return call

    out = measure_memory(block, with_workspace(lambda x: block()), None, "cuda")
    into = measure_memory(block, with_workspace(lambda x: x), None, "cuda")
    assert (out.forward_peak_bytes, into.forward_peak_bytes) == (11 * N, 10 * N)
