"""Complete means: every planned case has a row in every pass, whatever a pair does to its process."""

import pytest

from benchmarks import record
from benchmarks.record.folder import read_run
from tests.support import pair_files
from tests.support.commands import SMALL
from tests.support.forked import pytest_with_fork, run_with_forks
from tests.support.stored import folder_of, options, planned, stored

pytestmark = pytest.mark.slow

#: What a pair does after its checks: in a case, or to what comes after it.
LEAVES_NO_RESULT = (
    pair_files.HEAD
    + """
import atexit, subprocess, threading
import pytest

def closes_its_files():
    os.closerange(3, 4096)
    time.sleep(600)

def leaves_a_child_with_the_pipe():
    subprocess.Popen(["sleep", "600"], close_fds=False)
    os._exit(0)

def exits_with_0(): os._exit(0)
def skips(): pytest.skip("so")
def returns_twice(): os.fork()
def never_exits(): atexit.register(time.sleep, 600)

def writes_to_every_file():
    for number in range(3, 64):
        try:
            os.write(number, b'{"x": 1}\\n[]\\nnonsense\\n')
        except OSError:
            pass

def once(calls, action):  # returns_twice must not do so in its copy
    count = itertools.count()
    def variant(x):
        if next(count) == calls:
            action()
        return x * 2
    return variant

FAILS = (closes_its_files, leaves_a_child_with_the_pipe, exits_with_0, skips)
ONCE = (returns_twice, never_exits, writes_to_every_file)
PAIRS = (
    pair("fine_first", verify=False),
    *(pair(f.__name__, after(10, f), verify=False) for f in FAILS),
    *(pair(f.__name__, once(10, f), verify=False) for f in ONCE),
    pair("fine_last", verify=False),
)
"""
)
FAILED = {
    "closes_its_files": ("hung", "no end after 3 s, stopped (out-of-place was running)"),
    "leaves_a_child_with_the_pipe": ("crashed", "its process ended with exit status 0 (out-of-place was running)"),
    "exits_with_0": ("crashed", "its process ended with exit status 0 (out-of-place was running)"),
    "skips": ("crashed", "Skipped: so (out-of-place was running)"),
    "returns_twice": ("crashed", "changed for the cases after it: child processes (0, then 1)"),
}
WORKED = ("fine_first", "never_exits", "writes_to_every_file", "fine_last")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    scratch = tmp_path_factory.mktemp("complete")
    pairs = scratch / "pairs.py"
    pairs.write_text(LEAVES_NO_RESULT)
    done = run_with_forks(*options(pairs, scratch / "runs", "--passes", "1", "--case-limit", "3"), scratch=scratch)
    assert done.returncode == 0, done.stderr
    return folder_of(scratch / "runs")


def timed(folder, pair):
    (found,) = [out for (case, kind, _), (out, _) in stored(folder).items() if (case.pair, kind) == (pair, "time")]
    return found


def test_every_planned_case_has_a_row(folder):
    assert read_run(folder)["state"] == "complete"
    assert set(stored(folder)) == planned(folder)


@pytest.mark.parametrize("pair", FAILED)
def test_what_leaves_no_result_is_a_row_with_its_reason(folder, pair):
    assert (timed(folder, pair).state, timed(folder, pair).reason) == FAILED[pair]


@pytest.mark.parametrize("pair", WORKED)
def test_what_disturbs_its_process_and_returns_is_measured_once(folder, pair):
    assert timed(folder, pair).state == record.OK
    lines = [line for line in (folder / "measurements.jsonl").read_text().splitlines() if f'"{pair}"' in line]
    assert len(lines) == 4  # both variants, of the memory pass and of the timed one


CUTS_THE_JOURNAL = (
    pair_files.HEAD
    + """
from pathlib import Path

def cuts():
    for journal in Path({out!r}).glob("*/measurements.jsonl"):
        os.truncate(journal, 0)

PAIRS = (pair("fine", verify=False), pair("cuts", after(10, cuts), verify=False))
"""
)


@pytest.fixture
def cutting(tmp_path):
    """A pair whose timed pass leaves nothing of what the journal held; no other pass does so."""
    path = tmp_path / "cutting.py"
    path.write_text(CUTS_THE_JOURNAL.replace("{out!r}", repr(str(tmp_path / "runs"))))
    return path


def test_what_a_cut_journal_lost_is_counted_and_measured_again(cutting, tmp_path):
    out = tmp_path / "runs"
    cut = run_with_forks(*options(cutting, out, "--passes", "1"), scratch=tmp_path)
    folder = folder_of(out)
    assert (cut.returncode, cut.stdout) == (1, "")
    missing = len(planned(folder)) - len(stored(folder))
    assert missing >= 2, "both cases of the memory pass"
    assert cut.stderr.splitlines()[-2:] == [
        f"{missing} measurements are missing from {folder}/measurements.jsonl",
        f"{folder} is partial; finish it with: make bench RESUME={folder}",
    ]
    facts = read_run(folder)
    assert facts["state"] == "partial" and facts["passes"][0]["state"] == "planned"
    before = stored(folder)
    done = run_with_forks("run", "--resume", str(folder), "--no-report", scratch=tmp_path)
    assert done.returncode == 0, done.stderr
    assert read_run(folder)["state"] == "complete" and set(stored(folder)) == planned(folder)
    assert {key: stored(folder)[key] for key in before} == before, "what was stored is never measured again"


def test_by_hand_a_cut_journal_is_partial_too(cutting, tmp_path):
    by_hand = ("-p", "no:hypothesispytest", *SMALL[:-2], "--numel", "1Ki", "--pairs", str(cutting))
    done = pytest_with_fork(*by_hand, "--out", str(tmp_path / "runs"), scratch=tmp_path)
    folder = folder_of(tmp_path / "runs")
    assert [case.pair for case, *_ in stored(folder)] == ["cuts"], "the other was measured first"
    assert done.returncode == 1 and "4 passed" in done.stdout
    assert "some case has no measurement: the run is partial; finish it with: pytest benchmarks " in done.stdout
    assert read_run(folder)["state"] == "partial"


SPOILS_ITS_RUN = (
    pair_files.HEAD
    + """
import shutil
from pathlib import Path

def of_run(): return next(Path({out!r}).glob("*"))
def deletes(): (of_run() / "run.json").unlink(missing_ok=True)
def overwrites(): (of_run() / "run.json").write_text("{}")
def deletes_and_exits(): deletes(); os._exit(3)
def deletes_all(): shutil.rmtree(of_run())

PAIRS = (pair("fine", verify=False), *(pair(f.__name__, after(10, f), verify=False) for f in {actions}))
"""
)


def spoiling(scratch, actions):
    """A run of pairs that do so in its timed pass."""
    pairs, out = scratch / "pairs.py", scratch / "runs"
    pairs.write_text(SPOILS_ITS_RUN.replace("{out!r}", repr(str(out))).replace("{actions}", actions))
    return run_with_forks(*options(pairs, out, "--passes", "1"), scratch=scratch), out


def test_a_run_whose_facts_are_deleted_or_written_over_goes_on(tmp_path):
    done, out = spoiling(tmp_path, "(deletes, overwrites, deletes_and_exits)")
    assert done.returncode == 0, done.stderr
    folder = folder_of(out)
    facts = read_run(folder)
    assert facts["state"] == "complete" and set(stored(folder)) == planned(folder)
    assert facts["options"]["pairs"] and [row["state"] for row in facts["passes"]] == ["done"] * 2
    states = {out.case.pair: out.state for out, _ in stored(folder).values() if out.kind == "time"}
    assert states == {**dict.fromkeys(["fine", "deletes", "overwrites"], "ok"), "deletes_and_exits": "crashed"}


def test_a_run_whose_folder_is_deleted_ends_in_one_line(tmp_path):
    done, out = spoiling(tmp_path, "(deletes_all,)")
    assert (done.returncode, done.stdout) == (2, "")
    assert not any(out.iterdir())
    line = done.stderr.splitlines()[-1]
    assert str(out) in line and line.endswith(": No such file or directory") and "Traceback" not in done.stderr
