"""How often an alarm of a speedup is right once it was measured again: counted on invented passes."""

import numpy as np
import pytest

from tests.analysis.gate.simulated import SPREAD, alarms
from tests.analysis.invented import case


@pytest.mark.slow
def test_a_tenth_slower_is_found_where_one_look_finds_half() -> None:
    """With passes that scatter by 3.5 %, as of a memory-bound op at 1 Mi on the machine of the reference run."""
    chance, planted = np.random.default_rng(11), case("case 00")
    deviations = SPREAD.copy()
    deviations[0] = 0.035
    trials = [alarms(chance, deviations, np.log(1.10)) for _ in range(40)]
    at_once, after = (np.mean([planted in each[look] for each in trials]) for look in (0, 1))
    assert after >= 0.8 and after > at_once + 0.2


@pytest.mark.slow
def test_the_same_code_hardly_ever_alarms() -> None:
    chance = np.random.default_rng(12)
    trials = [alarms(chance, SPREAD, 0.0) for _ in range(60)]
    assert sum(bool(after) for _, after in trials) <= 1
    assert sum(bool(at_once) for at_once, _ in trials) <= 2


@pytest.mark.slow
@pytest.mark.parametrize("counts", [(6, 6, 12), (24, 6, 24), (24, 24, 24)])
def test_nor_where_runs_differ_by_more_than_their_passes_show(counts: tuple) -> None:
    """However many passes: they average their own noise away, not what a run of them shares.

    Sixteen trials are enough: a test that ignores what is shared, or takes a quarter of it, alarms at once in 3 to 7.
    """
    chance = np.random.default_rng(13)
    trials = [alarms(chance, np.full(400, 0.03), 0.0, 0.01, counts) for _ in range(16)]
    assert sum(bool(after) for _, after in trials) <= 2
    assert sum(bool(at_once) for at_once, _ in trials) <= 1
