"""Whole runs: what crashes, hangs or is killed costs one case, and every run can be finished."""

import contextlib
import io
import json
import signal
from dataclasses import asdict, replace

import psutil
import pytest

from benchmarks import record
from benchmarks.record.folder import read_run, write_run
from benchmarks.running import supervise
from benchmarks.running.heaps import heap_of
from benchmarks.running.progress import Progress
from benchmarks.running.run import Pass, Run
from tests.support import pair_files
from tests.support.commands import LIMIT_S
from tests.support.forked import ForkedCommand, run_with_forks
from tests.support.pair_files import COUNT
from tests.support.stored import KILLED, folder_of, lines_in, options, planned, stored, wait_for

pytestmark = pytest.mark.slow
RAN = " (out-of-place was running)"
PASSES = 3  #: of memory, and two of time
ONE_TIMED = ("--passes", "1")


def test_an_undisturbed_run_stores_what_was_planned(small_run):
    assert set(stored(small_run.folder)) == planned(small_run.folder)
    facts = small_run.run.facts
    assert facts["state"] == "complete" and facts["end"] >= facts["start"]
    assert [row["state"] for row in facts["passes"]] == ["done"] * 3
    assert sum(row["cases"] for row in facts["passes"]) == len(planned(small_run.folder))
    assert all(out.state == record.OK and out.verified for out, _ in stored(small_run.folder).values())
    assert small_run.out.splitlines() == [f"run: {small_run.folder}"]


def test_the_heap_regimes_are_what_the_passes_measured_under(small_run):
    timed = [out for out, _ in stored(small_run.folder).values() if out.kind == "time"]
    regimes = {row["pass_number"]: row["allocator"] for row in small_run.run.facts["passes"]}
    assert {out.case.allocator for out in timed} == {"retained", "fresh"}
    assert all(heap_of(out.case) == regimes[out.pass_number] for out in timed)


@pytest.fixture(scope="module")
def troubled(tmp_path_factory):
    """One run of pairs that raise, hang, crash, are killed and exit, between two that do not."""
    scratch = tmp_path_factory.mktemp("troubled")
    pairs = scratch / "trouble.py"
    pairs.write_text(pair_files.TROUBLE)
    out = scratch / "runs"
    done = run_with_forks(*options(pairs, out, "--case-limit", "3", *ONE_TIMED), scratch=scratch)
    assert done.returncode == 0, done.stderr
    return folder_of(out), done


@pytest.mark.parametrize(
    "pair, state, reason",
    [
        ("fails", "crashed", f"IndexError: no such thing{RAN}"),
        ("hangs", "hung", f"no end after 3 s, stopped{RAN}"),
        ("segfaults", "crashed", f"its process was ended by SIGSEGV{RAN}"),
        ("killed", "crashed", f"{KILLED}{RAN}"),
        ("exits", "crashed", f"its process ended with exit status 3{RAN}"),
        ("loses", "crashed", "the device is lost: CUDA error: device-side assert triggered"),
    ],
)
def test_what_a_case_does_to_its_process_becomes_a_row(troubled, pair, state, reason):
    folder, done = troubled
    rows = {out.kind: pair_of for key, pair_of in stored(folder).items() for out in pair_of if key[0].pair == pair}
    assert [measurement.state for measurement in rows["memory"]] == [record.OK] * 2
    assert [(measurement.state, measurement.reason) for measurement in rows["time"]] == [(state, reason)] * 2
    assert f"  {state}: step {pair}-1Ki" in done.stderr


def test_a_case_that_cannot_even_be_checked_ends_at_once(troubled):
    folder, _ = troubled
    rows = [out for (case, _, _), (out, _) in stored(folder).items() if case.pair == "dies_at_once"]
    assert [(out.kind, out.state, out.reason) for out in rows] == [
        ("memory", "crashed", f"its process was ended by SIGSEGV{RAN}")
    ]


def test_the_run_goes_on_and_the_others_lose_nothing(troubled):
    folder, _ = troubled
    assert read_run(folder)["state"] == "complete"
    for pair in ("fine_first", "fine_last"):
        rows = {out.kind: out for (case, _, _), (out, _) in stored(folder).items() if case.pair == pair}
        assert {kind: out.state for kind, out in rows.items()} == {"memory": record.OK, "time": record.OK}
        assert len(rows["time"].times_s) >= 6
    assert {key for key in planned(folder) if key[0].pair != "dies_at_once"} <= set(stored(folder))
    benchmarks = json.loads((folder / "pytest-benchmark-1.json").read_text())["benchmarks"]
    assert {each["extra_info"]["pair"] for each in benchmarks} == {"fine_first", "fine_last"}


def test_a_worker_killed_from_outside_costs_at_most_its_case(honest, tmp_path):
    slowly = ("--seconds", "0.2")  # so that cases are left when it is killed
    with ForkedCommand(*options(honest, tmp_path / "runs", *ONE_TIMED, *slowly), scratch=tmp_path) as process:
        wait_for(lambda: lines_in(tmp_path / "runs") >= 2 * (COUNT + 1), process)  # in the timed pass
        (worker,) = psutil.Process(process.pid).children()
        worker.send_signal(signal.SIGKILL)
        assert process.wait(LIMIT_S) == 0, process.communicate()
    folder = folder_of(tmp_path / "runs")
    assert read_run(folder)["state"] == "complete"
    lost = [out for out, _ in stored(folder).values() if out.state != record.OK]
    assert len(lost) <= 1 and all("SIGKILL" in out.reason for out in lost)
    ended = {out.case for out in lost}
    assert {key for key in planned(folder) if key[0] not in ended} <= set(stored(folder))


def test_a_case_that_its_worker_stored_before_it_was_killed_keeps_its_numbers(small_run, tmp_path):
    """The kill comes before the worker says that the case is done."""
    facts, (before, *_) = read_run(small_run.folder), stored(small_run.folder).values()
    out, into = before
    current = Pass(out.pass_number, out.kind, "retained")
    run, worker = Run.create(tmp_path / "run", facts), Run(tmp_path / "run", facts)
    worker.append(out, into)
    supervise._store_failure(run, current, out.case, supervise._End("crashed", "killed"))
    assert stored(run.folder) == {(out.case, out.kind, out.pass_number): before}
    another = replace(out.case, numel=3)
    supervise._store_failure(run, current, another, supervise._End("crashed", "killed"))
    assert stored(run.folder)[another, out.kind, out.pass_number][0].state == "crashed"


def test_a_pass_after_one_of_its_heap_without_a_case_is_not_started(small_run, tmp_path, monkeypatch):
    passes = [Pass(1, "time", "fresh"), *(Pass(n, "time", "retained") for n in (2, 4)), Pass(3, "time", "fresh")]
    empty, planned = {"state": "done", "cases": 0}, {"state": "planned"}
    states = (empty, planned, empty, planned)  # of the second, a run that goes on has lost the measurements
    rows = [asdict(each) | state for each, state in zip(passes, states, strict=True)]
    write_run(tmp_path, {**read_run(small_run.folder), "state": "partial", "passes": rows})
    started = []

    def start(run, current, flags):
        started.append(current)
        raise supervise.PassFailed

    monkeypatch.setattr(supervise, "_start_worker", start)
    for current in (passes[1], passes[3]):
        with contextlib.suppress(supervise.PassFailed):
            supervise.run_pass(Run(tmp_path, read_run(tmp_path)), current, [], 1.0, Progress(io.StringIO()))
    assert started == [passes[1]]
    assert [row["state"] for row in read_run(tmp_path)["passes"]] == ["done", "planned", "done", "done"]


def test_a_worker_that_dies_outside_any_case_ends_the_run(tmp_path):
    pairs = tmp_path / "dies.py"
    pairs.write_text(pair_files.DIES_AT_IMPORT)
    done = run_with_forks(*options(pairs, tmp_path / "runs"), scratch=tmp_path)
    assert done.returncode == 1
    assert done.stderr.splitlines()[0] == "pass 0 its process ended with exit status 7:"
    assert Run.open(folder_of(tmp_path / "runs")).facts["state"] == "partial"


def test_a_users_pytest_settings_stay_out_of_the_passes(small_run):
    """The small run is made under some that would end every pass."""
    assert small_run.hostile["PYTEST_ADDOPTS"] == "--no-such-option"
    assert small_run.run.facts["state"] == "complete"
