"""The clocks against a scripted counter and an invented GPU: what lies between start and stop, and what does not."""

import weakref
from types import SimpleNamespace

import pytest

from benchmarks.inputs import Subject
from benchmarks.measure import clock
from benchmarks.measure.clock import NS, CudaClock, HostClock, bracketed, page_faults_per_call

TICK, RESTORE, CALL, BACKWARD, LET_GO = 40, 1000, 7, 11, 300


class Counter:
    """Nanoseconds that pass only where the script says so; each reading costs a tick."""

    def __init__(self):
        self.ns = 0

    def __call__(self):
        self.ns += TICK
        return self.ns


class World:
    """A subject whose parts take known times, and which sees what is alive when."""

    def __init__(self, now, variant):
        self.now = now
        self.alive = weakref.WeakSet()
        self.restored = 0
        self.alive_at_restore = []
        self.alive_at_call = []
        call = self.outofplace if variant == "outofplace" else self.inplace
        self.subject = Subject(self.restore, call, self.backward)

    def make(self):
        world = self

        class Value:
            def __del__(self):
                world.now.ns += LET_GO

        value = Value()
        self.alive.add(value)
        return value

    def restore(self):
        self.alive_at_restore.append(len(self.alive))
        self.restored += 1
        self.now.ns += RESTORE
        return self.make()

    def outofplace(self, x):
        self.now.ns += CALL
        self.alive_at_call.append(len(self.alive))
        return self.make()

    def inplace(self, x):
        self.now.ns += CALL
        self.alive_at_call.append(len(self.alive))
        return x

    def backward(self, result):
        self.now.ns += BACKWARD
        return (self.make(),)


TIMED = {  # what one call costs: letting go of the old x belongs to the out-of-place statement
    ("inference", "outofplace"): CALL + LET_GO,
    ("inference", "inplace"): CALL,
    ("forward", "outofplace"): CALL + LET_GO,
    ("forward", "inplace"): CALL,
    ("backward", "outofplace"): BACKWARD,
    ("backward", "inplace"): BACKWARD,
    ("step", "outofplace"): CALL + LET_GO + BACKWARD,
    ("step", "inplace"): CALL + BACKWARD,
}


@pytest.mark.parametrize("calls", [1, 5])
@pytest.mark.parametrize("phase, variant", TIMED)
def test_a_round_is_the_phases_statement_and_nothing_else(phase, variant, calls):
    now = Counter()
    world = World(now, variant)
    host = HostClock(now)
    assert host.empty_call_s == pytest.approx(TICK * NS)
    assert host.round(world.subject, phase, calls).seconds == pytest.approx(TIMED[phase, variant] * NS)
    assert host.round(world.subject, phase, calls).host_s is None


@pytest.mark.parametrize("phase, variant", TIMED)
def test_no_two_inputs_are_alive_at_once_and_each_call_has_its_own(phase, variant):
    world = World(Counter(), variant)
    bracketed(world.subject, phase, 4, world.now)
    assert world.restored == 4
    assert world.alive_at_restore == [0, 0, 0, 0]
    assert world.alive_at_call == [1, 1, 1, 1]
    assert len(world.alive) == 0


def test_page_faults_are_the_median_of_single_calls(monkeypatch):
    faults = iter([0, 1025, 1025, 2050, 2050, 2051, 3000, 4025, 4025, 5050])
    monkeypatch.setattr(clock, "_minor_faults", lambda: next(faults))
    assert page_faults_per_call(World(Counter(), "inplace").subject, "inference") == 1025.0


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


def test_a_host_that_is_never_in_time_ends_nevertheless(gpu):
    fake = gpu(launch_ns=10**9, kernel_ns=2_000)
    assert CudaClock("cuda:0", fake).round(fake.subject(), "inference", 2).seconds > 0
    assert sum("spin" in entry for entry in fake.log) == 6


@pytest.mark.parametrize("variant", ["outofplace", "inplace"])
def test_prepared_inputs_are_let_go_call_by_call(gpu, variant):
    """Alive at each call: its own input and those still to come, of the calls before nothing."""
    world = World(Counter(), variant)
    CudaClock("cuda:0", gpu(1, 1)).round(world.subject, "inference", 4)
    assert world.alive_at_call == [4, 3, 2, 1]
    assert len(world.alive) == 0
