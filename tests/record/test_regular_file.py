"""What is no file, and never begins or never ends, is refused in one line wherever a user names a file."""

import os
import signal
import socket
from pathlib import Path

import pytest

from analysis.cli import main as analysis
from analysis.report.html.instrument import stored_results
from benchmarks.autograd.record import files as correctness
from benchmarks.autograd.record.files import CorrectnessError
from benchmarks.cli import main as benchmarks
from benchmarks.record.folder import JOURNAL_FILE, RUN_FILE, write_run
from benchmarks.record.regular_file import read_text
from tests.analysis.invented import append_times, around, case, empty_run

LIMIT_S = 20


@pytest.fixture(autouse=True)
def _hangs_fail():
    """Opening a FIFO, or reading a device, would go on for ever."""

    def fail(number, frame):
        raise AssertionError("hangs")

    before = signal.signal(signal.SIGALRM, fail)
    signal.alarm(LIMIT_S)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def put_socket(path: Path):
    here = Path.cwd()
    os.chdir(path.parent)  # the address of a socket is short
    try:
        with socket.socket(socket.AF_UNIX) as one:
            one.bind(path.name)
    finally:
        os.chdir(here)


NO_FILES = {
    "FIFO": os.mkfifo,
    "device": lambda path: path.symlink_to("/dev/zero"),
    "socket": put_socket,
    "folder": Path.mkdir,
    "link to itself": lambda path: path.symlink_to(path),
}


@pytest.fixture(params=NO_FILES)
def put(request):
    """Puts what is no file in the place of one."""

    def put(path):
        path.unlink(missing_ok=True)
        NO_FILES[request.param](path)
        return path

    return put


@pytest.fixture
def run(tmp_path):
    folder = empty_run(tmp_path)
    append_times(folder, case("relu"), around(2.0, 0.01))
    return folder


def test_a_file_is_read(tmp_path):
    (tmp_path / "file").write_text("é\n")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    assert read_text(tmp_path / "file") == read_text(tmp_path / "link") == "é\n"


def test_what_is_none_is_refused_by_name(tmp_path, put):
    with pytest.raises(OSError) as refused:
        read_text(put(tmp_path / "place"))
    assert refused.value.filename in (str(tmp_path / "place"), tmp_path / "place") and refused.value.strerror


@pytest.mark.parametrize("name", [RUN_FILE, JOURNAL_FILE])
@pytest.mark.parametrize("words", [("answer",), ("report",), ("compare",)], ids=" ".join)
def test_the_analysis_says_so(words, name, run, put, capsys):
    put(run / name)
    runs = [run, run] if "compare" in words else [run]
    assert analysis([*words, *map(str, runs)]) == 2
    assert one_line(capsys).startswith(f"{run / name}: cannot be read: ")


@pytest.mark.parametrize("name", [RUN_FILE, JOURNAL_FILE])
def test_no_run_is_finished_from_it(name, run, put, capsys):
    put(run / name)
    assert benchmarks(["run", "--resume", str(run)]) == 2
    assert one_line(capsys).startswith(f"error: {run / name}: cannot be read: ")


@pytest.mark.parametrize("option", ["--cases", "--pairs"])
def test_no_pairs_or_cases_are_read_from_it(option, tmp_path, put, capsys):
    path = put(tmp_path / "place.py")
    assert benchmarks(["run", "--device", "cpu", option, str(path), "--out", str(tmp_path / "out")]) == 2
    assert str(path) in one_line(capsys)


def test_nothing_beside_a_run_is_read_from_it(tmp_path, put):
    path = put(tmp_path / "place.json")
    assert stored_results([path]) == ("", [])
    with pytest.raises(CorrectnessError, match=r"place\.json: "):
        correctness.read(path)


def test_writing_a_run_waits_for_nobody_and_follows_no_link(tmp_path):
    (tmp_path / "file").write_text("another's")
    for place in (os.mkfifo, lambda path: path.symlink_to(tmp_path / "file")):
        place(tmp_path / f"{RUN_FILE}.new")
        write_run(tmp_path, {"state": "partial", "machine": {}})
    assert (tmp_path / "file").read_text() == "another's"


def test_a_folder_that_is_a_link_to_itself_is_no_run(tmp_path, capsys):
    (tmp_path / "run").symlink_to(tmp_path / "run")
    for command, words in ((analysis, ["report"]), (analysis, ["answer"]), (benchmarks, ["run", "--resume"])):
        assert command([*words, str(tmp_path / "run")]) == 2
        assert str(tmp_path / "run") in one_line(capsys)


def one_line(capsys):
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1
    return err
