"""Rounds by a scripted clock: their order, what a block cancels, when a case stops, and the sign test's ranks."""

import gc
import math
import random
import weakref
from itertools import pairwise
from types import SimpleNamespace

import pytest

from benchmarks.measure import rounds
from benchmarks.measure.clock import Round, calls_per_round
from benchmarks.measure.rounds import LOOKS, PLACE_S, PLACES_KEPT, Budget, half_width, quiet_collector, run_rounds
from benchmarks.record import INPLACE, OUTOFPLACE, VARIANTS, block_log_ratios

SUBJECTS = {variant: variant for variant in VARIANTS}  # the scripted clock only looks at the name
ENDLESS = Budget(seconds=math.inf, precision=0.01)
NEVER = -1.0  # a precision that no case reaches, however steady
WARM_UP = 10  # twice one call, then three times two, of each variant


class ScriptedClock:
    """Each round takes what the script says, of the variant and of the number of rounds before; time goes by."""

    empty_call_s, round_s, unheld = 0.0, 100e-6, None

    def __init__(self, seconds, wall_s=0.0, host_s=None):
        self.now = 0.0
        self.log = []
        self._seconds, self._wall_s, self._host_s = seconds, wall_s, host_s

    def prepare(self, subjects, phase):
        return calls_per_round(self, subjects, phase, most=64)

    def round(self, subject, phase, calls):
        seconds = self._seconds(subject, len(self.log) - WARM_UP)
        self.log.append((subject, phase, calls))
        self.now += self._wall_s
        return Round(seconds, self._host_s)

    @property
    def order(self):
        return "".join("A" if subject == OUTOFPLACE else "B" for subject, _, _ in self.log[WARM_UP:])


@pytest.fixture
def run(monkeypatch):
    def run(clock, budget=ENDLESS, seed=0, phase="step", elsewhere=None):
        monkeypatch.setattr(rounds, "time", SimpleNamespace(perf_counter=lambda: clock.now))
        return run_rounds(SUBJECTS, phase, clock, budget, random.Random(seed), elsewhere)

    return run


def steady(variant, i):
    return 2e-6 if variant == OUTOFPLACE else 1e-6


def noisy(seed, width=1.0):
    generator = random.Random(seed)
    return lambda variant, i: steady(variant, i) * math.exp(generator.uniform(-width, width))


def blocks_of(clock):
    return [clock.order[i : i + 4] for i in range(0, len(clock.order), 4)]


def test_blocks_are_abba_or_baab_drawn_at_random(run):
    orders = []
    for seed in range(40):
        clock = ScriptedClock(steady)
        run(clock, seed=seed)
        orders.append(blocks_of(clock))
    drawn = [block for order in orders for block in order]
    assert set(drawn) == {"ABBA", "BAAB"}
    assert drawn.count("ABBA") / len(drawn) == pytest.approx(0.5, abs=0.1)
    assert len({tuple(order) for order in orders}) > 30
    again = ScriptedClock(steady)
    run(again, seed=7)
    assert blocks_of(again) == orders[7]


def test_every_round_is_kept_under_its_variant_two_a_block(run):
    clock = ScriptedClock(lambda variant, i: (1e-4 if variant == OUTOFPLACE else 1.5e-4) + max(i, 0) * 1e-9)
    seen = run(clock)
    for variant, letter in ((OUTOFPLACE, "A"), (INPLACE, "B")):
        base = 1e-4 if variant == OUTOFPLACE else 1.5e-4
        places = [i for i, drawn in enumerate(clock.order) if drawn == letter]
        assert seen.times_s[variant] == tuple(round(base + i * 1e-9, 12) for i in places)
        assert len(places) == 2 * len(blocks_of(clock))


def test_drift_cancels_within_a_block(run):
    drifting = ScriptedClock(lambda variant, i: steady(variant, i) * 1e3 * math.exp(0.05 * i))
    seen = run(drifting)
    ratios = block_log_ratios(seen.times_s[OUTOFPLACE], seen.times_s[INPLACE])
    assert ratios == pytest.approx([math.log(2)] * len(ratios), abs=1e-6)
    assert len(ratios) == LOOKS[0]
    plain = [math.log(a / b) for a, b in zip(*(seen.times_s[v] for v in VARIANTS), strict=True)]
    assert max(abs(ratio - math.log(2)) for ratio in plain) > 0.04


@pytest.mark.parametrize("seed", range(12))
def test_precision_stops_at_looks_only(run, seed):
    clock = ScriptedClock(noisy(seed, width=0.1))
    seen = run(clock, Budget(math.inf, precision=0.02), seed)
    blocks = len(blocks_of(clock))
    ratios = block_log_ratios(seen.times_s[OUTOFPLACE], seen.times_s[INPLACE])
    assert blocks in LOOKS[1:]
    assert half_width(ratios) <= 0.02
    earlier = [look for look in LOOKS if look < blocks]
    assert all(half_width(ratios[:look]) > 0.02 for look in earlier)


@pytest.mark.parametrize(
    "seconds, blocks",
    [(40, 10), (33, 9), (30, 8), (17, 8), (15, 8), (13, 7), (8, 4), (6, 3), (2, 2), (0.001, 2)],
)
def test_time_ends_a_case(run, seconds, blocks):
    """A round takes a second, a block four: up to twice the time to reach eight blocks, and two in any case."""
    clock = ScriptedClock(noisy(1), wall_s=1.0)
    seen = run(clock, Budget(seconds, precision=0.0))
    assert len(blocks_of(clock)) == blocks
    assert seen.rounds_s == WARM_UP + 4 * blocks


def test_the_last_look_does_not_end_the_rounds(run):
    clock = ScriptedClock(noisy(2), wall_s=1.0)
    run(clock, Budget(4 * (LOOKS[-1] + 5), precision=0.0))
    assert len(blocks_of(clock)) == LOOKS[-1] + 5


@pytest.mark.parametrize(
    "outofplace_s, inplace_s, calls",
    [(1e-6, 2.1e-6, 48), (2.1e-6, 1e-6, 48), (3e-6, 3e-6, 34), (1e-9, 1e-9, 64), (2.5e-4, 1e-6, 1), (-1e-9, 0.0, 64)],
)
def test_calls_fill_a_round_of_the_slower_and_are_the_same_for_both(run, outofplace_s, inplace_s, calls):
    clock = ScriptedClock(lambda variant, i: outofplace_s if variant == OUTOFPLACE else inplace_s, wall_s=1.0)
    seen = run(clock, Budget(1, 0.0), phase="backward")
    assert seen.calls_per_round == calls
    assert {entry[2] for entry in clock.log[WARM_UP:]} == {calls}
    assert {entry[1] for entry in clock.log} == {"backward"}
    assert [entry[0] for entry in clock.log[:WARM_UP]] == [OUTOFPLACE] * 5 + [INPLACE] * 5


def test_one_interrupted_call_does_not_make_rounds_short(run):
    clock = ScriptedClock(lambda variant, i: 1.0 if i in (-10, -8, -7, -4) else 2.1e-6)
    assert run(clock).calls_per_round == 48


def test_a_slow_call_is_asked_twice_and_not_more(run):
    """Two calls of each variant to warm up, then blocks of single calls."""
    clock = ScriptedClock(lambda variant, i: 0.05, wall_s=0.05)
    seen = run(clock, Budget(0.04, precision=0.0))
    assert seen.calls_per_round == 1 and {calls for _, _, calls in clock.log} == {1}
    assert len(clock.log) == 2 * 2 + 2 * 4


class Places:
    """Makes subjects in ever new places, which a scripted clock still knows by their variants' names."""

    class Subjects(dict):
        """A place's; a plain dict cannot be watched."""

    def __init__(self):
        self.made, self.begun = [], []

    def elsewhere_by(self, clock):
        def elsewhere():
            subjects = self.Subjects(SUBJECTS)
            self.made.append(weakref.ref(subjects))
            self.begun.append((len(clock.log), clock.now))
            return subjects

        return elsewhere

    @property
    def alive(self):
        return sum(ref() is not None for ref in self.made)


@pytest.mark.parametrize("round_s, blocks", [(PLACE_S, 2), (PLACE_S / 16, 4), (PLACE_S / 23, 6)])
def test_tensors_move_after_blocks_enough_and_time_enough(run, round_s, blocks):
    places, clock = Places(), ScriptedClock(steady, wall_s=round_s)
    seen = run(clock, Budget(300 * round_s, NEVER), elsewhere=places.elsewhere_by(clock))
    stays = [4 * blocks] * len(places.begun)
    starts = [first for first, _ in places.begun]
    assert len(starts) > 5
    assert [starts[0] - WARM_UP, *(b - a - 2 for a, b in pairwise(starts))] == stays
    measured = sum(len(times) for times in seen.times_s.values())
    assert measured == len(clock.log) - WARM_UP - 2 * len(starts)


def test_the_first_calls_in_new_memory_are_single_and_not_counted(run):
    places = Places()
    clock = ScriptedClock(lambda variant, i: 2e-6 if i < 0 else 5.0, wall_s=PLACE_S)
    clock._seconds = lambda variant, i: 99.0 if any(0 <= i + WARM_UP - first < 2 for first, _ in places.begun) else 2e-6
    seen = run(clock, Budget(100 * PLACE_S, NEVER), elsewhere=places.elsewhere_by(clock))
    assert len(places.begun) > 3
    assert {time for times in seen.times_s.values() for time in times} == {2e-6}
    for first, _ in places.begun:
        assert [(variant, calls) for variant, _, calls in clock.log[first : first + 2]] == [(v, 1) for v in VARIANTS]


def test_only_the_last_places_are_kept(run):
    """So that the next one is another, and memory does not grow with the time spent."""
    places, clock = Places(), ScriptedClock(steady, wall_s=PLACE_S)
    kept = []
    make = places.elsewhere_by(clock)

    def elsewhere():
        kept.append(places.alive)
        return make()

    run(clock, Budget(400 * PLACE_S, NEVER), elsewhere=elsewhere)
    assert len(kept) > 3 * PLACES_KEPT
    assert kept[: PLACES_KEPT + 1] == list(range(PLACES_KEPT + 1))
    assert set(kept[PLACES_KEPT + 1 :]) == {PLACES_KEPT}


def test_host_seconds_are_kept_where_the_clock_has_them(run):
    seen = run(ScriptedClock(steady, host_s=3e-6))
    assert seen.host_times_s == dict.fromkeys(VARIANTS, (3e-6,) * 16)
    assert run(ScriptedClock(steady)).host_times_s == dict.fromkeys(VARIANTS, ())


def test_half_width():
    assert half_width([5.0, 1.0, 2.0, 3.0, 4.0]) == math.inf
    assert half_width([6.0, 1.0, 2.0, 3.0, 4.0, 5.0]) == 2.5
    assert half_width([100.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, -100.0]) == 3.0


@pytest.mark.slow
def test_the_collector_is_quiet_and_as_before_afterwards():
    assert gc.isenabled()
    with pytest.raises(KeyError), quiet_collector():
        assert not gc.isenabled() and gc.get_freeze_count() > 0
        raise KeyError
    assert gc.isenabled() and gc.get_freeze_count() == 0
    gc.disable()
    try:
        with quiet_collector():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
