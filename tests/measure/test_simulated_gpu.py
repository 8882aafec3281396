"""The simulated GPU does what its sources say of real ones: a test per behaviour, which fails without it."""

import pytest

from tests.measure.simulated_event import EVENT_DEVICE_NS
from tests.measure.simulated_gpu import (
    BEHAVIOURS,
    LOAD_NS,
    LOST_TEXT,
    QUEUE_DEPTH,
    SYNC_TEXT,
    Kernel,
    SimulatedGpu,
    program_of,
)

ADD = Kernel("add", device_ns=10_000, host_ns=2_000)


def _warm(gpu: SimulatedGpu) -> None:
    """Let the clock rise and the kernels be loaded."""
    gpu.launch(Kernel("add", device_ns=50_000_000))
    gpu.synchronize()


def streams(gpu: SimulatedGpu) -> None:
    """Three launches return at once; the device is busy three times as long."""
    _warm(gpu)
    before = gpu.host_ns
    gpu.run([ADD] * 3)
    assert gpu.host_ns - before == 3 * ADD.host_ns
    gpu.synchronize()
    assert gpu.host_ns - before == ADD.host_ns + 3 * ADD.device_ns


def current_device(gpu: SimulatedGpu) -> None:
    with gpu.device("cuda:1"):
        gpu.launch(ADD)
    assert gpu.cards[0].seconds == 0 < gpu.cards[1].seconds


def launch_queue(gpu: SimulatedGpu) -> None:
    """Behind a spin, the launch after the last that the queue holds waits for the spin's end."""
    _warm(gpu)
    gpu._sleep(200_000_000)
    spin_end = gpu.cards[0].free_ns
    gpu.run(program_of(QUEUE_DEPTH - 1, name="add"))
    assert gpu.host_ns < spin_end
    gpu.launch(ADD)
    assert gpu.host_ns >= spin_end


def lazy_loading(gpu: SimulatedGpu) -> None:
    """A kernel's first launch waits for the spin, however long it is; the second does not."""
    _warm(gpu)
    for name, waits in (("erfinv", True), ("erfinv", False)):
        gpu._sleep(200_000_000)
        spin_end = gpu.cards[0].free_ns
        gpu.launch(Kernel(name))
        assert (gpu.host_ns >= spin_end + LOAD_NS) is waits
        gpu.synchronize()


def clock_ramp(gpu: SimulatedGpu) -> None:
    """The same cycles take longer on an idle GPU than after work."""
    gpu._sleep(1_000_000)
    _warm(gpu)
    gpu._sleep(1_000_000)
    idle_s, warm_s = gpu.spins_s
    assert idle_s > 5 * warm_s


def event_resolution(gpu: SimulatedGpu) -> None:
    _warm(gpu)
    start, stop = gpu.Event(enable_timing=True), gpu.Event(enable_timing=True)
    gpu._sleep(1_000_000)
    start.record()
    gpu.launch(Kernel("add", device_ns=1_234))
    stop.record()
    stop.synchronize()
    assert start.elapsed_time(stop) * 1e6 % 500 == pytest.approx(0, abs=1e-6)


def event_cost(gpu: SimulatedGpu) -> None:
    """Two events with nothing between them are not at one time."""
    _warm(gpu)
    start, stop = gpu.Event(enable_timing=True), gpu.Event(enable_timing=True)
    gpu._sleep(1_000_000)
    start.record()
    stop.record()
    stop.synchronize()
    assert start.elapsed_time(stop) * 1e6 == pytest.approx(EVENT_DEVICE_NS, abs=1)


def throttling(gpu: SimulatedGpu) -> None:
    _warm(gpu)
    gpu.throttled.append((gpu.host_ns, gpu.host_ns + 1e9))
    before = gpu.cards[0].seconds
    gpu.launch(ADD)
    assert gpu.cards[0].seconds - before == pytest.approx(2 * ADD.device_ns * 1e-9)
    assert gpu.nvml.nvmlDeviceGetCurrentClocksEventReasons(0) == 0x40


def sync_debug_mode(gpu: SimulatedGpu) -> None:
    gpu.wait()
    gpu.set_sync_debug_mode("error")
    with pytest.raises(RuntimeError, match=SYNC_TEXT):
        gpu.wait()


def lost_device(gpu: SimulatedGpu) -> None:
    gpu.lost = True
    for _ in range(2):  # and it stays lost
        with pytest.raises(RuntimeError, match=LOST_TEXT):
            gpu.synchronize()


CHECKS = {name: globals()[name.replace(" ", "_")] for name in BEHAVIOURS}


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
def test_it_behaves_as_its_source_says(behaviour):
    CHECKS[behaviour](SimulatedGpu(cards=2))


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
def test_what_is_taken_out_is_missed(behaviour):
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        CHECKS[behaviour](SimulatedGpu(cards=2, lacking=[behaviour]))
