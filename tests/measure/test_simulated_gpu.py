"""The simulated GPU does what its sources say of real ones: a test per behaviour, which fails without it."""

import pytest
import torch

from tests.measure.simulated_allocator import DRIVER_NS, LARGE_SEGMENT, MIN_BLOCK, SMALL_SEGMENT
from tests.measure.simulated_behaviours import BEHAVIOURS
from tests.measure.simulated_card import GAP_NS, IDLE_NS, LOAD_NS, QUEUE_DEPTH, SLOWEST_MHZ, Kernel, program_of
from tests.measure.simulated_event import EVENT_DEVICE_NS
from tests.measure.simulated_gpu import LOST_TEXT, SimulatedGpu

DEVICE, MIB = "cuda:0", 2**20
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
    assert gpu.host_ns - before >= ADD.host_ns + 3 * ADD.device_ns


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
    """The same cycles take longer on an idle GPU than after work; the clock rises while it works, and falls again."""
    gpu._sleep(1_000_000)
    _warm(gpu)
    gpu._sleep(1_000_000)
    gpu.host_ns += 2 * IDLE_NS
    gpu._sleep(1_000_000)
    idle_s, warm_s, idle_again_s = gpu.spins_s
    assert 4 * warm_s < idle_s == idle_again_s < 1 / SLOWEST_MHZ


def kernel_gaps(gpu: SimulatedGpu) -> None:
    """Queued ones are apart; one that finds the device idle starts when it is launched."""
    _warm(gpu)
    before = gpu.cards[0].seconds
    gpu.launch(ADD)
    alone_s = gpu.cards[0].seconds - before
    gpu.launch(ADD)
    assert alone_s == pytest.approx(ADD.device_ns * 1e-9)
    assert gpu.cards[0].seconds - before - alone_s == pytest.approx((GAP_NS + ADD.device_ns) * 1e-9)


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
    assert gpu.nvml.nvmlDeviceGetClockInfo(0, 1) == pytest.approx(990)
    assert gpu.nvml.nvmlDeviceGetCurrentClocksEventReasons(0) == 0x40


def syncing_calls(gpu: SimulatedGpu) -> None:
    _warm(gpu)
    gpu._sleep(20_000_000)
    spin_end = gpu.cards[0].free_ns
    gpu.wait()
    assert gpu.host_ns >= spin_end


def caching_allocator(gpu: SimulatedGpu) -> None:
    """What is let go stays the process's, until the cache is emptied; and serves the next request that fits."""
    total = gpu.mem_get_info(DEVICE)[1]
    x = gpu.tensor(30 * MIB)
    assert gpu.mem_get_info(DEVICE) == (total - 30 * MIB, total)
    del x
    assert (gpu.memory_allocated(DEVICE), gpu.memory_reserved(DEVICE)) == (0, 30 * MIB)
    x = gpu.tensor(25 * MIB)
    assert gpu.memory_reserved(DEVICE) == 30 * MIB == total - gpu.mem_get_info(DEVICE)[0]
    gpu.empty_cache()
    assert gpu.memory_reserved(DEVICE) == 30 * MIB, "a part of it is in use"
    del x
    gpu.empty_cache()
    assert gpu.memory_reserved(DEVICE) == 0


def rounded_blocks(gpu: SimulatedGpu) -> None:
    small, large = gpu.tensor(1_000), gpu.tensor(3 * MIB)
    stats = gpu.memory_stats(DEVICE)
    assert stats["requested_bytes.all.current"] == small.nbytes + large.nbytes
    assert stats["reserved_bytes.all.peak"] == SMALL_SEGMENT + LARGE_SEGMENT
    assert stats["allocated_bytes.all.peak"] == 2 * MIN_BLOCK + 3 * MIB


def slow_driver_memory(gpu: SimulatedGpu) -> None:
    """Taking it costs the host time, a block of what is kept none; giving it back waits for the device."""
    _warm(gpu)
    before = gpu.host_ns
    x = gpu.tensor(MIB)
    taken = gpu.host_ns
    y = gpu.tensor(MIB)
    assert (taken - before, gpu.host_ns - taken) == (DRIVER_NS, 0)
    assert x.nbytes == y.nbytes
    del x, y
    gpu._sleep(20_000_000)
    gpu.empty_cache()
    assert gpu.host_ns >= gpu.cards[0].free_ns


def out_of_memory(gpu: SimulatedGpu) -> None:
    """The cache is given back before a request fails; what another process has is not to be had."""
    card = gpu.cards[0].allocator
    kept = [gpu.tensor(card.memory_bytes // 2), gpu.tensor(card.memory_bytes // 4)]
    kept.pop(0)
    assert gpu.tensor(3 * card.memory_bytes // 4).nbytes
    gpu.empty_cache()
    card.taken_bytes = MIB
    with pytest.raises(torch.OutOfMemoryError, match="CUDA out of memory"):
        gpu.tensor(3 * card.memory_bytes // 4)
    assert kept[0].nbytes


def lost_device(gpu: SimulatedGpu) -> None:
    """From the failed kernel on whatever reaches the device raises; the host's own books stay open."""
    event = gpu.Event(enable_timing=True)
    event.record()
    gpu.lost = True
    for reach in (gpu.synchronize, gpu.empty_cache, event.query, lambda: gpu._sleep(1), lambda: gpu.launch(ADD)):
        for _ in range(2):  # and it stays lost
            with pytest.raises(RuntimeError, match=LOST_TEXT):
                reach()
    assert gpu.memory_reserved(DEVICE) == 0 and gpu.get_device_name(DEVICE)


CHECKS = {name: globals()[name.replace(" ", "_")] for name in BEHAVIOURS}


def test_each_behaviour_says_where_it_is_written():
    for source in BEHAVIOURS.values():
        assert source.partition("(")[2].endswith(")"), source


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
def test_it_behaves_as_its_source_says(behaviour):
    CHECKS[behaviour](SimulatedGpu(cards=2))


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
def test_what_is_taken_out_is_missed(behaviour):
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        CHECKS[behaviour](SimulatedGpu(cards=2, lacking=[behaviour]))
