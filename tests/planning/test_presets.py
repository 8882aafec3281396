"""Which scenarios the presets choose, by device."""

from collections import Counter

import pytest

from benchmarks.catalogue.scenarios import FAMILY, topic_of, topics
from benchmarks.catalogue.select import select_families
from benchmarks.planning.axes import Axes, cross
from benchmarks.planning.presets import EAGER, PRESETS
from benchmarks.record import USER, Case
from benchmarks.running.first_run import SCENARIOS
from tests.support.scenarios import scenario

EVERYWHERE = [(name, device) for name in ("smoke", "quick", "full") for device in ("cpu", "cuda:0")]


def scenarios_of(preset: str, device: str) -> list[Case]:
    declared = {FAMILY: tuple(each for topic in topics().values() for each in topic)}
    return cross(declared, PRESETS[preset], Axes((device,), (1,)))


def test_the_self_test_gives_a_case_the_time_that_quick_does():
    quick, tested = PRESETS["quick"], PRESETS["selftest"]
    for name in ("passes", "seconds", "scenario_seconds", "precision", "gpu_seconds"):
        assert getattr(tested, name) == getattr(quick, name), name


@pytest.mark.parametrize(("name", "device"), [each for each in EVERYWHERE if each != ("smoke", "cuda:0")])
def test_every_scenario_that_is_not_compiled_is_in_every_preset(name, device):
    eager = {case.pair for case in scenarios_of(name, device) if topic_of(case.pair) in EAGER}
    assert eager == {each.name for topic in EAGER for each in topics()[topic]}


def test_smoke_shows_a_gpu_some_of_each_topic_once():
    chosen = Counter(case.pair for case in scenarios_of("smoke", "cuda:0"))
    assert set(chosen.values()) == {1}, "in one phase each"
    of_topic = Counter(map(topic_of, chosen))
    assert set(of_topic) == set(EAGER) and min(of_topic.values()) >= 2


def test_the_first_runs_scenarios_are_all_in_a_gpus_smoke():
    families = select_families(None, SCENARIOS)
    assert {case.pair for case in cross(families, PRESETS["smoke"], Axes(("cuda:0",), (1,)))} == set(SCENARIOS)


@pytest.mark.parametrize("name", ["smoke", "quick", "full"])
def test_a_users_scenario_has_the_same_phases_on_every_device(name):
    own = {USER: (scenario("of_a_user", phases=("inference", "forward", "backward", "step")),)}
    phases = [{case.phase for case in cross(own, PRESETS[name], Axes((device,), (1,)))} for device in ("cpu", "cuda:0")]
    assert phases[0] == phases[1] and phases[0] >= {"inference", "step"}
