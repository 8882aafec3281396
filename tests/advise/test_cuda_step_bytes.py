"""Bytes of a step on a GPU, from counters that a test invents: the peak, what is held, op by op; what disturbs them."""

from types import SimpleNamespace

import pytest
import torch

from benchmarks.advise.trials.cuda_step_bytes import CudaStepBytes, NothingThere
from benchmarks.advise.user.question import Bytes
from benchmarks.measure.memory import UncountedError

OWN = 4096  #: what cuBLAS keeps
MIB = 2**20


class Allocator:
    """Torch's, of one GPU, which a test asks for memory; `torch.cuda` as far as the bytes of steps need it."""

    def __init__(self) -> None:
        self.now = self.peak = self.made = 0
        self.stream, self.backend = 0, "native"

    def take(self, nbytes: int) -> None:
        self.now, self.made = self.now + nbytes, self.made + 1
        self.peak = max(self.peak, self.now)

    def free(self, nbytes: int) -> None:
        self.now -= nbytes

    def memory_stats_as_nested_dict(self, device):
        counted = {"current": self.now, "peak": self.peak}
        return {"requested_bytes": {"all": counted}, "allocation": {"all": {"allocated": self.made}}}

    def reset_peak_memory_stats(self, device):
        torch._C._cuda_resetPeakMemoryStats(device)

    def current_stream(self, device):
        return SimpleNamespace(stream_id=self.stream)

    def get_allocator_backend(self):
        return self.backend


@pytest.fixture
def gpu(monkeypatch) -> Allocator:
    allocator = Allocator()

    def reset(device):
        allocator.peak = allocator.now

    monkeypatch.setattr(torch._C, "_cuda_resetPeakMemoryStats", reset, raising=False)
    return allocator


def counter_of(gpu: Allocator) -> CudaStepBytes:
    return CudaStepBytes("cuda:0", gpu, lambda device: gpu.take(OWN))


def test_the_peak_and_what_is_held_when_backward_begins(gpu):
    x = torch.ones(2, requires_grad=True)

    def step():
        gpu.take(3 * MIB)
        gpu.free(MIB)
        x.register_hook(lambda gradient: gpu.take(5 * MIB))
        x.sum().backward()
        gpu.free(6 * MIB)

    gpu.take(10 * MIB)  # by make()
    gpu.free(9 * MIB)
    counter = counter_of(gpu)
    with counter.counting():
        gpu.take(MIB)  # an execution before the last one: what it leaves counts
        counter.last(step)
    assert counter.counted == {0: Bytes(8 * MIB, 3 * MIB)}


def test_without_backward_held_is_what_lives_at_the_end_and_each_step_has_its_own(gpu):
    counter = counter_of(gpu)
    with counter.counting():
        counter.last(lambda: gpu.take(2 * MIB))
        gpu.free(MIB)
        counter.last(lambda: gpu.take(512))
    assert counter.counted == {0: Bytes(2 * MIB, 2 * MIB), 1: Bytes(MIB + 512, MIB + 512)}


def test_op_by_op_the_highest_until_the_next_one(gpu):
    counter = counter_of(gpu)

    def step():
        gpu.take(9 * MIB)
        gpu.free(9 * MIB)
        for number, (most, kept) in enumerate(((5, 2), (1, 0), (3, 1)), 7):
            gpu.stream = number % 2
            with counter.op(number):
                gpu.take(most * MIB)
            gpu.free((most - kept) * MIB)

    gpu.take(MIB)
    with counter.counting():
        step()  # not the last execution
        gpu.free(3 * MIB)
        counter.last(step)
    assert counter.op_by_op == {0: [(7, 5 * MIB), (8, 3 * MIB), (9, 5 * MIB)]}
    assert counter.counted[0].peak_bytes == 9 * MIB and counter.streams == {0, 1}


def test_a_step_that_resets_the_counter_hides_no_peak(gpu):
    counter = counter_of(gpu)
    before = torch._C._cuda_resetPeakMemoryStats

    def step():
        with counter.op(1):
            gpu.take(4 * MIB)
        gpu.free(4 * MIB)
        torch._C._cuda_resetPeakMemoryStats(0)  # as torch.cuda.reset_peak_memory_stats() does
        gpu.take(MIB)

    with counter.counting():
        counter.last(step)
    assert counter.counted == {0: Bytes(4 * MIB, MIB)} and counter.op_by_op == {0: [(1, 4 * MIB)]}
    assert torch._C._cuda_resetPeakMemoryStats is before


def test_steps_that_have_nothing_on_the_gpu_are_refused(gpu):
    counter = counter_of(gpu)
    with pytest.raises(NothingThere, match=r"^it allocates nothing on cuda:0"), counter.counting():
        counter.last(lambda: None)
    gpu.take(MIB)
    counter = counter_of(gpu)
    with counter.counting():
        counter.last(lambda: None)
    assert counter.counted == {0: Bytes(0, 0)}


def test_an_allocator_that_does_not_say_what_is_asked_of_it(gpu):
    gpu.backend = "cudaMallocAsync"
    with pytest.raises(UncountedError), counter_of(gpu).counting():
        pass
