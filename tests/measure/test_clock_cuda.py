"""The GPU's clock on an invented torch.cuda: all is queued before the first call starts, and nothing is kept."""

from types import SimpleNamespace

import pytest

from benchmarks.inputs import Subject
from benchmarks.measure import clock
from benchmarks.measure.clock import CudaClock
from tests.measure.scripted import Counter, World


class Gpu:
    """An invented torch.cuda: one stream that runs what is queued, and a host that goes on meanwhile."""

    def __init__(self, launch_ns, kernel_ns):
        self.host_ns = self.free_ns = 0
        self.launch_ns, self.kernel_ns = launch_ns, kernel_ns
        self.log = []
        gpu = self

        class Event:
            def __init__(self, enable_timing):
                assert enable_timing

            def record(self):
                gpu.log.append("record")
                self.at_ns = max(gpu.host_ns, gpu.free_ns)

            def query(self):
                gpu.log.append("query")
                return gpu.host_ns >= self.at_ns

            def synchronize(self):
                gpu.host_ns = max(gpu.host_ns, self.at_ns)

            def elapsed_time(self, stop):
                return (stop.at_ns - self.at_ns) / 1e6

        self.Event = Event

    def launch(self, name):
        self.log.append(name)
        self.host_ns += self.launch_ns
        self.free_ns = max(self.host_ns, self.free_ns) + self.kernel_ns

    def synchronize(self, device):
        assert device == "cuda:0"
        self.log.append("synchronize")
        self.host_ns = max(self.host_ns, self.free_ns)

    def _sleep(self, cycles):
        self.log.append(f"spin {cycles}")
        self.free_ns = max(self.host_ns, self.free_ns) + cycles

    def subject(self):
        return Subject(
            restore=lambda: self.launch("restore"),
            call=lambda x: self.launch("call"),
            backward=lambda result: self.launch("backward"),
        )


@pytest.fixture
def gpu(monkeypatch):
    def make(launch_ns, kernel_ns):
        fake = Gpu(launch_ns, kernel_ns)
        monkeypatch.setattr(clock, "time", SimpleNamespace(perf_counter_ns=lambda: fake.host_ns))
        return fake

    return make


QUEUED = {
    "inference": ("", "call call"),
    "forward": ("", "call call"),
    "backward": ("call call ", "backward backward"),
    "step": ("", "call backward call backward"),
}


@pytest.mark.parametrize("phase", QUEUED)
def test_everything_is_queued_between_the_events_behind_the_spin(gpu, phase):
    fake = gpu(launch_ns=5_000, kernel_ns=2_000)
    CudaClock("cuda:0", fake).round(fake.subject(), phase, 2)
    before, timed = QUEUED[phase]
    assert " ".join(fake.log) == f"restore restore {before}synchronize spin 1000000 record {timed} record query"


@pytest.mark.parametrize("phase, kernels", [("inference", 1), ("backward", 1), ("step", 2)])
def test_device_and_host_seconds_are_apart(gpu, phase, kernels):
    fake = gpu(launch_ns=5_000, kernel_ns=2_000)
    seconds, host_s = CudaClock("cuda:0", fake).round(fake.subject(), phase, 50)
    assert seconds == pytest.approx(kernels * 2e-6)  # not the 5 us between two launches
    assert host_s == pytest.approx(kernels * 5e-6)


def test_the_spin_grows_until_the_host_is_in_time_and_stays_so(gpu):
    fake = gpu(launch_ns=20_000, kernel_ns=2_000)
    cuda = CudaClock("cuda:0", fake)
    assert cuda.round(fake.subject(), "inference", 100).seconds == pytest.approx(2e-6)
    assert [entry for entry in fake.log if "spin" in entry] == ["spin 1000000", "spin 2000000", "spin 4000000"]
    fake.log.clear()
    cuda.round(fake.subject(), "inference", 100)
    assert [entry for entry in fake.log if "spin" in entry] == ["spin 4000000"]


def test_a_host_that_is_never_in_time_gives_no_time(gpu):
    fake = gpu(launch_ns=10**9, kernel_ns=2_000)
    with pytest.raises(RuntimeError, match="launch gaps"):
        CudaClock("cuda:0", fake).round(fake.subject(), "inference", 2)
    assert sum("spin" in entry for entry in fake.log) == 6


@pytest.mark.parametrize("variant", ["outofplace", "inplace"])
def test_prepared_inputs_are_let_go_call_by_call(gpu, variant):
    """Alive at each call: its own input and those still to come, of the calls before nothing."""
    world = World(Counter(), variant)
    CudaClock("cuda:0", gpu(1, 1)).round(world.subject, "inference", 4)
    assert world.alive_at_call == [4, 3, 2, 1]
    assert len(world.alive) == 0
