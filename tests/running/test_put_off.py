"""Cases come later while the machine is in a slow state: once, both items together, and within limits."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from benchmarks.running import put_off as room
from benchmarks.running.put_off import PutOff
from benchmarks.running.put_off_items import PutOffItems
from benchmarks.running.run import Pass
from tests.running.cases import CASE

PARALLEL = replace(CASE, threads=2)


class Machine:
    """Stands in for the reading: slow as often as said, then fast."""

    def __init__(self, slow):
        self.slow, self.readings = slow, 0

    def is_slow(self):
        self.readings += 1
        return self.readings <= self.slow


@pytest.fixture(autouse=True)
def no_threads_set(monkeypatch):
    monkeypatch.setattr(room.torch, "set_num_threads", lambda number: None)


def on(machine):
    return PutOff(lambda threads: machine)


def test_a_case_is_put_off_once_and_then_waits():
    machine = Machine(slow=4)
    put_off = on(machine)
    assert put_off.puts_off(PARALLEL)
    assert not put_off.puts_off(PARALLEL)  # it waited for the reading that is fast
    assert machine.readings == 5


def test_on_a_fast_machine_nothing_is_put_off():
    assert not on(Machine(slow=0)).puts_off(PARALLEL)


def test_patience_ends(monkeypatch):
    monkeypatch.setattr(room, "PATIENCE_S", 0.05)
    machine = Machine(slow=10**9)
    put_off = on(machine)
    assert put_off.puts_off(PARALLEL)
    assert not put_off.puts_off(PARALLEL) and put_off.patience_s <= 0
    readings = machine.readings
    other = replace(PARALLEL, pair="other")
    assert put_off.puts_off(other) and not put_off.puts_off(other)
    assert machine.readings == readings + 1  # put off by a reading, then measured without one


@pytest.mark.parametrize("change", [{"threads": 1}, {"device": "cuda:0"}, {"allocator": "fresh"}])
def test_what_has_no_such_state_or_cannot_wait_is_not_asked(change):
    machine = Machine(slow=10**9)
    assert not on(machine).puts_off(replace(PARALLEL, **change)) and machine.readings == 0


class Item:
    """An item of a bench function, for one variant."""

    module = SimpleNamespace(FAMILY=PARALLEL.family)

    def __init__(self, name, session, is_ours=True):
        self.session, self.is_ours = session, is_ours
        self.callspec = SimpleNamespace(params={"case": name})

    def get_closest_marker(self, name):
        return SimpleNamespace(args=[PARALLEL.phase]) if self.is_ours else None

    def iter_markers(self, name):
        return iter([self.get_closest_marker(name)])


def run_all(plugin, session):
    """As pytest's loop does: it sees what is appended meanwhile. Returns the items that were not passed over."""
    ran = []
    for number, item in enumerate(session.items):
        following = session.items[number + 1] if number + 1 < len(session.items) else None
        if plugin.pytest_runtest_protocol(item, following) is None:
            ran.append(item)
    return ran


def test_both_items_of_a_case_come_again_at_the_end(monkeypatch):
    session = SimpleNamespace(items=[])
    names = ("a", "b", "c")
    cases = {(PARALLEL.family, PARALLEL.phase, name): replace(PARALLEL, pair=name) for name in names}
    items = [Item(name, session) for name in names for _ in range(2)]
    session.items = [*items, other := Item("not ours", session, is_ours=False)]
    measured = set()
    stored = SimpleNamespace(find=lambda case, current: case in measured)
    plugin = PutOffItems(stored, Pass(1, "time", "retained"), cases)
    plugin._put_off = SimpleNamespace(puts_off=lambda case: case.pair == "b" and (measured.add(case) or True))
    assert run_all(plugin, session) == [*items[:2], *items[4:], other, *items[2:4]]
    assert not plugin._passed_over
