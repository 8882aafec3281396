"""Whatever programs run on a simulated GPU, its clock tells their true times."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.measure.cuda_clock import LONGEST_SPIN_S
from benchmarks.record import INPLACE, OUTOFPLACE
from tests.measure.clocked import both, clock_of, use, warm
from tests.measure.simulated_card import Kernel, Wait
from tests.measure.simulated_gpu import SimulatedGpu

MIB = 2**20

KERNELS = st.builds(
    Kernel,
    name=st.sampled_from([f"kernel{number}" for number in range(12)]),
    device_ns=st.integers(500, 3_000_000),
    host_ns=st.integers(1_000, 60_000),
)
PROGRAMS = st.lists(st.one_of(KERNELS, st.builds(Wait)), min_size=1, max_size=30)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(PROGRAMS, PROGRAMS, st.sampled_from([2**10, MIB, 16 * MIB, 256 * MIB]), st.booleans())
def test_whatever_is_run_the_times_are_true_and_the_spin_is_what_it_needs(outofplace, inplace, input_bytes, idle):
    """Held: the device's time to the event's resolution. Unheld: the time that the host waited for it all."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        gpu = use(monkeypatch, SimulatedGpu())
        if not idle:
            warm(gpu)
        subjects = both(gpu, outofplace, inplace, input_bytes=input_bytes)
        clock = clock_of(gpu)
        calls = clock.prepare(subjects, "inference")
        waits = any(isinstance(step, Wait) for step in (*outofplace, *inplace))
        for variant, program in ((OUTOFPLACE, outofplace), (INPLACE, inplace)):
            spins = len(gpu.spins_s)
            seen, true_s, need_s = _watched_round(gpu, clock, subjects[variant], calls)
            held = clock.unheld is None
            assert not (waits and held)
            if held:
                assert seen.seconds * calls == pytest.approx(true_s, abs=1.5e-6)
                assert seen.host_s * calls == pytest.approx(sum(k.host_ns for k in program) * 1e-9 * calls)
            else:
                assert seen.seconds * calls >= true_s - 1e-6
            if not idle and held:
                assert sum(gpu.spins_s[spins:]) <= 2 * need_s + 100e-6
        assert max(gpu.spins_s, default=0) <= LONGEST_SPIN_S * (6 if idle else 1.01)


def _watched_round(gpu, clock, subject, calls):
    """A round, the device's seconds in its calls, and the host's from the spin on."""
    card, seconds = gpu.cards[0], []

    def counted(x):
        began = card.seconds
        result = subject.call(x)
        seconds.append(card.seconds - began)
        return result

    watched = type(subject)(subject.restore, counted, None)
    clock._host_s[id(watched)] = clock._host_s[id(subject)]
    seen = clock.round(watched, "inference", calls)
    return seen, sum(seconds[-calls:]), seen.host_s * calls  # of a round that was repeated, the last try
