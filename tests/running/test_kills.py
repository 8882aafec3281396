"""A few kills with -9, of each kind: no finished case is lost, none is measured twice. `kills` makes more of them."""

import json

import pytest

from tests.running.kills import BOTH, SUPERVISOR, WORKER, Kill, experiment
from tests.support.forked import ForkedCommand
from tests.support.pair_files import COUNT

pytestmark = pytest.mark.slow
#: While the memory pass measures, a case later, in the timed pass.
KILLS = (Kill(SUPERVISOR, 3, 0.002), Kill(WORKER, 5, 0.0), Kill(BOTH, 4, 0.01))


def test_no_kill_costs_a_finished_case(tmp_path):
    outcome = experiment(KILLS, tmp_path / "kills", ForkedCommand)
    assert outcome.unharmed, outcome
    assert outcome.kills == {SUPERVISOR: 1, WORKER: 1, BOTH: 1}
    assert outcome.runs <= 2 and outcome.finished >= 6 and outcome.ended <= 1
    if outcome.runs == 1:  # else one kill came after the end of the first run, and fell into another
        (folder,) = (tmp_path / "kills/1/runs").iterdir()
        benchmarks = json.loads((folder / "pytest-benchmark-1.json").read_text())["benchmarks"]
        assert len(benchmarks) == 2 * (COUNT - outcome.ended)
