"""One run at a time: the second is told who runs, and a holder that died holds nothing."""

import fcntl
import multiprocessing
import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.running import lock
from tests.support.commands import LIMIT_S, ROOT

#: What the holder's process and this one call the cards.
THEIRS, OURS = {"cuda:0": "GPU-a", "cuda:4": None}, {"cuda:0": "GPU-b", "cuda:1": "GPU-a", "cuda:4": None}


@pytest.fixture
def holder(tmp_path, monkeypatch):
    yield from _holding(tmp_path, monkeypatch, {}, {}, "cpu", "cuda:0")


@pytest.fixture
def holder_of_cards(tmp_path, monkeypatch):
    """It sees one of the machine's cards, this process two."""
    yield from _holding(tmp_path, monkeypatch, THEIRS, OURS, "cuda:0", "cuda:4")


def _holding(folder, monkeypatch, theirs, ours, *devices):
    """A process that holds the devices' locks: forked, as to load torch anew takes two seconds."""
    context = multiprocessing.get_context("fork")
    holds = context.Event()
    process = context.Process(target=_hold, args=(folder, theirs, devices, holds))
    process.start()
    assert holds.wait(LIMIT_S)
    monkeypatch.setattr(lock, "uuid_of", ours.get)
    yield process
    process.kill()
    process.join()


def _hold(folder, uuids, devices, holds):
    lock.uuid_of = uuids.get
    with lock.hold(devices, "make bench PRESET=full", folder):
        holds.set()
        time.sleep(600)


def held(folder: Path, *devices: str) -> bool:
    try:
        with lock.hold(devices, "a test", folder):
            return False
    except lock.Busy:
        return True


def test_a_holder_that_has_not_said_who_it_is_is_another_process(tmp_path):
    path = tmp_path / "inplace-benchmarks-cpu.lock"
    with path.open("w") as mine:
        fcntl.flock(mine, fcntl.LOCK_EX)
        with pytest.raises(lock.Busy, match=r"^cpu is in use by another run: another process; "):
            lock.hold(["cpu"], "a test", tmp_path).__enter__()


def test_the_second_is_told_who_runs_what(holder, tmp_path):
    for device in ("cpu", "cuda:0"):
        with pytest.raises(lock.Busy) as busy, lock.hold([device], "a test", tmp_path):
            pass
        line = str(busy.value)
        assert line.startswith(f"{device} is in use by another run: process {holder.pid}, make bench PRESET=full")
        assert "\n" not in line and str(tmp_path) in line


def test_a_gpus_lock_is_the_cards_whatever_number_it_has(holder_of_cards, tmp_path):
    assert not held(tmp_path, "cuda:0"), "another card that is called as the held one is called there"
    with (
        pytest.raises(lock.Busy, match=r"^cuda:1 is in use by another run") as busy,
        lock.hold(["cuda:1"], "", tmp_path),
    ):
        pass
    assert "GPU-a.lock" in str(busy.value)
    assert held(tmp_path, "cuda:4"), "without a UUID the number is the name"


def test_two_names_of_one_card_are_held_once(tmp_path, monkeypatch):
    monkeypatch.setattr(lock, "uuid_of", lambda device: "GPU-a")
    with lock.hold(["cuda:0", "cuda:1"], "a test", tmp_path):
        assert held(tmp_path, "cuda:5")


def test_a_dead_holders_lock_is_free(holder, tmp_path):
    assert held(tmp_path, "cpu")
    holder.kill()
    holder.join()
    assert not held(tmp_path, "cpu", "cuda:0")
    (tmp_path / "inplace-benchmarks-cpu.lock").write_text("process 1, what a holder that was killed has left behind")
    with lock.hold(["cpu"], "a", tmp_path):
        assert (tmp_path / "inplace-benchmarks-cpu.lock").read_text() == f"process {os.getpid()}, a"


def test_other_devices_are_free_and_nothing_is_kept_of_a_refused_hold(holder, tmp_path):
    with lock.hold(["cuda:1"], "a test", tmp_path):
        assert held(tmp_path, "cuda:1")
        assert held(tmp_path, "cuda:0", "cuda:2")
        assert not held(tmp_path, "cuda:2")


def test_a_lock_is_let_go_at_the_end_and_after_a_failure(tmp_path):
    with pytest.raises(KeyError), lock.hold(["cpu", "cpu"], "a test", tmp_path):
        assert held(tmp_path, "cpu")
        raise KeyError
    assert not held(tmp_path, "cpu")
    assert (tmp_path / "inplace-benchmarks-cpu.lock").read_text() == ""


def test_the_file_is_for_every_user_whatever_the_umask(tmp_path):
    before = os.umask(0o077)
    try:
        with lock.hold(["cpu"], "a test", tmp_path):
            pass
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "inplace-benchmarks-cpu.lock").stat().st_mode) == 0o666


def test_what_a_holder_wrote_moves_no_cursor(holder, tmp_path):
    (tmp_path / "inplace-benchmarks-cpu.lock").write_text("process 1,\x1b[2J\nmore")
    with pytest.raises(lock.Busy) as busy, lock.hold(["cpu"], "a test", tmp_path):
        pass
    assert r"process 1,\x1b[2J\nmore" in str(busy.value)


def test_a_runs_folder_is_held_by_one_process(tmp_path):
    with (
        lock.hold_run(tmp_path),
        pytest.raises(lock.Busy, match="is being measured by another"),
        lock.hold_run(tmp_path),
    ):
        pass
    with lock.hold_run(tmp_path):
        pass
    assert not list(tmp_path.iterdir()), "nothing is left in it"


def test_a_folder_that_cannot_hold_a_lock_is_an_os_error_that_names_it(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(NotADirectoryError) as error, lock.hold(["cpu"], "a test", tmp_path / "file"):
        pass
    assert str(tmp_path) in str(error.value.filename)


def test_the_place_is_one_for_all_settings(tmp_path):
    """In a process of no test: nothing that a shell sets moves it."""
    environment = {**os.environ, "TMPDIR": str(tmp_path), "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", "from benchmarks.running import place; print(place.LOCKS)"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ROOT)
    assert done.stdout == "/tmp\n"


def test_those_that_count_bytes_share_and_keep_out_who_times(tmp_path):
    with lock.hold(["cpu"], "one", tmp_path, shared=True), lock.hold(["cpu"], "two", tmp_path, shared=True):
        assert held(tmp_path, "cpu")
    with lock.hold(["cpu"], "times", tmp_path), pytest.raises(lock.Busy, match="times"):  # noqa: SIM117  # only the second must raise
        with lock.hold(["cpu"], "counts", tmp_path, shared=True):
            pass
