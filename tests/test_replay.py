"""Times measured elsewhere reach pytest-benchmark digit by digit."""

import pytest

from benchmarks.replay import ReplayTimer, play


@pytest.mark.parametrize("seconds", [[1e-9, 0.1, 123.456, 3e-7], [0.0, -1e-9], [0.1]])
def test_a_replayed_duration_keeps_its_digits(seconds):
    timer, played = ReplayTimer(), []

    class Benchmark:
        def pedantic(self, target, rounds, iterations, warmup_rounds):
            assert (iterations, warmup_rounds, target()) == (1, 0, None)
            for _ in range(rounds):
                start = timer()
                played.append(timer() - start)

    play(Benchmark(), timer, seconds)
    assert played == seconds
    assert timer() == timer(), "silent once it has played"
