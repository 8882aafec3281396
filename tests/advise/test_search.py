"""Searches over switches whose truth is invented: what holds together, what saves, and in how few trials."""

from dataclasses import dataclass, field

import pytest

from benchmarks.advise.trials.search import Search
from benchmarks.advise.user.forked import TrialFailed
from benchmarks.advise.user.question import Bytes


@dataclass(frozen=True)
class Invented:
    name: str
    edits: tuple = ()
    rounds: bool = False

    def apply(self, parts):
        pass


@dataclass
class World:
    """`saves`: sets of names, each of which saves its bytes once it is whole; `clash`: sets that fail."""

    saves: dict[frozenset[str], int] = field(default_factory=dict)
    clash: tuple[frozenset[str], ...] = ()
    trials: int = 0

    def bytes_of(self, switches):
        self.trials += 1
        names = {switch.name for switch in switches}
        if any(each <= names for each in self.clash):
            raise TrialFailed("it changes the loss")
        return (Bytes(100_000 - sum(count for whole, count in self.saves.items() if whole <= names), 50_000),)


def names(switches) -> str:
    return "".join(switch.name for switch in switches)


def search_in(**world) -> tuple[Search, World]:
    made = World(**world)
    return Search(made, (Bytes(100_000, 50_000),)), made


LETTERS = [Invented(letter) for letter in "abcdefghijklmnop"]


def test_all_that_hold_take_one_trial():
    search, world = search_in()
    assert search.grown([], LETTERS) == LETTERS
    assert world.trials == 1


@pytest.mark.parametrize("clash", ["a", "p", "h", "hi", "ap"])
def test_what_does_not_hold_is_left_out(clash):
    search, world = search_in(clash=(frozenset(clash),))
    assert names(search.grown([], LETTERS)) == "abcdefghijklmnop".replace(clash[-1], "")
    assert [switch.name for switch in LETTERS if id(switch) in search.failed] == [clash[-1]]
    assert world.trials <= 10


@pytest.mark.parametrize(
    ("saves", "needed"),
    [
        ({"c": 5000}, "c"),
        ({"abc": 5000}, "abc"),
        ({"ap": 5000, "h": 100}, "ahp"),
        ({"c": 5}, ""),  # nobody would care
        ({}, ""),
        ({"c": 5000, "d": -7000}, "c"),
        ({"c": 5000, "n": -6000, "p": 900}, "cp"),
        ({"a": -10}, ""),
    ],
)
def test_what_saves(saves, needed):
    search, world = search_in(saves={frozenset(key): count for key, count in saves.items()})
    assert names(search.saving([], LETTERS)) == needed
    assert world.trials <= 40


def test_a_peak_that_grows_is_no_saving():
    class Grows(World):
        def bytes_of(self, switches):
            return Bytes(100_001, 50_000), Bytes(1_000, 0)

    search = Search(Grows(), (Bytes(100_000, 50_000), Bytes(100_000, 50_000)))
    assert search.saving([], LETTERS[:1]) == []


def test_each_set_is_tried_once():
    search, world = search_in()
    for _ in range(3):
        search.try_set(LETTERS)
    assert world.trials == 1


@pytest.mark.parametrize("saved", [12, -12])
def test_the_bytes_of_a_number_are_no_saving(saved):
    search, world = search_in(saves={frozenset("c"): saved})
    assert search.changes_no_byte(LETTERS)
    if saved > 0:  # a peak that grows is looked into
        assert search.saving([], LETTERS) == []
        assert world.trials == 1


def test_the_bytes_of_a_small_tensor_are_a_change():
    search, _ = search_in(saves={frozenset("c"): 16})
    assert not search.changes_no_byte(LETTERS)
