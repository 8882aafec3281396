"""The GPU's clock on a simulated GPU: true times, bounded spins, and nothing that outlives a case."""

import math
import random
import statistics

import pytest

from benchmarks.measure.cuda_clock import HOT, LONGEST_SPIN_S, STREAMED
from benchmarks.measure.rounds import Budget, run_rounds
from benchmarks.measure.spin import CALIBRATION_CYCLES
from benchmarks.record import INPLACE, OUTOFPLACE
from tests.measure import simulated_card
from tests.measure.clocked import both, clock_of, use, warm
from tests.measure.scripted import Counter, World
from tests.measure.simulated_allocator import DRIVER_NS
from tests.measure.simulated_card import FASTEST_MHZ, GAP_NS, IDLE_NS, SLOWEST_MHZ, Kernel
from tests.measure.simulated_gpu import SimulatedGpu

#: What the device takes beside a kernel that waits behind another one.
GAP_S = GAP_NS * 1e-9


@pytest.fixture
def gpu(monkeypatch):
    return use(monkeypatch, SimulatedGpu())


QUEUED = {
    "inference": ("", "call call"),
    "backward": ("call call ", "backward backward"),
    "step": ("", "call backward call backward"),
}


@pytest.mark.parametrize("phase", QUEUED)
def test_everything_is_queued_between_the_events_behind_the_spin(gpu, phase):
    subjects = both(gpu, [Kernel("call")], backward=[Kernel("backward")])
    clock = clock_of(gpu)
    clock.prepare(subjects, phase)
    gpu.log.clear()
    clock.round(subjects[INPLACE], phase, 2)
    before, timed = QUEUED[phase]
    calibrated = "spin record spin record"  # the second of them tells how many cycles a second has, now
    said = " ".join(what for _, what in gpu.log)
    assert said == f"clone clone {before}synchronize {calibrated} spin record {timed} record"


@pytest.mark.parametrize("phase, kernels", [("inference", 1), ("backward", 1), ("step", 2)])
def test_device_and_host_seconds_are_apart(gpu, phase, kernels):
    warm(gpu)
    subjects = both(gpu, [Kernel("call")], backward=[Kernel("backward")])
    clock = clock_of(gpu)
    calls = clock.prepare(subjects, phase)
    seen = clock.round(subjects[OUTOFPLACE], phase, calls)
    assert clock.unheld is None and calls == clock.most_calls
    own_s = kernels * (2e-6 + GAP_S)  # of the device, not the 5 us between two launches
    assert seen.seconds == pytest.approx(own_s, abs=0.5e-6 / calls)
    assert seen.host_s == pytest.approx(kernels * 5e-6)
    assert seen.clock_hz == pytest.approx(1.98e9) and not seen.throttled


def test_sixty_new_ops_each_load_their_kernels_unheld_and_no_spin_grows(gpu):
    """A kernel's first use waits for the spin, so it must not come behind one."""
    warm(gpu)
    longest, spins = 0.0, []
    for op in range(60):
        subjects = both(gpu, [Kernel(f"op{op}")], [Kernel(f"op{op}_")])
        clock, began = clock_of(gpu), len(gpu.spins_s)
        calls = clock.prepare(subjects, "inference")
        for subject in subjects.values():
            start_ns = gpu.host_ns
            seen = clock.round(subject, "inference", calls)
            longest = max(longest, (gpu.host_ns - start_ns) * 1e-9)
            assert seen.seconds == pytest.approx(2e-6 + GAP_S, abs=0.5e-6 / calls)
        assert clock.unheld is None
        spins.append(sum(gpu.spins_s[began:]))
    assert longest < 0.025
    assert spins[-1] == pytest.approx(spins[1], rel=1e-3)


def test_an_error_of_the_op_itself_is_raised(gpu):
    def fails(x):
        raise RuntimeError("not implemented for 'Half'")

    subject = gpu.subject([Kernel("op")])
    subjects = {variant: type(subject)(subject.restore, fails, None) for variant in (OUTOFPLACE, INPLACE)}
    with pytest.raises(RuntimeError, match="not implemented for 'Half'"):
        clock_of(gpu).prepare(subjects, "inference")


def test_cuda_1_is_measured_on_card_1(monkeypatch):
    """Spin, events and calls all go to the card that is asked for, whichever is the current one."""
    gpu = use(monkeypatch, SimulatedGpu(cards=2))
    subjects = both(gpu, [Kernel("op", device_ns=7_000)])
    clock = clock_of(gpu, "cuda:1")
    calls = clock.prepare(subjects, "inference")
    seen = clock.round(subjects[INPLACE], "inference", calls)
    assert {card for card, _ in gpu.log} == {1} and gpu.current == 0
    assert gpu.cards[0].seconds == gpu.cards[0].spun_s == 0
    assert seen.seconds > 0


MIB = 2**20


@pytest.mark.parametrize(
    "input_bytes, most, cache",
    [
        (2**12, 64, HOT),
        (MIB // 4, 64, HOT),
        (MIB, 20, HOT),
        (4 * MIB, 5, HOT),
        (20 * MIB, 1, HOT),
        (64 * MIB, 64, STREAMED),
    ],
)
def test_a_rounds_inputs_fit_into_the_cache_where_one_of_them_does(gpu, input_bytes, most, cache):
    """A third of 60 MiB; what is larger than that is streamed by both variants."""
    warm(gpu)
    subjects = both(gpu, [Kernel("op", device_ns=1_000)], input_bytes=input_bytes)
    clock = clock_of(gpu)
    assert (clock.prepare(subjects, "inference"), clock.cache) == (most, cache)


def test_inputs_in_lists_and_state_beside_them_count(gpu):
    subject = gpu.subject([Kernel("op", device_ns=1_000)])
    lists = type(subject)(lambda: ([gpu.tensor(4 * MIB), gpu.tensor(MIB)], object()), lambda x: x, None)
    assert clock_of(gpu).prepare({OUTOFPLACE: lists}, "inference") == 4


def test_an_idle_gpus_rising_clock_ends_no_hold(gpu):
    """The spin is calibrated at 345 MHz and the clock then rises: each is calibrated anew, and none lasts too long."""
    subjects = both(gpu, [Kernel("op", device_ns=20_000)])
    clock = clock_of(gpu)
    calls = clock.prepare(subjects, "inference")
    seconds = [clock.round(subjects[OUTOFPLACE], "inference", calls).seconds for _ in range(60)]
    assert clock.unheld is None
    assert seconds[-1] == pytest.approx(20e-6 + GAP_S, rel=0.01)
    assert max(gpu.spins_s) < CALIBRATION_CYCLES / (SLOWEST_MHZ * 1e6), "none is longer than what calibrates it"


def test_a_clock_that_falls_between_two_rounds_makes_no_spin_longer(gpu):
    """A restore may leave the GPU idle: what was calibrated before it no longer holds."""
    warm(gpu)
    subjects = both(gpu, [Kernel("op", device_ns=20_000)])
    clock = clock_of(gpu)
    calls = clock.prepare(subjects, "inference")
    clock.round(subjects[OUTOFPLACE], "inference", calls)
    warm_s = gpu.spins_s[-1]
    gpu.host_ns += 2 * IDLE_NS
    clock.round(subjects[OUTOFPLACE], "inference", calls)
    assert clock.unheld is None and gpu.card.mhz < FASTEST_MHZ / 2
    assert gpu.spins_s[-1] == pytest.approx(warm_s, rel=0.1)


def test_a_spin_that_counts_a_slower_clock_is_as_long(gpu, monkeypatch):
    """On gfx11 the spin of ROCm counts a clock of 100 MHz (github.com/pytorch/pytorch/issues/97005)."""
    for clock in ("SLOWEST_MHZ", "FASTEST_MHZ"):
        monkeypatch.setattr(simulated_card, clock, 100.0)
    clock = clock_of(gpu)
    subjects = both(gpu, [Kernel("op", device_ns=20_000)])
    rounds = run_rounds(subjects, "inference", clock, Budget(0.01, 1e-9), random.Random(0))
    assert clock.unheld is None
    for times in rounds.times_s.values():
        assert statistics.median(times) == pytest.approx(20e-6 + GAP_S, rel=0.01)
    assert max(gpu.spins_s) <= LONGEST_SPIN_S and gpu.spins_s[-1] < 1e-3, "the host needs a quarter of that"


def test_blocks_in_which_the_gpu_was_slowed_down_are_dropped_and_counted(gpu):
    warm(gpu)
    subjects = both(gpu, [Kernel("op", device_ns=10_000)])
    clock = clock_of(gpu)
    clock.prepare(subjects, "inference")
    gpu.throttled.append((gpu.host_ns + 10e6, gpu.host_ns + 20e6))
    rounds = run_rounds(subjects, "inference", clock, Budget(0.03, 1e-9), random.Random(0))
    assert rounds.dropped_blocks == rounds.throttled_blocks > 0
    for times in rounds.times_s.values():
        assert times and max(times) == pytest.approx(10e-6 + GAP_S, rel=0.01)
    assert rounds.clock_hz == pytest.approx(1.98e9)


def test_where_it_was_slowed_down_throughout_the_times_stay_and_the_count_says_so(gpu):
    warm(gpu)
    gpu.throttled.append((0, math.inf))
    subjects = both(gpu, [Kernel("op", device_ns=10_000)])
    rounds = run_rounds(subjects, "inference", clock_of(gpu), Budget(0.0, 0.0), random.Random(0))
    assert rounds.throttled_blocks * 2 == len(rounds.times_s[INPLACE]) > 0 == rounds.dropped_blocks


@pytest.mark.parametrize("variant", ["outofplace", "inplace"])
def test_prepared_inputs_are_let_go_call_by_call(gpu, variant):
    """Alive at each call: its own input and those still to come, of the calls before nothing."""
    world = World(Counter(), variant)
    clock = clock_of(gpu)
    clock.prepare({variant: world.subject}, "inference")
    world.alive_at_call.clear()
    clock.round(world.subject, "inference", 4)
    assert world.alive_at_call == [4, 3, 2, 1]
    assert len(world.alive) == 0


@pytest.mark.parametrize("variant", ["outofplace", "inplace"])
def test_results_and_gradients_of_a_step_are_let_go_call_by_call(gpu, variant):
    """A round's memory does not grow with its calls."""
    world = World(Counter(), variant)
    clock = clock_of(gpu)
    clock.prepare({variant: world.subject}, "step")
    world.alive_at_call.clear()
    clock.round(world.subject, "step", 4)
    assert world.alive_at_call == [4, 3, 2, 1]


def test_memory_that_a_round_takes_from_the_driver_costs_the_host_and_not_the_device(gpu):
    warm(gpu)
    subjects = {OUTOFPLACE: gpu.subject([Kernel("op")], result_bytes=30 * MIB)}
    clock = clock_of(gpu)
    calls = clock.prepare(subjects, "inference")
    kept = clock.round(subjects[OUTOFPLACE], "inference", calls)
    gpu.empty_cache()
    emptied = clock.round(subjects[OUTOFPLACE], "inference", calls)
    assert emptied.host_s * calls == pytest.approx(kept.host_s * calls + DRIVER_NS * 1e-9)
    assert emptied.seconds == pytest.approx(kept.seconds) == pytest.approx(2e-6 + GAP_S, abs=0.5e-6 / calls)
    assert clock.unheld is None
