"""A lock's file where everybody may write: nothing planted there is followed, written or waited for."""

import errno
import os

import pytest

from benchmarks.running import locked_file as module
from benchmarks.running.locked_file import Held, held_in_turn, locked_file, locked_folder


@pytest.mark.parametrize("target", ["precious", "missing"])
def test_a_planted_link_is_neither_followed_nor_made(tmp_path, target):
    (tmp_path / "precious").write_text("all that I have")
    path = tmp_path / "lock"
    path.symlink_to(tmp_path / target)
    with (
        pytest.raises(OSError, match="is a symbolic link; remove it") as error,
        locked_file(tmp_path / "lock", "a test"),
    ):
        pass
    assert error.value.filename == str(path)
    assert (tmp_path / "precious").read_text() == "all that I have" and not (tmp_path / "missing").exists()


def test_a_planted_second_name_of_a_file_is_not_written(tmp_path):
    (tmp_path / "precious").write_text("all that I have")
    (tmp_path / "lock").hardlink_to(tmp_path / "precious")
    with pytest.raises(OSError, match="a hard link"), locked_file(tmp_path / "lock", "a test"):
        pass
    assert (tmp_path / "precious").read_text() == "all that I have"


def test_a_planted_fifo_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "lock")
    with pytest.raises(OSError, match="is no regular file"), locked_file(tmp_path / "lock", "a test"):
        pass


def test_a_file_removed_before_it_was_held_is_another_ones(tmp_path, monkeypatch):
    """As what tidies a folder up may do: who comes next would hold a new file beside the old one."""
    path, flock = tmp_path / "lock", module.fcntl.flock
    removed = []

    def remove_then_lock(handle, kind):
        if not removed:
            path.unlink()
            removed.append(path)
        flock(handle, kind)

    monkeypatch.setattr(module.fcntl, "flock", remove_then_lock)
    with locked_file(tmp_path / "lock", "a test"), pytest.raises(Held), locked_file(path, "another"):
        pass
    assert removed


def test_a_shared_file_is_held_by_many_or_by_one(tmp_path):
    path = tmp_path / "lock"
    with (
        locked_file(path, "one", shared=True),
        locked_file(path, "two", shared=True),
        pytest.raises(Held, match=r"^two$"),
        locked_file(path, "three"),
    ):
        pass
    with (
        locked_file(path, "three"),
        pytest.raises(Held, match=r"^three$"),
        locked_file(path, "four", shared=True),
    ):
        pass


def test_a_file_system_that_does_not_lock_folders_refuses_no_run(tmp_path, monkeypatch):
    def refuse(handle, kind):
        raise OSError(errno.EBADF, "Bad file descriptor")

    monkeypatch.setattr(module.fcntl, "flock", refuse)
    with locked_folder(tmp_path), held_in_turn(tmp_path / "slot", 0.0) as handle:
        assert os.fstat(handle).st_size == 0
