"""A full folder for temporary files is named as such, and not the folder of the run."""

import errno
import os
import tempfile

import pytest

from benchmarks import temporary
from benchmarks.temporary import folder_of_output, names_folder, temporary_file
from tests.support.commands import SMALL
from tests.support.forked import run_with_forks

FULL = OSError(errno.ENOSPC, "No space left on device")


def fails(*_):
    raise OSError(FULL.errno, FULL.strerror)


def test_an_error_that_names_no_file_names_the_folder(monkeypatch):
    with pytest.raises(OSError) as unnamed, names_folder():
        fails()
    assert (unnamed.value.filename, unnamed.value.strerror) == (tempfile.gettempdir(), FULL.strerror)
    with pytest.raises(OSError) as named, names_folder():
        raise OSError(errno.ENOSPC, FULL.strerror, "its own")
    assert named.value.filename == "its own"
    monkeypatch.setattr(temporary.tempfile, "TemporaryFile", fails)
    with pytest.raises(OSError) as unmade, temporary_file():
        pass
    assert unmade.value.filename == tempfile.gettempdir()


def test_what_goes_wrong_beside_a_file_is_not_the_folders():
    with pytest.raises(OSError) as error, temporary_file():
        fails()
    assert error.value.filename is None


def test_no_folder_at_all_is_called_by_its_variable(monkeypatch):
    def none():
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/nowhere']")

    monkeypatch.setattr(temporary.tempfile, "gettempdir", none)
    with pytest.raises(FileNotFoundError) as error, names_folder():
        none()
    assert error.value.filename == "TMPDIR"


@pytest.mark.parametrize(
    "again, named",
    [(FULL, True), (OSError(errno.EPIPE, "Broken pipe"), False), (None, False)],
    ids=["fails alike", "fails otherwise", "works"],
)
def test_output_that_fails_alike_lies_in_the_folder(monkeypatch, again, named):
    def write(number, data):
        assert number == 1
        if again:
            raise again
        return len(data)

    monkeypatch.setattr(temporary.os, "write", write)
    assert folder_of_output(FULL) == (tempfile.gettempdir() if named else None)


@pytest.fixture
def full_folder(tmp_path):
    """A file system with one page left, which the check of the folder gets and gives back."""
    folder = tmp_path / "full"
    folder.mkdir()
    if os.geteuid() != 0 or os.system(f"mount -t tmpfs -o size=64k tmpfs {folder} 2>/dev/null") != 0:
        pytest.skip("needs the right to mount a file system")
    try:
        (folder / "fill").write_bytes(bytes(60 * 1024))
        yield folder
    finally:
        os.system(f"umount {folder}")


@pytest.mark.slow
def test_a_run_names_the_folder_that_is_full(tmp_path, full_folder):
    out = tmp_path / "runs"
    tiny = (*SMALL, "--pair", "exp", "--numel", "1Ki", "--no-report")
    done = run_with_forks("run", *tiny, "--out", str(out), scratch=full_folder)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == f"error: {full_folder}: No space left on device"
    assert str(out) not in done.stderr
