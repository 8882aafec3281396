"""The host's clock against a scripted counter: what lies between start and stop, and what does not."""

import pytest

from benchmarks.measure import clock
from benchmarks.measure.clock import NS, HostClock, bracketed, page_faults_per_call
from tests.measure.scripted import BACKWARD, CALL, LET_GO, TICK, Counter, World

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
