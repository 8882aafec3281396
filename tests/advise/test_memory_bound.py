"""What can be no part of a saving, against every set of switches of invented steps."""

import itertools
import random

import pytest

from benchmarks.advise.verdicts.memory_bound import Edge, StepTimeline, WatchedLife, able_to_save

SIZE, MOMENTS = 1000, 12


def live_bytes(lives, chosen, moment):
    """With these switches: storages that they join live from the first to the last of them, copies until backward."""
    groups = {key: key for key in lives}
    for edge in (edge for switch in chosen for edge in switch):
        old, new = groups[edge.result], groups[edge.operand]
        groups = {key: new if group == old else group for key, group in groups.items()}
    members = [[lives[key] for key in lives if groups[key] == group] for group in set(groups.values())]
    return sum(max((m.nbytes for m in group if m.born <= moment <= m.ended), default=0) for group in members)


def timeline_of(lives, chosen=(), held_at=MOMENTS):
    live = [(moment, live_bytes(lives, chosen, moment)) for moment in range(1, MOMENTS + 1)]
    return StepTimeline(live, held_at)


def test_a_result_whose_operand_is_dead_at_the_peak_saves_nothing():
    lives = {1: WatchedLife(1, 3, SIZE), 2: WatchedLife(3, 5, SIZE), 3: WatchedLife(6, 9, 4 * SIZE)}
    switch = {Edge(1, 2)}
    assert able_to_save([switch], timeline_of(lives), lives, 64) == [False]
    assert able_to_save([switch], timeline_of({1: lives[1], 2: lives[2]}), lives, 64) == [True]
    assert able_to_save([switch], timeline_of({1: lives[1], 2: lives[2]}), lives, SIZE + 1) == [False]


def test_links_of_a_chain_save_together():
    lives = {1: WatchedLife(1, 12, SIZE), 2: WatchedLife(3, 5, SIZE), 3: WatchedLife(5, 12, SIZE)}
    lives[4] = WatchedLife(7, 9, 4 * SIZE)
    links = [{Edge(1, 2)}, {Edge(2, 3)}]
    assert able_to_save(links, timeline_of(lives), lives, 64) == [True, True]
    assert able_to_save(links[:1], timeline_of(lives), lives, 64) == [False]


def test_a_copy_saves_nothing_while_it_is_kept():
    lives = {1: WatchedLife(1, 12, SIZE), 2: WatchedLife(3, 12, SIZE)}
    copied = {Edge(1, 2, copied_until=8)}
    assert able_to_save([copied], timeline_of(lives, held_at=6), lives, 64) == [False]  # the peak lies before 8 too
    late = {**lives, 3: WatchedLife(9, 10, SIZE)}
    assert able_to_save([copied], timeline_of(late, held_at=6), late, 64) == [True]
    early = {**lives, 3: WatchedLife(7, 8, SIZE)}
    assert able_to_save([copied], timeline_of(early, held_at=6), early, 64) == [False]


def test_a_sum_that_only_a_watched_step_allocates_hides_no_saving():
    lives = {1: WatchedLife(1, 3, SIZE), 2: WatchedLife(3, 5, SIZE), 3: WatchedLife(4, 4, SIZE)}
    watched = StepTimeline([(1, SIZE), (3, 2 * SIZE), (4, 2 * SIZE + 64), (8, 3 * SIZE)], 6, sums={8: SIZE})
    assert watched.peak_bytes == 2 * SIZE + 64
    assert able_to_save([{Edge(1, 2)}], watched, lives, 64) == [False]
    assert able_to_save([{Edge(1, 2)}, {Edge(2, 3)}], watched, lives, 64) == [True, True]


def lowest_peak(lives, switches):
    sets = itertools.chain.from_iterable(itertools.combinations(switches, n) for n in range(len(switches) + 1))
    return min(timeline_of(lives, chosen).peak_bytes for chosen in sets)


@pytest.mark.slow
def test_what_is_left_out_lowers_no_peak():
    draw = random.Random(3)
    left_out = 0
    for _ in range(150):
        lives = {}
        for key in range(7):
            born = draw.randrange(1, MOMENTS)
            ended = min(MOMENTS, born + draw.randrange(5))
            lives[key] = WatchedLife(born, ended, draw.choice((1, 2, 4)) * SIZE)
        pairs = draw.sample(list(itertools.combinations(range(7), 2)), 4)
        switches = [{Edge(*pair)} for pair in pairs]
        able = able_to_save(switches, timeline_of(lives), lives, 64)
        left_out += able.count(False)
        kept = [switch for switch, is_able in zip(switches, able, strict=True) if is_able]
        assert lowest_peak(lives, switches) == lowest_peak(lives, kept), (lives, switches)
    assert 100 < left_out < 500
