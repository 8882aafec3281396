"""A run: its passes, its folder, and what its journal holds of a case."""

import platform
import re
from dataclasses import asdict, replace

import pytest

import benchmarks
from benchmarks import record
from benchmarks.planning.options import resolve
from benchmarks.record import RecordError
from benchmarks.record.folder import JOURNAL_FILE
from benchmarks.record.names import HEAPS
from benchmarks.running.facts import end_facts, file_hash, host_name, suite_hash
from benchmarks.running.heaps import MALLOC_ENVIRONMENT, heap_of
from benchmarks.running.run import Pass, Run, new_folder, plan_passes
from benchmarks.running.unsupervised import only_pass
from tests.running.invented_run import CASE, FACTS, FIRST, FRESH, GPU, LARGE, MEMORY, SECOND, pair_of


@pytest.fixture
def run(tmp_path):
    return Run.create(tmp_path / "out" / "run", dict(FACTS))


def test_passes_are_one_of_memory_then_the_heaps_in_turn():
    assert plan_passes([FRESH, LARGE, CASE, GPU], 2) == [
        MEMORY,
        Pass(1, "time", "retained"),
        Pass(2, "time", "large"),
        Pass(3, "time", "retained"),
        Pass(4, "time", "large"),
    ]
    assert [each.allocator for each in plan_passes([CASE], 3)[1:]] == ["retained"] * 3
    assert [each.allocator for each in plan_passes([FRESH], 1)[1:]] == ["large"]
    assert [each.allocator for each in plan_passes([GPU], 2)[1:]] == ["retained"] * 2
    assert [each.allocator for each in plan_passes([GPU, FRESH], 1)[1:]] == ["retained", "large"]
    assert [each.allocator for each in plan_passes([GPU, LARGE], 1)[1:]] == ["retained", "large"]
    assert [each.allocator for each in plan_passes([GPU, replace(CASE, allocator="inherited")], 1)[1:]] == ["inherited"]
    assert set(MALLOC_ENVIRONMENT) == set(HEAPS)


@pytest.mark.parametrize("among", [[CASE, FRESH, GPU, LARGE], [LARGE, GPU], [FRESH, GPU], [CASE, LARGE]])
def test_every_case_is_timed_once_under_its_heap_and_weighed_once(among):
    for case in among:
        covering = [each.allocator for each in plan_passes(among, 1) if each.covers(case) and each.kind == "time"]
        assert covering == [{FRESH: "large", LARGE: "large"}.get(case, "retained")]
        assert MEMORY.covers(case)


@pytest.mark.parametrize(
    "changes, heap",
    [
        ({"numel": 2**19 - 1}, "retained"),
        ({"numel": 2**20, "dtype": "int8"}, "retained"),
        ({"numel": 2**20, "dtype": "float16"}, "large"),
        ({"numel": 2**20, "allocator": "fresh"}, "large"),
        ({"numel": 2**10, "allocator": "fresh"}, "large"),
        ({"numel": 2**20, "allocator": "inherited"}, "inherited"),
        ({"numel": 2**20, "scale": 8}, "retained"),  # a scenario, of blocks of many sizes
    ],
)
def test_a_heap_goes_by_the_bytes_of_an_ops_block(changes, heap):
    assert heap_of(replace(CASE, **changes)) == heap


def test_a_pass_of_a_run_has_an_order_of_its_own_which_begins_with_fresh_blocks():
    cases = [replace(CASE, numel=n, allocator=heap) for n in range(1, 20) for heap in ("retained", "fresh")]
    asked = ((1, "09:00"), (1, "09:00"), (2, "09:00"), (1, "10:00"))
    orders = [Pass(number, "time", "large").order(cases, run_start) for number, run_start in asked]
    assert orders[0] == orders[1] and orders[0] not in orders[2:] and orders[2] != orders[3]
    for order in orders:
        assert sorted(order) == sorted(cases) and order != cases
        assert [case.allocator for case in order] == ["fresh"] * 19 + ["retained"] * 19


@pytest.mark.parametrize("kind, number", [("time", 1), ("memory", 0)])
def test_by_hand_there_is_one_pass_under_the_heap_it_finds(kind, number):
    current = only_pass(kind)
    assert current == Pass(number, kind, "inherited")
    assert current.covers(replace(CASE, allocator="inherited")) and current.covers(GPU)
    assert current.covers(CASE) == (kind == "memory")


def test_what_is_stored_is_found_again_by_this_pass_only(run):
    run.append(*pair_of(CASE, FIRST, times_s=(1.0, 1.0)))
    for reader in (run, Run.open(run.folder)):
        assert reader.find(CASE, FIRST) == pair_of(CASE, FIRST, times_s=(1.0, 1.0))
        assert reader.find(CASE, SECOND) is None
        assert reader.find(CASE, MEMORY) is None
        assert reader.find(FRESH, FIRST) is None


@pytest.mark.parametrize("state", [state for state in record.STATES if state != record.OK])
def test_a_failure_ends_its_case_for_later_passes_and_keeps_what_was_made(run, state):
    run.append(*pair_of(CASE, MEMORY, peak_bytes=1))
    failed = pair_of(CASE, FIRST, state=state, reason="so")
    run.append(*failed)
    for reader in (run, Run.open(run.folder)):
        assert reader.find(CASE, SECOND) == failed
        assert reader.find(CASE, MEMORY)[0].peak_bytes == 1
        assert reader.find(FRESH, SECOND) is None


def test_a_case_is_verified_once_some_pass_showed_it(run):
    run.append(*pair_of(CASE, MEMORY, verified=True))
    run.append(*pair_of(FRESH, MEMORY, state="disagreed", reason="so", verified=True))
    for reader in (run, Run.open(run.folder)):
        assert reader.verified(CASE) and not reader.verified(FRESH) and not reader.verified(GPU)


def test_facts_are_stored_as_they_change(run):
    run.save(**end_facts("complete"))
    again = Run.open(run.folder)
    assert again.facts["state"] == "complete" and again.facts["options"] == FACTS["options"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", again.facts["end"])


def test_a_fact_that_would_not_be_read_again_is_not_stored(run):
    with pytest.raises(ValueError, match="cannot hold 'floors'"):
        run.save(floors={"cpu": -1.0})
    assert Run.open(run.folder).facts["floors"] == {}


def test_a_folder_says_when_where_and_with_what_and_is_new(tmp_path):
    settings = resolve({"label": "mine", "device": "cpu"})
    folder = new_folder(tmp_path, settings, "box")
    assert folder.parent == tmp_path
    assert re.fullmatch(r"\d{8}T\d{6}Z-box-torch\d+\.\d+\.\d+\w*-mine", folder.name)
    for number in ("", "-2", "-3"):
        (tmp_path / (folder.name + number)).mkdir()
    later = new_folder(tmp_path, settings, "box")
    assert not later.exists()
    with pytest.raises(FileExistsError):
        Run.create(tmp_path / folder.name, dict(FACTS))
    assert new_folder(tmp_path, resolve({"device": "cpu"}), "box").name.split("-torch")[1].count("-") in (0, 1)


def test_the_hosts_name_can_be_replaced():
    assert host_name(resolve({"device": "cpu"})) == platform.node().split(".")[0]
    assert host_name(resolve({"device": "cpu", "host": "box"})) == "box"


def test_cases_that_the_journal_lacks_are_counted_of_passes_that_are_done(run):
    states = {MEMORY: "done", FIRST: "done", SECOND: "planned"}
    run.save(passes=[{**asdict(each), "state": state, "cases": 2} for each, state in states.items()])
    assert run.lacking() == {0: 2, 1: 2}
    for case, current in ((CASE, MEMORY), (FRESH, MEMORY), (CASE, FIRST)):
        run.append(*pair_of(case, current))
    assert run.lacking() == {1: 1}
    run.append(*pair_of(GPU, SECOND, state="crashed", reason="which ends it for every pass"))
    assert run.lacking() == {}


def test_a_foreign_journal_is_refused(run):
    (run.folder / JOURNAL_FILE).write_text('{"record": 99}\n')
    with pytest.raises(RecordError, match="record version 99"):
        Run.open(run.folder)


def test_a_pairs_file_is_known_by_its_content(tmp_path):
    assert file_hash(None) is None
    (tmp_path / "a.py").write_text("PAIRS = ()")
    before = file_hash(tmp_path / "a.py")
    (tmp_path / "a.py").write_text("PAIRS = (1,)")
    assert before != file_hash(tmp_path / "a.py")


def test_the_suite_is_known_by_the_code_that_measures(tmp_path, monkeypatch):
    suite = tmp_path / "benchmarks"
    for name in ("__init__.py", "measure/clock.py", "selftest/pool.py", "autograd/hazards/loud.py"):
        (suite / name).parent.mkdir(parents=True, exist_ok=True)
        (suite / name).write_text("as it was")
    monkeypatch.setattr(benchmarks, "__file__", str(suite / "__init__.py"))
    first = suite_hash()
    (suite / "selftest/pool.py").write_text("another table")
    (suite / "autograd/hazards/loud.py").write_text("another wording")
    assert suite_hash() == first
    (suite / "measure/clock.py").write_text("another clock")
    assert suite_hash() != first


@pytest.mark.parametrize(
    "speedups, asked_again",
    [
        ((1.00, 1.01, 1.00, 0.99, 1.01, 1.00), False),
        ((1.50, 1.51, 1.52, 1.50, 1.51, 1.50), False),  # by the width, not by the verdict
        ((1.00, 1.05, 1.00, 0.99, 1.01, 1.00), True),
        ((0.97, 1.01, 1.00, 0.99, 1.01, 1.00), True),
        ((1.00, 1.01, 1.00, None, 1.01, 1.00), True),
    ],
)
def test_a_narrow_case_is_left_out_after_six_passes_of_its_heap(tmp_path, speedups, asked_again):
    passes = plan_passes([CASE, LARGE], 8)
    facts = {**FACTS, "passes": [{**asdict(each), "state": "planned"} for each in passes]}
    budget = {**FACTS["budget"], "looks": [{"passes": 6, "half_width": 0.015}]}
    run = Run.create(tmp_path / "narrow", {**facts, "budget": budget})
    mine = [each for each in passes if each.allocator == "retained" and each.kind == "time"]
    for current, speedup in zip(mine, speedups, strict=False):
        assert run.takes(current, CASE) and not run.takes(current, LARGE)
        if speedup is not None:
            made = pair_of(CASE, current, times_s=(speedup * 1e-3,) * 2, calls_per_round=1)
            run.append(made[0], replace(made[1], times_s=(1e-3,) * 2))
    assert run.takes(mine[6], CASE) == asked_again
    if asked_again:
        run.append(*pair_of(CASE, mine[6], times_s=(1e-3,) * 2, calls_per_round=1))
    assert run.takes(mine[7], CASE) == asked_again, "no look is between them"
    assert run.takes(passes[0], CASE) and run.takes(mine[0], CASE), "of those before it nothing changes"
    run.save(budget=FACTS["budget"])
    assert all(run.takes(each, CASE) for each in mine), "a run that names no width asks all"


def test_a_scenario_may_have_fewer_passes_than_an_op(tmp_path):
    scenario = replace(CASE, scale=1)
    passes = plan_passes([CASE, scenario], 4)
    facts = {**FACTS, "passes": [{**asdict(each), "state": "planned"} for each in passes]}
    run = Run.create(tmp_path / "run", {**facts, "budget": {**FACTS["budget"], "scenario_passes": 3}})
    assert [run.takes(each, scenario) for each in passes] == [True, True, True, True, False]
    assert all(run.takes(each, CASE) for each in passes)
    for current in passes:
        for case in [case for case in (CASE, replace(CASE, pair="relu")) if run.takes(current, case)]:
            run.append(*pair_of(case, current))
    run.append(*pair_of(scenario, passes[0], state="crashed"))
    rows = [{**asdict(each), "state": "done", "cases": 3 if run.takes(each, scenario) else 2} for each in passes]
    run.save(passes=rows)
    assert run.lacking() == {}
    run.save(passes=[{**row, "cases": row["cases"] + 1} for row in rows])
    assert run.lacking() == dict.fromkeys(range(5), 1), "a scenario that failed stands for no lost op"
    run.save(budget=FACTS["budget"])
    assert all(run.takes(each, scenario) for each in passes), "an older run names no number of its own"


def test_page_faults_are_counted_once_under_a_stated_heap_and_in_each_pass_under_one_that_is_found(tmp_path):
    def counting(cases):
        passes = plan_passes(cases, 3)
        facts = {**FACTS, "passes": [{**asdict(each), "state": "planned"} for each in passes]}
        run = Run.create(tmp_path / f"run{len(cases)}", facts)
        return [each.pass_number for each in passes if each.kind == "time" and run.counts_faults(each)]

    assert counting([CASE, LARGE]) == [1, 2]
    assert counting([replace(CASE, allocator="inherited")]) == [1, 2, 3]
