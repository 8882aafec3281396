"""What makes a kept result stale, and how the table says it."""

from dataclasses import replace
from datetime import datetime, timezone

import pytest

from benchmarks.reference.part_states import FRESH, IMPOSSIBLE, STALE, PartState
from benchmarks.reference.part_table import part_table, time_line
from benchmarks.reference.reference_parts import PARTS, items_of
from benchmarks.reference.staleness import KeptResult, Wanted, stale_reasons

VERSIONS = {"method": 4, "record": 5}
DECLARED = {"add": "x + 1", "mul": "x * 2"}
KEPT = KeptResult("2026-01-01T00:00:00+00:00", 260.0, VERSIONS, DECLARED)
WANTED = Wanted(VERSIONS, DECLARED)


def test_what_is_declared_and_measured_as_now_is_fresh():
    assert stale_reasons(KEPT, WANTED) == ()
    assert stale_reasons(replace(KEPT, made="", took_s=None), WANTED) == ()


@pytest.mark.parametrize(
    ("kept", "wanted", "reasons"),
    [
        (None, WANTED, ("nothing is kept",)),
        (replace(KEPT, versions={"method": 1, "record": 5}), WANTED, ("method 1, now 4",)),
        (replace(KEPT, versions={"method": 4, "record": 4}), WANTED, ("record 4, now 5",)),
        (replace(KEPT, versions={}), WANTED, ("method is not stored", "record is not stored")),
        (replace(KEPT, declared={**DECLARED, "mul": "x * 3"}), WANTED, ("1 changed: mul",)),
        (replace(KEPT, declared={"add": "x + 1"}), WANTED, ("1 new: mul",)),
        (replace(KEPT, declared={"add": "x + 1"}), replace(WANTED, may_lack=frozenset({"mul"})), ()),
        (replace(KEPT, declared={**DECLARED, "sub": "x - 1"}), WANTED, ("1 gone: sub",)),
        (replace(KEPT, declared={**DECLARED, "sub": "x - 1"}), replace(WANTED, adds_rows=True), ()),
        (replace(KEPT, declared={**DECLARED, "sub": "x - 1"}), replace(WANTED, may_hold=frozenset({"sub"})), ()),
        (
            replace(KEPT, declared={}),
            replace(WANTED, declared=dict.fromkeys("abcde", "")),
            ("5 new: a, b, c and 2 more",),
        ),
        (
            KeptResult("", None, {"method": 3, "record": 5}, {"add": "y", "old": ""}),
            WANTED,
            ("method 3, now 4", "1 changed: add", "1 new: mul", "1 gone: old"),
        ),
    ],
)
def test_each_difference_is_a_reason(kept, wanted, reasons):
    assert stale_reasons(kept, wanted) == reasons


NOW = datetime(2026, 1, 3, 12, tzinfo=timezone.utc)
ITEMS = items_of(PARTS)[:3]
STATES = [
    PartState(ITEMS[0], KEPT, ()),
    PartState(ITEMS[1], replace(KEPT, took_s=None, made=""), ("method 1, now 4",)),
    PartState(ITEMS[2], None, ("nothing is kept",), "there is no GPU"),
]


def test_the_table_says_state_age_time_and_why():
    assert [state.word for state in STATES] == [FRESH, STALE, IMPOSSIBLE]
    lines = part_table(STATES, NOW).splitlines()
    assert [line.split("  ")[0] for line in lines[1:4]] == [item.name for item in ITEMS]
    assert lines[1].split()[-6:] == ["2.5", "days", "4", "min", "20", "s"]
    assert lines[2].split()[-5:] == ["stale", "not", "stored", "not", "stored"]
    assert lines[5:] == [
        f"{ITEMS[1].name}: method 1, now 4",
        f"{ITEMS[2].name}: nothing is kept; not possible here: there is no GPU",
    ]


def test_times_are_those_that_are_stored():
    stale = [replace(state, reasons=("1 changed: add",), impossible="") for state in STATES]
    assert time_line(STATES[:1]) == "nothing is stale"
    assert time_line(STATES) == f"1 of 3 are stale; not stored for {ITEMS[1].name}"
    guess = replace(ITEMS[2], part=replace(ITEMS[2].part, estimate_s=7200))
    guessed = [
        *stale[:2],
        replace(stale[2], item=guess),
        replace(stale[0], item=guess, kept=replace(KEPT, took_s=None)),
    ]
    assert time_line(guessed) == (
        f"4 of 4 are stale; the last time they took 4 min 20 s; estimated for {guess.name}: 2 h 0 min; "
        f"not stored for {ITEMS[1].name}"
    )
    assert [line.endswith("about 2 h 0 min (estimated)") for line in part_table(guessed, NOW).splitlines()[1:5]] == (
        [False, False, True, True]
    )
    lacking = f"not stored for {ITEMS[1].name}, {ITEMS[2].name}"
    assert time_line(stale) == f"3 of 3 are stale; the last time they took 4 min 20 s; {lacking}"


def test_no_two_items_have_one_name():
    names = [item.name for item in items_of(PARTS)]
    assert len(set(names)) == len(names) > len(PARTS)
