"""What is loaded stays frozen: from collection on, and again after a test that thaws it."""

import gc

from benchmarks.measure.rounds import quiet_collector
from tests.support.frozen import freeze_again


def test_what_is_loaded_stays_from_the_collector_and_again_after_a_test_that_measures():
    loaded = gc.get_freeze_count()
    assert loaded > 100_000 and gc.isenabled()
    with quiet_collector():
        pass
    assert gc.get_freeze_count() == 0
    freeze_again()
    assert gc.get_freeze_count() >= loaded
