"""Whole runs as real processes: what crashes, hangs or is killed costs one case, and every run can be finished."""

import json
import signal
import time
from pathlib import Path

import psutil
import pytest

from benchmarks import record
from benchmarks.plan import make_plan
from benchmarks.run import Pass, Run
from tests import pair_files
from tests.commands import LIMIT_S, SMALL, bench, start_bench

COUNT = 5
PASSES = 3  #: of memory, and two of time


def options(pairs: Path, out: Path, *more: str) -> tuple[str, ...]:
    return ("run", *SMALL, "--passes", "2", "--pairs", str(pairs), "--numel", "1Ki", "--out", str(out), *more, "--no-report")


def stored(folder: Path) -> dict:
    return {(out.case, out.kind, out.pass_number): (out, into) for out, into in record.read_journal(folder)}


def planned(folder: Path) -> set:
    """What an undisturbed run stores."""
    run = record.read_run(folder)
    passes = [Pass(row["pass_number"], row["kind"], row["allocator"]) for row in run["passes"]]
    cases = make_plan(run["options"]).cases
    return {(case, each.kind, each.pass_number) for each in passes for case in cases if each.covers(case)}


def wait_for(condition, process):
    """Until `condition()` holds; the run must not end before."""
    ends = time.monotonic() + LIMIT_S
    while not condition():
        assert process.poll() is None and time.monotonic() < ends, process.communicate()
        time.sleep(0.01)


def folder_of(out: Path) -> Path:
    (folder,) = out.iterdir()
    return folder


def lines_in(out: Path) -> int:
    journals = list(out.glob(f"*/{record.JOURNAL_FILE}"))
    return journals[0].read_bytes().count(b"\n") if journals else 0


@pytest.fixture
def honest(tmp_path):
    path = tmp_path / "honest.py"
    path.write_text(pair_files.honest(COUNT))
    return path


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
    assert all(out.case.allocator == regimes[out.pass_number] for out in timed)


@pytest.fixture(scope="module")
def troubled(tmp_path_factory):
    """One run of pairs that raise, hang, crash, are killed and exit, between two that do not."""
    scratch = tmp_path_factory.mktemp("troubled")
    pairs = scratch / "trouble.py"
    pairs.write_text(pair_files.TROUBLE)
    out = scratch / "runs"
    done = bench(*options(pairs, out, "--case-limit", "5", "--passes", "1"), scratch=scratch)
    assert done.returncode == 0, done.stderr
    return folder_of(out), done


@pytest.mark.parametrize(
    "pair, state, reason",
    [
        ("fails", "crashed", "IndexError: no such thing"),
        ("hangs", "hung", "no end after 5 s, stopped"),
        ("segfaults", "crashed", "its process was ended by SIGSEGV"),
        ("killed", "crashed", "its process was ended by SIGKILL (perhaps the kernel's out-of-memory killer)"),
        ("exits", "crashed", "its process ended with exit status 3"),
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
        ("memory", "crashed", "its process was ended by SIGSEGV")
    ]


def test_the_run_goes_on_and_the_others_lose_nothing(troubled):
    folder, _ = troubled
    assert record.read_run(folder)["state"] == "complete"
    for pair in ("fine_first", "fine_last"):
        rows = {out.kind: out for (case, _, _), (out, _) in stored(folder).items() if case.pair == pair}
        assert {kind: out.state for kind, out in rows.items()} == {"memory": record.OK, "time": record.OK}
        assert len(rows["time"].times_s) >= 6
    assert {key for key in planned(folder) if key[0].pair != "dies_at_once"} <= set(stored(folder))
    names = [each["extra_info"]["pair"] for each in json.loads((folder / "pytest-benchmark-1.json").read_text())["benchmarks"]]
    assert sorted(set(names)) == ["fine_first", "fine_last"]


def test_a_worker_killed_from_outside_costs_at_most_its_case(honest, tmp_path):
    with start_bench(*options(honest, tmp_path / "runs"), scratch=tmp_path) as process:
        wait_for(lambda: lines_in(tmp_path / "runs") >= 4, process)
        (worker,) = psutil.Process(process.pid).children()
        worker.send_signal(signal.SIGKILL)
        assert process.wait(LIMIT_S) == 0, process.communicate()
    folder = folder_of(tmp_path / "runs")
    assert record.read_run(folder)["state"] == "complete"
    lost = [out for out, _ in stored(folder).values() if out.state != record.OK]
    assert len(lost) <= 1 and all("SIGKILL" in out.reason for out in lost)
    ended = {out.case for out in lost}
    assert {key for key in planned(folder) if key[0] not in ended} <= set(stored(folder))


def test_a_killed_run_is_finished_with_the_same_cases(honest, tmp_path):
    out = tmp_path / "runs"
    with start_bench(*options(honest, out), scratch=tmp_path) as process:
        wait_for(lambda: lines_in(out) >= 2 * (COUNT + 2), process)  # in the second pass
        workers = psutil.Process(process.pid).children()
        process.kill()
    _, alive = psutil.wait_procs(workers, timeout=60)
    assert len(workers) == 1 and not alive, "a worker ends with its supervisor"
    folder = folder_of(out)
    before = stored(folder)
    assert record.read_run(folder)["state"] == "partial"
    assert COUNT < len(before) < len(planned(folder))
    done = bench("run", "--resume", str(folder), "--no-report", scratch=tmp_path)
    assert done.returncode == 0, done.stderr
    assert set(stored(folder)) == planned(folder) and len(planned(folder)) == COUNT * PASSES
    assert {key: stored(folder)[key] for key in before} == before, "what was stored is never measured again"
    facts = record.read_run(folder)
    assert (facts["state"], {row["state"] for row in facts["passes"]}) == ("complete", {"done"})
    benchmarks = json.loads((folder / "pytest-benchmark-1.json").read_text())["benchmarks"]
    assert len(benchmarks) == 2 * COUNT


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_an_interrupted_run_is_partial_and_says_how_to_finish_it(honest, tmp_path, number):
    out = tmp_path / "runs"
    with start_bench(*options(honest, out), scratch=tmp_path) as process:
        wait_for(lambda: lines_in(out) >= 2, process)
        workers = psutil.Process(process.pid).children()
        process.send_signal(number)
        printed, said = process.communicate(timeout=LIMIT_S)
    folder = folder_of(out)
    assert process.returncode == 130
    assert said.splitlines()[-1] == (
        f"interrupted: {folder} is partial; finish it with: make bench RESUME={folder}"
    )
    assert "Traceback" not in said and printed == ""
    assert record.read_run(folder)["state"] == "partial" and stored(folder)
    assert not any(worker.is_running() and worker.status() != psutil.STATUS_ZOMBIE for worker in workers)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no way to see how far a process came")
def test_interrupted_before_anything_was_measured(honest, tmp_path):
    with start_bench(*options(honest, tmp_path / "runs"), scratch=tmp_path) as process:
        wait_for(lambda: _main_has_begun(process), process)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 130 and said.splitlines()[-1].startswith("interrupted")
    assert "Traceback" not in said


def _main_has_begun(process) -> bool:
    """Whether SIGTERM is caught, which is the first that main() does."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    caught = int(status.split("SigCgt:")[1].split()[0], 16)
    return bool(caught >> (signal.SIGTERM - 1) & 1)


def test_a_worker_that_dies_outside_any_case_ends_the_run(tmp_path):
    pairs = tmp_path / "dies.py"
    pairs.write_text(pair_files.DIES_AT_IMPORT)
    done = bench(*options(pairs, tmp_path / "runs"), scratch=tmp_path)
    assert done.returncode == 1
    assert done.stderr.splitlines()[0] == "pass 0 its process ended with exit status 7:"
    assert Run.open(folder_of(tmp_path / "runs")).facts["state"] == "partial"


def test_a_users_pytest_settings_stay_out_of_the_passes(small_run):
    """The small run is made under some that would end every pass."""
    assert small_run.hostile["PYTEST_ADDOPTS"] == "--no-such-option"
    assert small_run.run.facts["state"] == "complete"
