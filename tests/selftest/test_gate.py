"""The gate's self-test: planted regressions are what they say, and the pool's runs are independent of each other."""

import random
from math import exp
from pathlib import Path

import pytest
import torch

from analysis.run.load import load_run
from benchmarks import record
from benchmarks.measure.memory import measure_memory
from benchmarks.record import INPLACE, METHOD_VERSION, OUTOFPLACE, Case
from benchmarks.record.folder import append_pair, read_run, write_run
from benchmarks.running.facts import file_hash, suite_hash
from benchmarks.running.heaps import heap_of
from benchmarks.selftest import gate, pool, regressions
from tests.analysis.invented import append_bytes, empty_run, timed

PASSES, KI = 24, 1024
BY_NAME = {pair.name: pair for pair in regressions.PAIRS}


def operands(pair) -> tuple[torch.Tensor, ...]:
    return tuple(torch.rand(KI) for _ in pair.others)


@pytest.mark.parametrize("name", BY_NAME)
def test_a_planted_pair_computes_what_its_op_does(name):
    pair, x = BY_NAME[name], torch.rand(KI)
    others = operands(pair)
    expected = pair.bind(OUTOFPLACE, others)(x.clone())
    y = x.clone()
    assert pair.bind(INPLACE, others)(y) is y
    assert torch.equal(y, expected)


def test_slower_means_by_a_tenth_of_the_call_itself(monkeypatch):
    now = iter([0, 1000, 1050, 1099, 1100, 1101])
    monkeypatch.setattr(regressions.time, "perf_counter_ns", lambda: next(now))
    assert regressions.with_delay(lambda x: x)(5) == 5
    assert next(now) == 1101  # it waited until 1,100


@pytest.mark.parametrize("name", regressions.LARGER_PAIRS)
def test_one_more_allocation_is_counted(name):
    pair, x = BY_NAME[name], torch.rand(KI)
    others = operands(pair)
    plain = 4 * KI
    seen = measure_memory(x.clone, pair.bind(INPLACE, others), None, "cpu")
    assert seen.forward_peak_bytes == plain + regressions.ALLOCATED[regressions.LARGER_PAIRS[name]]


def test_forty_cases_and_the_op_of_every_planted_one_among_them():
    cases = pool.cases()
    assert len(cases) == len(set(cases)) == 40
    found = {(case.pair, case.phase, case.numel) for case in cases}
    for pairs, place in ((regressions.SLOWER_PAIRS, pool.SLOWER_PLACE), (regressions.LARGER_PAIRS, pool.LARGER_PLACE)):
        assert {(name, *place) for each in pairs.items() for name in each} <= found


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Two runs of a pool, as if measured: every op at 1.5x, slower variants at 1.5x / 1.1, allocations as planted."""
    parent, chance = tmp_path_factory.mktemp("pool"), random.Random(1)
    folders = []
    for run in (1, 2):
        folder = empty_run(parent, name=f"run-{run}", start=f"2026-01-0{run}T00:00:00+00:00")
        for case in pool.cases():
            append(folder, case, chance)
        folders.append(folder)
    return pool.runs_of(folders)


def append(folder, case: Case, chance: random.Random) -> None:
    speedup = 1.5 / 1.1 if case.pair in regressions.SLOWER_PAIRS else 1.5
    for number in range(1 + (heap_of(case) == "large"), 2 * PASSES + 1, 2):  # a process per heap in each pass
        seconds = 1e-4 * exp(chance.gauss(0, 0.02))
        append_pair(folder, *timed(case, number, speedup * exp(chance.gauss(0, 0.005)), times_s=(seconds,) * 4))
    op = regressions.LARGER_PAIRS.get(case.pair)
    n = 4 * case.numel
    append_bytes(folder, case, {"peak_bytes": 2 * n}, {"peak_bytes": n + regressions.ALLOCATED.get(op, 0)})


@pytest.mark.slow
def test_every_pass_is_part_of_one_run_only(made):
    assert len(made) == 2 * PASSES // pool.SIZE
    timed = [set(part.frame.loc[part.frame["kind"] == "time", "pass_number"]) for part in made]
    assert all(len(passes) == 2 * pool.SIZE for passes in timed)
    assert [sorted(passes)[0] for passes in timed] == [*range(1, 2 * PASSES, 2 * pool.SIZE)] * 2
    for part in made:
        rows = part.frame[part.frame["kind"] == "time"]
        assert set(rows.groupby("case_number")["pass_number"].nunique()) == {pool.SIZE}
    heads = [(base.folder, head.folder) for base, head in gate.halves(made)]
    assert len({folder for both in heads for folder in both}) == len(made)
    for base, again in ((1, 2), (2, 2)):
        trials = list(gate._trials(made, base, 1, again))
        used = [name for trial in trials for run in trial for name in run.name.split(" and ")]
        assert len(used) == len(set(used)) == len(trials) * (base + 1 + again)


def test_a_confirmation_is_named_for_the_passes_that_it_confirms(made):
    base, head = made[0], made[-1]
    assert gate._name(base, head) == "20260102T000000Z-passes-37-against-20260101T000000Z-passes-1"
    names = {gate._name(one, other) for one in made for other in made}
    assert len(names) == len(made) ** 2


def test_parts_of_two_runs_join_with_all_their_passes(made):
    both = pool.join([made[0], made[-1]])
    timed = both.frame[(both.frame["kind"] == "time") & (both.frame["variant"] == OUTOFPLACE)]
    assert set(timed.groupby("case_number").size()) == {2 * pool.SIZE}
    assert both.frame["case_number"].nunique() == made[0].frame["case_number"].nunique()


def test_what_is_planted_takes_the_place_of_its_op(made):
    changed = pool.with_regression(made[0], "relu slower", "relu", pool.SLOWER_PLACE)
    of_a_kind = changed.frame.groupby("kind")["case_number"].nunique()
    assert of_a_kind.to_dict() == {"memory": 40, "time": 40}

    def times(run, pair: str) -> list:
        frame = run.frame
        chosen = (frame["pair"] == pair) & (frame["numel"] == pool.SLOWER_PLACE[1]) & (frame["kind"] == "time")
        return frame.loc[chosen, "times_s"].tolist()

    assert times(changed, "relu") == times(made[0], "relu slower") == times(changed, "relu slower")
    assert times(changed, "relu") != times(made[0], "relu")


@pytest.mark.slow
def test_the_rows_count_what_is_found(made, tmp_path, monkeypatch):
    two = ("add", "relu")  # of ops that are invented alike
    monkeypatch.setattr(regressions, "SLOWED", two)
    monkeypatch.setattr(regressions, "SLOWER_PAIRS", {f"{op} slower": op for op in two})
    rows = dict(gate.same_code_rows(made, tmp_path, lambda line: None))
    six = "BASE of 6 passes, HEAD of 6"
    alarms = rows[f"comparisons of the same code, {six}: with a false alarm after confirmation"]
    assert alarms.startswith("0 of 4 = 0.0%")

    slower = dict(gate.slower_rows(made, pool.SIZE, pool.SIZE))
    planted = f"cases at 1 Mi elements with an in-place variant 10% slower, {six}"
    assert slower[f"{planted}: found after confirmation"].startswith("4 of 4")
    assert slower[f"{planted}: found after confirmation, per op"].startswith("add 2 of 2")
    assert gate.slower_rows(made, 4 * pool.SIZE, pool.SIZE) == []  # 24 passes, 6 and 24 again are more than there are
    many = dict(gate.same_of_many_rows(made, 2 * pool.SIZE, pool.SIZE))
    of_twelve = "comparisons of the same code, BASE of 12 passes, HEAD of 6"
    assert many[f"{of_twelve}: with a false alarm after confirmation"].startswith("0 of 1")
    larger = dict(gate.larger_rows([made[0], made[-1]]))
    found = f"in-place variants with one more allocation, {gate.ONE_PASS}: found"
    assert larger[found].startswith("3 of 3 = 100.0%")
    assert larger[f"comparisons of bytes, same code, {gate.ONE_PASS}: with a false alarm"].startswith("0 of 1")


def test_neighbours_alike_are_told():
    assert gate.neighbours([1.0, 2.0, 3.0, 4.0, 5.0]).startswith("+1.00 (p = 0.0")
    assert gate.neighbours([1.0, 2.0]) == "too few"


def test_a_pool_is_taken_up_where_it_stopped(tmp_path, monkeypatch):
    """Ordinary runs stand in for measured ones: what is complete stays, what is partial is finished first."""
    asked = []

    def new_run(raw, out, command):
        asked.append(("new", int(raw["passes"])))
        folder = out / f"2026010{1 + len(list(out.glob('*-pool')))}T000000Z-h-torch-pool"
        folder.mkdir()
        state = "partial" if len(asked) == 2 else "complete"
        seconds, machine = float(raw["seconds"]), {"torch_version": str(torch.__version__)}
        hashes = {"suite_sha256": suite_hash(), "pairs_sha256": file_hash(Path(raw["pairs"]))}
        facts = {"method": METHOD_VERSION, "cases_sha256": file_hash(Path(raw["cases"])), **hashes}
        budget = {"passes": int(raw["passes"]), "seconds": seconds}
        write_run(folder, {**facts, "state": state, "machine": machine, "budget": budget})
        return type("Made", (), {"folder": folder, "facts": read_run(folder)})

    def continue_run(folder):
        asked.append(("finish", folder.name))
        write_run(folder, {**read_run(folder), "state": "complete"})
        return type("Made", (), {"folder": folder, "facts": read_run(folder)})

    monkeypatch.setattr(pool, "new_run", new_run)
    monkeypatch.setattr(pool, "continue_run", continue_run)
    with pytest.raises(KeyboardInterrupt):
        pool.make_pool(tmp_path, runs=25)
    assert len(pool.make_pool(tmp_path, runs=25)) == 3
    partial = "20260102T000000Z-h-torch-pool"
    assert asked == [("new", 60), ("new", 60), ("finish", partial), ("new", 60)]
    assert len(pool.make_pool(tmp_path, runs=25)) == 3 and len(asked) == 4
    asked.clear()
    of_other_code = tmp_path / "20260101T000000Z-h-torch-pool"
    write_run(of_other_code, {**read_run(of_other_code), "suite_sha256": "another"})
    assert of_other_code not in pool.make_pool(tmp_path, runs=25) and asked == [("new", 60)]


@pytest.mark.slow
def test_a_pool_really_measured_is_read(tmp_path, monkeypatch):
    """Of two cases and one pass: the option, the file and the planted pairs are such that the suite takes them."""
    chosen = [case for case in pool.cases() if case.numel == KI and case.pair in ("relu", "relu allocating")]
    monkeypatch.setattr(pool, "cases", lambda: chosen)
    monkeypatch.setattr(pool, "SIZE", 1)
    (folder,) = pool.make_pool(tmp_path / "pool", runs=1)
    run = load_run(folder)
    assert set(run.frame["pair"]) == {"relu", "relu allocating"} and set(run.frame["state"]) == {record.OK}
    peaks = run.frame[(run.frame["kind"] == "memory") & (run.frame["variant"] == INPLACE)].set_index("pair")[
        "peak_bytes"
    ]
    assert peaks["relu allocating"] - peaks["relu"] == regressions.ALLOCATED["relu"]
