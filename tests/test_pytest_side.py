"""`pytest benchmarks ...`: readable ids, real calls, one run a session, and records that hold the true rounds."""

import json
import signal
import subprocess
import sys
import xml.etree.ElementTree

import pytest

from benchmarks import record
from benchmarks.record import INPLACE, VARIANTS
from benchmarks.record.folder import JOURNAL_FILE, read_journal, read_run, write_run
from tests.support import pair_files
from tests.support.commands import LIMIT_S, by_pytest, start_pytest
from tests.support.forked import pytest_with_fork
from tests.support.stored import lines_in, wait_for

pytestmark = pytest.mark.slow
#: Hypothesis takes a second to import, at the end of each process, and has no part in what is tested here.
HAND = (
    *("-p", "no:hypothesispytest", "--preset", "smoke", "--layout", "contiguous"),
    *("--device", "cpu", "--threads", "1", "--numel", "1Ki", "--seconds", "0.01"),
)
RELU_INPLACE = "benchmarks/bench_activations.py::bench_inference[relu-1Ki-float32-cpu-1t-inplace]"


@pytest.fixture
def pytest_here(tmp_path):
    def run(*arguments):
        return pytest_with_fork(*HAND, "--out", str(tmp_path / "out"), *arguments, scratch=tmp_path)

    return run


def folder_of(tmp_path):
    (folder,) = (tmp_path / "out").iterdir()
    return folder


def test_ids_read_as_a_sentence_and_collecting_makes_no_run(pytest_here, tmp_path):
    done = pytest_here("--collect-only", "--pair", "add,relu,ceil")
    assert done.returncode == 0
    assert [line for line in done.stdout.splitlines() if "::" in line] == [
        f"benchmarks/bench_{family}.py::bench_{phase}[{pair}-1Ki-float32-cpu-1t-{variant}]"
        for family, phase, pair in (
            ("activations", "inference", "relu"),
            ("activations", "step", "relu"),
            ("pointwise", "inference", "ceil"),
            ("pointwise", "inference", "add"),
            ("pointwise", "step", "add"),
        )
        for variant in VARIANTS
    ]
    assert not (tmp_path / "out").exists()


@pytest.fixture(scope="module")
def one_variant(tmp_path_factory):
    """Only the in-place test is run, by its id; with pytest-benchmark's and junit's files and the events beside it."""
    tmp_path = tmp_path_factory.mktemp("one")
    events = (tmp_path / "events").open("w")
    done = pytest_with_fork(
        *HAND,
        *("--out", str(tmp_path / "out"), "--deselect", RELU_INPLACE.replace("inplace]", "outofplace]")),
        *("--pair", "relu", "-k", "relu and inference", "--benchmark-only"),
        *(f"--benchmark-json={tmp_path / 'own.json'}", f"--junit-xml={tmp_path / 'junit.xml'}"),
        *("--events", str(events.fileno())),
        scratch=tmp_path,
        pass_fds=(events.fileno(),),
    )
    events.close()
    assert done.returncode == 0, done.stdout + done.stderr
    return tmp_path


def test_selecting_one_variant_measures_and_stores_its_pair(one_variant):
    folder = folder_of(one_variant)
    ((out, into),) = read_journal(folder)
    assert (out.variant, into.variant) == VARIANTS
    assert (out.case.pair, out.case.allocator, out.kind, out.pass_number) == ("relu", "inherited", "time", 1)
    assert len(out.times_s) == len(into.times_s) >= 6 and out.verified
    run = read_run(folder)
    assert run["state"] == "complete" and [row["state"] for row in run["passes"]] == ["done"]
    assert run["options"]["select"].startswith("relu and")


def test_its_record_holds_the_journals_own_times(one_variant):
    ((_, into),) = read_journal(folder_of(one_variant))
    (written,) = json.loads((one_variant / "own.json").read_text())["benchmarks"]
    assert tuple(written["stats"]["data"]) == into.times_s
    assert written["extra_info"]["variant"] == INPLACE and written["extra_info"]["pair"] == "relu"
    assert written["name"] == "bench_inference[relu-1Ki-float32-cpu-1t-inplace]"
    assert written["group"] == "inference relu-1Ki-float32-cpu-1t"


def test_junit_names_the_test(one_variant):
    (case,) = xml.etree.ElementTree.parse(one_variant / "junit.xml").iter("testcase")
    assert case.get("name") == "bench_inference[relu-1Ki-float32-cpu-1t-inplace]" and not list(case)


def test_the_stored_file_of_a_pass_holds_every_time_of_the_journal(small_run):
    stored = {
        (measurement.case.phase, measurement.case.pair, measurement.variant): list(measurement.times_s)
        for pair in read_journal(small_run.folder)
        for measurement in pair
        if (measurement.kind, measurement.pass_number) == ("time", 1)
    }
    text = (small_run.folder / "pytest-benchmark-1.json").read_text()
    written = json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is not strict JSON"))
    assert stored == {
        (each["extra_info"]["phase"], each["extra_info"]["pair"], each["extra_info"]["variant"]): each["stats"]["data"]
        for each in written["benchmarks"]
    }
    assert written["machine_info"] == small_run.run.facts["machine"]
    assert written["inplace_benchmarks"]["run"] == small_run.folder.name
    assert written["inplace_benchmarks"]["pass"]["pass_number"] == 1


def test_pytest_benchmark_compares_what_is_stored(small_run, tmp_path):
    command = [sys.executable, "-m", "pytest_benchmark", "compare", "--group-by=group", "--columns=median,rounds"]
    file = small_run.folder / "pytest-benchmark-1.json"
    done = subprocess.run([*command, str(file)], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for phase, pair in (("inference", "add"), ("inference", "relu"), ("step", "add"), ("step", "relu")):
        assert f"benchmark '{phase} {pair}-1Ki-float32-cpu-retained-1t': 2 tests" in done.stdout
        for variant in VARIANTS:
            assert f"bench_{phase}[{pair}-1Ki-float32-cpu-retained-1t-{variant}]" in done.stdout


COUNTED = (
    pair_files.HEAD
    + """
def counted(variant):
    def call(x):
        with open("{log}", "a") as log:
            print(variant.__name__, file=log)
        return variant(x)
    return call
PAIRS = (pair("counted", counted(double), counted(double_), phases=("inference",), verify=False),)
"""
)


def test_disabled_benchmarks_really_call_their_target_once(pytest_here, tmp_path):
    (tmp_path / "counted.py").write_text(COUNTED.replace("{log}", str(tmp_path / "log")))
    done = pytest_here("--benchmark-disable", "--pairs", str(tmp_path / "counted.py"))
    assert done.returncode == 0, done.stdout
    assert (tmp_path / "log").read_text().split() == ["double", "double_"]
    assert not (tmp_path / "out").exists()


def test_skipped_benchmarks_make_no_run(pytest_here, tmp_path):
    done = pytest_here("--benchmark-skip", "--pair", "exp")
    assert done.returncode == 0 and "2 skipped" in done.stdout
    assert not (tmp_path / "out").exists()


def test_a_case_that_does_not_fit_in_memory_is_skipped_and_a_row(pytest_here, tmp_path):
    (tmp_path / "own.py").write_text(pair_files.honest(1))
    done = pytest_here("--pairs", str(tmp_path / "own.py"), "--numel", "1024Gi")
    assert done.returncode == 0 and "2 skipped" in done.stdout, done.stdout
    ((out, into),) = read_journal(folder_of(tmp_path))
    assert out.state == into.state == "out_of_memory" and "MiB are free on cpu" in out.reason


def test_memory_is_measured_by_hand_too(pytest_here, tmp_path):
    assert pytest_here("--measure", "memory", "--pair", "exp", "--numel", "1Ki").returncode == 0
    ((out, into),) = read_journal(folder_of(tmp_path))
    assert (out.kind, out.peak_bytes, into.peak_bytes, out.times_s) == ("memory", 8192, 4096, ())


def test_a_supervisor_is_told_of_each_case_once(one_variant):
    events = [json.loads(line) for line in (one_variant / "events").read_text().splitlines()]
    kinds = [event["event"] for event in events]
    assert kinds == ["plan", *["ceiling"] * kinds.count("ceiling"), "start", "done", "end"]
    assert (events[0]["cases"], events[0]["left"]) == (1, 1)
    ((out, into),) = read_journal(folder_of(one_variant))
    assert events[-2]["log_speedup"] == record.pass_log_speedup(out.times_s, into.times_s)


def test_the_suites_own_tests_may_stand_beside_it(tmp_path):
    """And every plugin that is installed."""
    out = ("--out", str(tmp_path / "out"), "--pair", "exp2")
    done = by_pytest(*HAND[2:], *out, "tests/running/test_lock.py", "-k", "exp2 or let_go", scratch=tmp_path)
    assert done.returncode == 0 and "3 passed" in done.stdout, done.stdout


@pytest.mark.parametrize("ignored", [(), (signal.SIGINT, signal.SIGHUP)], ids=["foreground", "background"])
def test_an_interrupted_session_leaves_a_partial_run_that_can_be_finished(tmp_path, ignored):
    """In the background of a shell without job control, and under nohup, by SIGTERM alone."""
    out = tmp_path / "out"
    words = (*HAND, "--pairs", str(tmp_path / "honest.py"), "--seconds", "0.3", "--out", str(out))
    (tmp_path / "honest.py").write_text(pair_files.honest(pair_files.COUNT))
    with start_pytest(*words, scratch=tmp_path, ignored=ignored) as process:
        wait_for(lambda: lines_in(out) >= 2, process)
        for number in ignored:
            process.send_signal(number)
        measured = lines_in(out)
        wait_for(lambda: not ignored or lines_in(out) > measured, process)
        process.send_signal(signal.SIGTERM if ignored else signal.SIGINT)
        printed, said = process.communicate(timeout=LIMIT_S)
    folder = folder_of(tmp_path)
    assert process.returncode == 2 and "Traceback" not in printed + said, printed + said
    before = list(read_journal(folder))
    assert read_run(folder)["state"] == "partial" and 0 < len(before) < pair_files.COUNT
    (hint,) = (line for line in printed.splitlines() if "finish it with: " in line)
    assert hint.endswith(f"--resume {folder}")
    again = pytest_with_fork(*words, "--resume", str(folder), scratch=tmp_path)
    assert again.returncode == 0, again.stdout
    after = list(read_journal(folder))
    assert read_run(folder)["state"] == "complete" and folder_of(tmp_path) == folder
    assert after[: len(before)] == before and len({pair[0].case for pair in after}) == len(after) == pair_files.COUNT


def test_another_command_does_not_finish_it(one_variant):
    folder = folder_of(one_variant)
    write_run(folder, {**read_run(folder), "state": "partial"})
    stored = (folder / JOURNAL_FILE).read_text()
    done = pytest_with_fork(*HAND, "--pair", "relu", f"--resume={folder}", scratch=one_variant)
    assert done.returncode == 2
    assert f"{folder}: was started with other options; finish it with: pytest benchmarks " in done.stdout + done.stderr
    assert (folder / JOURNAL_FILE).read_text() == stored
