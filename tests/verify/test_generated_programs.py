"""Programs that nobody wrote by hand: each planted fault is found, and none is found where none was planted."""

import pytest

from benchmarks.measure.rounds import quiet_collector
from tests.verify.generated_programs import FAULTS, judged, program

#: Enough to have each fault once while one edits.
QUICK = len(FAULTS)
SEEDS = [*range(QUICK), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(QUICK, 40))]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_planted_fault_is_found_and_the_program_without_it_passes(seed):
    fault = FAULTS[seed % len(FAULTS)]
    with quiet_collector():
        assert judged(program(seed, None)) is None
        assert judged(program(seed, fault)), fault
