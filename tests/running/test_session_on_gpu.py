"""One pass at work on a simulated GPU: what runs out of memory, or is interrupted, in the middle of a round."""

from dataclasses import replace

import pytest

from benchmarks.entry import Interrupted
from benchmarks.measure.cuda_clock import LONGEST_SPIN_S
from benchmarks.record import INPLACE
from benchmarks.running import session as room
from tests.running import simulated_session
from tests.running.simulated_session import GPU_CASE, MEMORY, TIME

SMALLER = replace(GPU_CASE, numel=32, shape=(32,))


@pytest.fixture
def begin(monkeypatch, tmp_path):
    """A session; in the case GPU_CASE the in-place variant's call of a number does something else instead."""

    def begin(current, number, instead):
        run = simulated_session.new_run(tmp_path / "run")
        session, gpu = simulated_session.begin(monkeypatch, run, current)
        prepare, calls = room.prepare, []

        def changed(pair, case):
            prepared = prepare(pair, case)
            subject = prepared.subjects[INPLACE]

            def call(x):
                calls.append(case)
                return instead(gpu) if len(calls) == number else subject.call(x)

            if case == GPU_CASE:
                prepared.subjects = {**prepared.subjects, INPLACE: replace(subject, call=call)}
            return prepared

        monkeypatch.setattr(room, "prepare", changed)
        return session, gpu, run

    return begin


#: The number of a call in a round: the clock has warmed up before; the memory pass counts the second call.
IN_A_ROUND = {TIME: 100, MEMORY: 2}


@pytest.mark.parametrize("current", IN_A_ROUND, ids=["time", "memory"])
def test_a_case_that_runs_out_of_memory_in_a_round_is_a_row_and_the_next_has_its_memory_back(begin, current):
    def too_much(gpu):
        assert gpu.memory_allocated("cuda:0") > 0
        return gpu.tensor(2 * gpu.card.allocator.memory_bytes)

    session, gpu, run = begin(current, IN_A_ROUND[current], too_much)
    for made in session.measure(GPU_CASE):
        assert made.state == "out_of_memory" and made.reason.startswith("CUDA out of memory. Tried to allocate")
    assert [made.state for made in session.measure(SMALLER)] == ["ok", "ok"] and len(run.stored) == 2
    assert gpu.memory_allocated("cuda:0") == 0


def test_an_interrupt_behind_a_spin_is_raised_at_once_and_the_card_is_free_soon(begin):
    def interrupt(gpu):
        assert gpu.card.free_ns > gpu.host_ns, "the spin is running"
        raise Interrupted

    session, gpu, run = begin(TIME, IN_A_ROUND[TIME], interrupt)
    with pytest.raises(Interrupted):
        session.measure(GPU_CASE)
    assert not run.stored and gpu.card.free_ns - gpu.host_ns < LONGEST_SPIN_S * 1e9
