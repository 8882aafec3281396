"""Two runs at a time: the second is refused, also where it has another TMPDIR, and so is RESUME= of one that runs."""

import pytest

from benchmarks.entry import IN_USE
from benchmarks.record.folder import read_run
from benchmarks.running import place
from tests.support import pair_files
from tests.support.commands import LIMIT_S, SMALL
from tests.support.forked import ForkedCommand, pytest_with_fork, run_with_forks
from tests.support.stored import folder_of, lines_in, options, wait_for

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """A run at work for as long as it is asked about: its process, its folder, and where its locks lie."""
    scratch = tmp_path_factory.mktemp("running")
    pairs, out = scratch / "honest.py", scratch / "runs"
    pairs.write_text(pair_files.honest(pair_files.COUNT))
    with ForkedCommand(*options(pairs, out, "--passes", "99"), scratch=scratch) as process:
        wait_for(lambda: lines_in(out) >= 2, process)
        yield process, folder_of(out), scratch
        process.terminate()
        process.communicate(timeout=LIMIT_S)


def test_a_second_run_is_refused_and_told_who_holds_the_machine(running, tmp_path):
    process, _, locks = running
    second = run_with_forks("run", *SMALL, "--pair", "exp", "--out", str(tmp_path / "second"), scratch=locks)
    assert second.returncode == IN_USE and not (tmp_path / "second").exists()
    assert f"cpu is in use by another run: process {process.pid}, " in second.stderr


def test_by_hand_counting_bytes_is_refused_beside_a_run_that_times(running, tmp_path):
    by_hand = ("-p", "no:hypothesispytest", *SMALL[:-2], "--numel", "1Ki", "--pair", "exp", "--measure", "memory")
    _, _, locks = running
    second = pytest_with_fork(*by_hand, "--out", str(tmp_path / "second"), scratch=locks)
    assert second.returncode == 2 and not (tmp_path / "second").exists()


def test_a_running_run_is_not_taken_up_whatever_the_place_of_the_locks(running, tmp_path):
    """As from another container, or another machine with the same disk: its machine's locks lie elsewhere."""
    _, folder, _ = running
    second = run_with_forks("run", "--resume", str(folder), scratch=tmp_path)
    assert second.returncode == IN_USE
    assert second.stderr == f"error: {folder} is being measured by another process; wait for it or stop it\n"
    assert read_run(folder)["state"] == "partial"


def test_nothing_that_tests_start_holds_the_machines_own_lock(running):
    _, _, locks = running
    assert (locks / "inplace-benchmarks-cpu.lock").read_text().startswith("process ")
    assert str(place.LOCKS) != "/tmp"
