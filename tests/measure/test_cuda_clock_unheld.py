"""What the GPU's clock cannot hold back: it is timed together with the host, both variants alike, and says why."""

import random

import pytest

from benchmarks.measure.cuda_clock import LATE, LONG_LAUNCH, SYNCHRONISES, WAIT_SPIN_S
from benchmarks.measure.rounds import Budget, run_rounds
from benchmarks.record import INPLACE, OUTOFPLACE
from benchmarks.selftest.gpu_checks import LEAST_DEPTH
from tests.measure.clocked import both, clock_of, use, warm
from tests.measure.simulated_card import GAP_NS, QUEUE_DEPTH, Kernel, Wait, program_of
from tests.measure.simulated_gpu import SimulatedGpu

GAP_S = GAP_NS * 1e-9


@pytest.fixture
def gpu(monkeypatch):
    return use(monkeypatch, SimulatedGpu())


@pytest.mark.parametrize(
    "program, reason",
    [
        ([Kernel("op"), Wait(), Kernel("op")], SYNCHRONISES),
        (program_of(1_092), LONG_LAUNCH),
        ([Kernel("op", host_ns=30_000_000)], LONG_LAUNCH),
        ([Kernel("op", host_ns=30_000_000), Wait()], LONG_LAUNCH),
    ],
    ids=["waits", "fills-the-queue", "slow-host", "slow-host-and-waits"],
)
@pytest.mark.parametrize("phase", ["inference", "backward", "step"])
def test_what_cannot_be_held_is_timed_unheld_and_says_why(gpu, program, reason, phase):
    """Both variants alike, and the next case is held again, behind a spin as short as ever."""
    warm(gpu)
    plain = [Kernel("op")]
    subjects = both(gpu, program, plain, backward=plain)
    if phase == "backward":
        subjects = both(gpu, plain, backward=program)
    clock = clock_of(gpu)
    calls = clock.prepare(subjects, phase)
    assert clock.unheld == reason
    seen = {variant: clock.round(subject, phase, calls) for variant, subject in subjects.items()}
    launches = [step for step in program if isinstance(step, Kernel)]
    assert seen[OUTOFPLACE].seconds >= sum(step.host_ns for step in launches[1:]) * 1e-9  # the host's part is in it
    next_case = both(gpu, plain)
    began = len(gpu.spins_s)
    calls = clock.prepare(next_case, "inference")
    assert clock.unheld is None and max(gpu.spins_s[began:]) < 2e-3
    assert clock.round(next_case[INPLACE], "inference", calls).seconds == pytest.approx(
        2e-6 + GAP_S, abs=0.5e-6 / calls
    )


@pytest.mark.parametrize(
    "program, reason",
    [
        ([Wait()], SYNCHRONISES),
        ([*program_of(100), Wait(), *program_of(900)], SYNCHRONISES),
        ([Kernel("op", device_ns=80_000_000), Wait()], SYNCHRONISES),
        (program_of(QUEUE_DEPTH + 500, device_ns=20_000), SYNCHRONISES),
        (program_of(QUEUE_DEPTH + 500, host_ns=2_500), LONG_LAUNCH),
    ],
    ids=["alone", "in-the-middle", "for-its-own-kernel", "for-its-own-full-queue", "for-the-spins-full-queue"],
)
@pytest.mark.parametrize("idle", [False, True], ids=["warm", "idle"])
def test_a_call_that_waits_lasts_as_long_as_the_spin_before_it(gpu, program, reason, idle):
    """No mode of torch is asked: not every wait is known to it. An idle GPU's spin lasts other times."""
    if not idle:
        warm(gpu)
    clock = clock_of(gpu)
    clock.prepare(both(gpu, [Kernel("op")], program), "inference")
    assert clock.unheld == reason


@pytest.mark.parametrize("interrupted", [(0, 2, 4), (1, 3, 5)], ids=["alone", "behind-the-spin"])
@pytest.mark.parametrize("program, reason", [([Wait()], True), (program_of(300), False)], ids=["waits", "does-not"])
def test_one_try_that_nothing_interrupts_is_enough(gpu, program, reason, interrupted):
    """Alone and behind the spin take turns, and all but one of either are interrupted for three spins."""
    warm(gpu)
    tries = iter(range(6))

    def call(x):
        if next(tries) in interrupted[1:]:
            gpu.host_ns += 3 * WAIT_SPIN_S * 1e9
        gpu.run(program)
        return x

    gpu.run(program)
    clock, subject = clock_of(gpu), gpu.subject([])
    assert clock._waits(type(subject)(subject.restore, call, None), "inference") is reason


def test_a_round_gets_fewer_calls_where_the_launch_queue_would_fill(gpu):
    """The shallowest queue that the short self-test lets pass: one call of 100 launches fits twice, not five times."""
    warm(gpu)
    gpu.queue_depth = LEAST_DEPTH
    subjects = both(gpu, program_of(100, device_ns=100, host_ns=1_000))
    clock = clock_of(gpu)
    assert (clock.prepare(subjects, "inference"), clock.unheld) == (2, None)
    gpu.queue_depth = QUEUE_DEPTH
    assert (clock.prepare(subjects, "inference"), clock.unheld) == (5, None)


def test_a_host_that_becomes_late_ends_the_hold_for_the_case_and_the_rounds_before_go(gpu):
    warm(gpu)
    calls_made = []

    def slow_later(x):
        calls_made.append(x)
        gpu.run([Kernel("op", host_ns=40_000_000 if len(calls_made) > 1_000 else 5_000)])
        return x

    subject = gpu.subject([])
    subjects = {variant: type(subject)(subject.restore, slow_later, None) for variant in (OUTOFPLACE, INPLACE)}
    clock = clock_of(gpu)
    rounds = run_rounds(subjects, "inference", clock, Budget(0.0, 0.0), random.Random(0))
    assert clock.unheld is None and len(rounds.times_s[INPLACE]) >= 4
    rounds = run_rounds(subjects, "inference", clock, Budget(0.0, 0.0), random.Random(0))
    assert clock.unheld == LATE
    assert min(rounds.times_s[OUTOFPLACE] + rounds.times_s[INPLACE]) >= 0.039
