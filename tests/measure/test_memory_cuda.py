"""The arithmetic of the CUDA path, on a simulated caching allocator: what was requested of it, and what it took."""

import pytest
import torch

from benchmarks.measure.memory import CountedBytes, UncountedError, measure_memory
from tests.measure.clocked import install
from tests.measure.simulated_allocator import LARGE_SEGMENT, SMALL_SEGMENT, SimulatedTensor
from tests.measure.simulated_gpu import SimulatedGpu

N = 300_000  #: bytes; six such blocks share a segment, and no block is a multiple of what the allocator rounds to
DEVICE = "cuda:0"


@pytest.fixture
def gpu(monkeypatch):
    return install(monkeypatch, SimulatedGpu())


@pytest.fixture
def block(gpu):
    """Makes blocks that live as long as they are referred to."""
    return lambda nbytes=N: gpu.tensor(nbytes)


def test_out_of_place_against_in_place(block):
    leaf, upstream = block(), block()
    out = measure_memory(block, lambda x: block(), None, "cuda")
    into = measure_memory(block, lambda x: x, None, "cuda:0")
    # Both fit into the segment that leaf and upstream left open.
    assert out == CountedBytes(2 * N, N, 0, 0, reserved_peak_bytes=0)
    assert into == CountedBytes(N, N, 0, 0, reserved_peak_bytes=0)
    assert leaf.nbytes == upstream.nbytes


def test_bytes_are_those_asked_for_and_not_those_of_the_blocks_that_serve_them(gpu, block):
    kept = block()
    assert gpu.memory_allocated(DEVICE) > kept.nbytes
    assert measure_memory(block, lambda x: x, None, DEVICE).forward_peak_bytes == kept.nbytes


def test_graph_and_gradients(gpu, block):
    class Result(SimulatedTensor):
        def __init__(self, saved):
            super().__init__(gpu.card.allocator, N)
            self.saved = saved

    seen = measure_memory(block, Result, lambda result: (block(3 * N), block(3 * N)), "cuda")
    assert seen == CountedBytes(2 * N, 2 * N, 0, 0, 8 * N, 8 * N, reserved_peak_bytes=2 * SMALL_SEGMENT)


def test_forward_may_be_the_peak_of_a_step(block):
    def call(x):
        scratch = block(5 * N)
        assert scratch.nbytes
        return x

    seen = measure_memory(block, call, lambda result: (block(),), "cuda")
    assert seen == CountedBytes(6 * N, N, 0, 0, 2 * N, 6 * N, reserved_peak_bytes=SMALL_SEGMENT + LARGE_SEGMENT)


def test_what_came_before_does_not_count(gpu, block):
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
    assert gpu.memory_stats(DEVICE)["requested_bytes.all.current"] == 7 * N


def test_the_device_is_done_before_it_is_read(gpu, block):
    measure_memory(block, lambda x: x, lambda result: (block(),), "cuda")
    assert [what for _, what in gpu.log if what != "empty_cache"] == [
        *3 * ["synchronize", "memory_stats"],
        *2 * ["memory_stats"],
    ]


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


def test_what_every_call_leaves_behind(gpu, block):
    kept = []

    def backward(result):
        kept.append(block(3 * N))
        return (block(),)

    assert measure_memory(block, lambda x: kept.append(block()) or x, None, "cuda").leaked_bytes == N
    assert measure_memory(block, lambda x: x, backward, "cuda").leaked_bytes == 3 * N
    last = {}
    assert measure_memory(block, lambda x: last.update(x=block()) or x, None, "cuda").leaked_bytes == 0


def test_what_only_garbage_collection_lets_go(gpu, block):
    def call(x):
        cycle = [block(3 * N)]
        cycle.append(cycle)
        return x

    seen = measure_memory(block, call, None, "cuda")
    assert (seen.leaked_bytes, seen.garbage_bytes) == (0, 3 * N)
