"""Which places are compared: neighbours on each axis, and never two that differ in more, where that can be helped."""

from types import SimpleNamespace
from typing import Any

import pytest

from analysis.across.place_steps import place_steps
from analysis.across.places import MeasuredPlace, PlacedSection


def at(torch: str, machine: str = "a", device: str = "cpu") -> PlacedSection:
    section: Any = SimpleNamespace(run=SimpleNamespace(name=f"{torch} {machine} {device}"))
    return PlacedSection(section, MeasuredPlace(torch, machine, device))


def names(*found: PlacedSection) -> list[tuple[str, str]]:
    return [(step.before.name, step.after.name) for step in place_steps(found)]


def test_each_version_with_the_next_and_machines_at_the_newest_that_both_have() -> None:
    found = [at(torch, machine) for machine in "ab" for torch in ("2.6.0", "2.13.0")]
    assert names(*found, at("2.15.0", "b")) == [
        ("2.6.0 a cpu", "2.13.0 a cpu"),
        ("2.6.0 b cpu", "2.13.0 b cpu"),
        ("2.13.0 b cpu", "2.15.0 b cpu"),
        ("2.13.0 a cpu", "2.13.0 b cpu"),
    ]


def test_devices_of_one_machine_with_each_other_not_with_those_of_another() -> None:
    found = [at("2.13.0", machine, device) for machine in "ab" for device in ("cpu", "cuda:0")]
    assert names(*found) == [
        ("2.13.0 a cpu", "2.13.0 b cpu"),
        ("2.13.0 a cuda:0", "2.13.0 b cuda:0"),
        ("2.13.0 a cpu", "2.13.0 a cuda:0"),
        ("2.13.0 b cpu", "2.13.0 b cuda:0"),
    ]


def test_machines_without_a_version_in_common_meet_at_their_newest() -> None:
    steps = place_steps([at("2.6.0", "a"), at("2.13.0", "b"), at("2.15.0", "b")])
    assert [step.differs for step in steps] == [["torch"], ["torch", "machine"]]
    assert steps[1].after.place.torch == "2.15.0"


@pytest.mark.parametrize("many", [2, 3])
def test_repetitions_of_one_place_are_compared_as_well(many: int) -> None:
    assert [step.differs for step in place_steps([at("2.13.0")] * many)] == [[]] * (many - 1)
