"""The schedule of a fleet under every order of events: no slot twice, no shard lost, none measured without end."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.fleet.schedule import (
    DONE,
    FAILED,
    GAP,
    LOST,
    MOST_FAILURES,
    MOST_LOSSES,
    UNFIT,
    WAITING,
    Job,
    Node,
    Schedule,
)

ENDS = (DONE, FAILED, LOST, UNFIT)


def jobs(count, run="a", kind="k"):
    return [Job(run, kind, "2.13.0", "cpu", number, count) for number in range(1, count + 1)]


def check(schedule, nodes_seen):
    """What holds at every moment: one shard per slot, on a machine of its kind; one place per shard."""
    places = [(each.node, each.slot) for each in schedule.running]
    assert len(places) == len(set(places))
    for job, state in schedule.jobs.items():
        assert (state.running is not None) == (state.state == "runs")
        assert state.losses <= MOST_LOSSES and len(state.failed_on) <= MOST_FAILURES
        if state.running:
            node = nodes_seen[state.running.node]
            assert node.kind == job.kind and state.running.slot < node.slots


@pytest.mark.parametrize("ends", [*product(ENDS, repeat=4)])
def test_every_order_of_ends_finishes(ends):
    """Two shards on two machines, four ends of any kind, then all that runs is done."""
    nodes = [Node("x", "k"), Node("y", "k")]
    schedule, stored, ends = Schedule(jobs(2)), [], list(ends)
    for _ in range(20):
        schedule.starts(nodes)
        check(schedule, {node.name: node for node in nodes})
        if schedule.finished:
            break
        each = schedule.running[0]
        how = ends.pop(0) if ends else DONE
        assert schedule.end(each, how, "why")
        stored += [each.job] if how == DONE else []
    assert schedule.finished and len(stored) == len(set(stored))
    for job, state in schedule.jobs.items():
        assert (state.state == DONE) == (job in stored)
        assert state.state == DONE or (state.reason and schedule.gaps("a")[job.number] == state.reason)


EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("end"), st.integers(0, 9), st.sampled_from(ENDS)),
        st.tuples(st.just("leave"), st.integers(0, 3)),
        st.tuples(st.just("come"), st.integers(0, 3)),
        st.tuples(st.just("late"), st.integers(0, 9), st.sampled_from(ENDS)),
        st.tuples(st.just("restart")),
    ),
    max_size=60,
)
MACHINES = [Node("a", "k"), Node("b", "k", 2), Node("c", "k"), Node("d", "other", 3)]


@settings(max_examples=60, deadline=None)
@given(EVENTS, st.integers(1, 6))
def test_machines_come_and_go_and_the_command_is_killed(events, count):
    """Machines leave and return, ends come late or twice, the command starts anew; a shard is stored once."""
    work = [*jobs(count), *jobs(count, "b", "other")]
    alive, stored, ended = {node.name: node for node in MACHINES}, [], []
    known, schedule = dict(alive), Schedule(work)

    def end(each, how):
        if schedule.end(each, how, "why") and how == DONE and each.job not in stored:
            stored.append(each.job)
        ended.append(each)

    for event, *details in events:
        nodes = list(alive.values())
        schedule.lose_all_but(nodes)
        schedule.starts(nodes)
        check(schedule, known)
        if event == "end" and schedule.running:
            end(schedule.running[details[0] % len(schedule.running)], details[1])
        elif event == "leave":
            alive.pop(MACHINES[details[0]].name, None)
        elif event == "come":
            alive[MACHINES[details[0]].name] = MACHINES[details[0]]
        elif event == "late" and ended:
            late = ended[details[0] % len(ended)]
            assert not schedule.end(late, details[1])
            if details[1] == DONE and late.job not in stored:  # of a try that was taken for lost
                schedule.note_stored(late.job)
                stored.append(late.job)
        elif event == "restart":
            schedule = Schedule(work, stored)
            ended.clear()
    alive = known
    while not schedule.finished:
        schedule.lose_all_but(list(alive.values()))
        assert schedule.starts(list(alive.values())) or schedule.running, "nothing runs, and nothing is finished"
        end(schedule.running[0], DONE)
    assert len(stored) == len(set(stored))
    assert {job for job, state in schedule.jobs.items() if state.state == DONE} == set(stored)


def test_what_was_lost_goes_on_where_its_files_are_and_elsewhere_once_that_machine_is_gone():
    x, y = Node("x", "k"), Node("y", "k")
    schedule = Schedule(jobs(1))
    (first,) = schedule.starts([x])
    schedule.end(first, LOST, "worker killed")
    assert not schedule.starts([y, x])[1:] and schedule.running[0].node == "x"
    assert [each.job for each in schedule.lose_all_but([y])] == [first.job]
    (third,) = schedule.starts([y])
    assert (third.node, third.number) == ("y", 3)


def test_what_failed_tries_other_machines_first_and_is_given_up_after_three():
    nodes = [Node("x", "k"), Node("y", "k")]
    schedule, seen = Schedule(jobs(1)), []
    while not schedule.finished:
        (each,) = schedule.starts(nodes)
        seen.append(each.node)
        schedule.end(each, FAILED, f"why {len(seen)}")
    assert len(seen) == MOST_FAILURES and set(seen[:2]) == {"x", "y"}
    assert schedule.gaps("a") == {1: f"why 3 (on {seen[-1]})"}


def test_a_machine_that_cannot_measure_a_run_still_measures_another():
    x = Node("x", "k")
    schedule = Schedule([*jobs(1), *jobs(1, "b")])
    schedule.end(schedule.starts([x])[0], UNFIT, "torch 2.15.0: no build")
    (other,) = schedule.starts([x])
    assert other.job.run == "b" and schedule.gaps("a") == {1: "torch 2.15.0: no build (on x)"}
    schedule.end(other, DONE)
    assert schedule.finished


def test_shards_without_a_machine_of_their_kind_wait_and_can_be_given_up():
    schedule = Schedule(jobs(1))
    assert schedule.without_machine([Node("x", "other")]) == jobs(1) and not schedule.starts([Node("x", "other")])
    schedule.give_up(jobs(1)[0], "no machine")
    assert schedule.jobs[jobs(1)[0]].state == GAP and schedule.gaps("a") == {1: "no machine"}
    assert WAITING not in {state.state for state in schedule.jobs.values()}


def test_a_shard_that_brings_its_machines_down_is_given_up():
    schedule = Schedule(jobs(1))
    for _ in range(MOST_LOSSES):
        schedule.end(schedule.starts([Node("x", "k")])[0], LOST, "gone")
    assert schedule.finished and schedule.gaps("a") == {1: "gone (on x)"}
