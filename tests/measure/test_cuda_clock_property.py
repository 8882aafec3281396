"""Whatever programs run on a simulated GPU, its clock tells their true times, and spins for what they need.

What a hold needs are the host's seconds to record two events and to queue the calls between them, as the simulation
knows them, and what may interrupt a host meanwhile (INTERRUPTED_S). A call that waits for its own kernels takes the
host that long, too. A spin counts cycles: two short spins of fixed cycles before each one tell how many a second has,
and some before the first what events cost. Why a call cannot be held is asked by three spins of fixed seconds.
"""

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.inputs import Subject
from benchmarks.measure.cuda_clock import (
    INTERRUPTED_S,
    LONGEST_SPIN_S,
    WAIT_SPIN_S,
    WAIT_TRIES,
    CudaClock,
)
from benchmarks.measure.gpu import Monitor
from benchmarks.measure.spin import CALIBRATION_CYCLES, EMPTY_PAIRS, LEAD_CYCLES
from benchmarks.record import INPLACE, OUTOFPLACE
from tests.measure.clocked import DEVICE, both, use, warm
from tests.measure.simulated_card import Kernel, Wait
from tests.measure.simulated_event import EVENT_NS
from tests.measure.simulated_gpu import SimulatedGpu

MIB = 2**20
ROUNDS = 4

KERNELS = st.builds(
    Kernel,
    name=st.sampled_from([f"kernel{number}" for number in range(12)]),
    device_ns=st.integers(500, 3_000_000),
    host_ns=st.integers(1_000, 60_000),
)
PROGRAMS = st.lists(st.one_of(KERNELS, st.builds(Wait)), min_size=1, max_size=30)
SIZES = st.sampled_from([2**10, MIB, 16 * MIB, 256 * MIB])


@dataclass
class Hold:
    """A round that was to be held: what for, and the spin that was made for it."""

    subject: object
    calls: int
    asked_s: float
    spun_s: float
    held: bool

    def need_s(self, call_s: float) -> float:
        """The host's seconds that the device must be held for, a call taking the host `call_s`."""
        return call_s * self.calls + 2 * EVENT_NS * 1e-9 + INTERRUPTED_S


class WatchedClock(CudaClock):
    """Notes each hold."""

    def __init__(self, gpu: SimulatedGpu) -> None:
        super().__init__(DEVICE, gpu, Monitor(DEVICE, gpu, gpu.nvml))
        self.gpu, self.holds = gpu, []
        self.unheld_s: dict[int, float] = {}  #: the host's longest call by subject, with what it waited for the device

    def _queue(self, subject, phase, calls, spin_s):
        before = len(self.gpu.spins_s)
        seen = super()._queue(subject, phase, calls, spin_s)
        spins, cycles = self.gpu.spins_s[before:], self.gpu.card.spun_cycles[before:]
        assert cycles[:2] == [LEAD_CYCLES, CALIBRATION_CYCLES][: len(spins)] and len(spins) == (3 if spin_s else 0)
        if not spins:
            self.unheld_s[id(subject)] = max(self.unheld_s.get(id(subject), 0.0), seen.host_s / calls)
        if spins:
            self.holds.append(Hold(subject, calls, spin_s, spins[2], seen.held))
        return seen


def host_s(program) -> float:
    return sum(step.host_ns for step in program if isinstance(step, Kernel)) * 1e-9


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(PROGRAMS, PROGRAMS, SIZES, st.booleans())
def test_whatever_is_run_the_times_are_true_and_the_spin_is_what_it_needs(outofplace, inplace, input_bytes, idle):
    """Held: the device's time to the event's resolution. Unheld: the time that the host waited for it all."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        gpu = use(monkeypatch, SimulatedGpu())
        if not idle:
            warm(gpu)
        programs = {OUTOFPLACE: outofplace, INPLACE: inplace}
        own_s: list[float] = []  #: the device's, of each call
        subjects = both(gpu, outofplace, inplace, input_bytes=input_bytes)
        subjects = {variant: _counted(gpu, subject, own_s) for variant, subject in subjects.items()}
        clock = WatchedClock(gpu)
        calls = clock.prepare(subjects, "inference")
        prepared = len(clock.holds)
        waits = any(isinstance(step, Wait) for step in (*outofplace, *inplace))
        for variant in (OUTOFPLACE, INPLACE) * ROUNDS:
            made = len(clock.holds)
            seen = clock.round(subjects[variant], "inference", calls)
            true_s, held = sum(own_s[-calls:]), clock.unheld is None
            assert not (waits and held)
            assert len(clock.holds) - made == (1 if held else 0), "no round is repeated"
            if held:
                assert seen.seconds * calls == pytest.approx(true_s, abs=1.5e-6)
                assert seen.host_s * calls == pytest.approx(host_s(programs[variant]) * calls)
            else:
                assert seen.seconds * calls >= true_s - 1e-6
    call_s = dict(clock.unheld_s)
    for variant, program in programs.items():
        if not any(isinstance(step, Wait) for step in program):
            call_s[id(subjects[variant])] = host_s(program)
    _check_spins(clock, call_s, prepared)


def _counted(gpu: SimulatedGpu, subject: Subject, own_s: list[float]) -> Subject:
    """A subject that notes the device's seconds of each call."""

    def call(x):
        began = gpu.card.seconds
        result = subject.call(x)
        own_s.append(gpu.card.seconds - began)
        return result

    return Subject(subject.restore, call, None)


def _check_spins(clock: WatchedClock, call_s: dict[int, float], prepared: int) -> None:
    """Each hold's spin, and the total of all: twice the need at most, from idle too.

    Of what can be held a need counts once, however often it is tried before the rounds begin.
    """
    gpu, spun_s = clock.gpu, 0.0
    needs_s: dict[object, float] = {}
    for number, hold in enumerate(clock.holds):
        if hold.asked_s == WAIT_SPIN_S:
            assert hold.spun_s <= WAIT_SPIN_S * 1.02  # of what calibrates it events resolve a fiftieth
            continue
        need_s = hold.need_s(call_s[id(hold.subject)])
        assert hold.spun_s <= 2 * need_s
        repeats = clock.unheld is None and number < prepared
        needs_s[(id(hold.subject), hold.calls) if repeats else number] = need_s
        spun_s += hold.spun_s
    assert spun_s <= 2 * sum(needs_s.values())
    assert max(gpu.spins_s) <= LONGEST_SPIN_S
    assert sum(hold.asked_s == WAIT_SPIN_S for hold in clock.holds) <= (2 * WAIT_TRIES if clock.unheld else 0)
    assert len(gpu.spins_s) == EMPTY_PAIRS + 3 * len(clock.holds), "two short spins before each hold"
