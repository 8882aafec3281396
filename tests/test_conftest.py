"""What the tests' own hooks promise."""

import gc

from benchmarks.measure.rounds import quiet_collector
from tests import conftest


def test_what_is_loaded_stays_from_the_collector_and_again_after_a_test_that_measures():
    loaded = gc.get_freeze_count()
    assert loaded > 100_000 and gc.isenabled()
    with quiet_collector():
        pass
    assert gc.get_freeze_count() == 0
    conftest.pytest_runtest_teardown()
    assert gc.get_freeze_count() >= loaded
