"""The commands as a user types them: output, exit status, and one line for every mistake."""

import os
import re
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from analysis.cli import main
from benchmarks.record.folder import JOURNAL_FILE
from tests.analysis.invented import empty_run
from tests.analysis.unreadable import a_file, foreign, newer, other_lines, torn, with_one_case
from tests.support.commands import ROOT


@pytest.fixture
def analysis_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable:
    """`python -m analysis ...` in this very process, in the test's folder: a process of its own takes seconds."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> subprocess.CompletedProcess:
        try:
            status = main([*map(str, arguments)])
        except SystemExit as error:
            status = error.code
        return subprocess.CompletedProcess(arguments, status, *capsys.readouterr())

    return run


@pytest.mark.parametrize("command", ["report", "answer"])
@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda parent: parent / "missing", "not a run"),
        (lambda parent: parent, "not a run"),
        (a_file, "not a run"),
        (torn, "cannot be read"),
        (newer, "record version 99"),
        (foreign, "not a run of this suite"),
        (other_lines, f"{JOURNAL_FILE}:1"),
        (empty_run, "no measurements"),
    ],
)
def test_what_cannot_be_read_is_one_line(
    tmp_path: Path, analysis_here: Callable, command: str, make: Callable, said: str
) -> None:
    result = analysis_here(command, make(tmp_path))
    assert (result.returncode, result.stdout) == (2, "")
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("arguments", [(), ("frobnicate",), ("answer",), ("report", "--too", "x")])
def test_a_wrong_command_line_is_one_line(tmp_path: Path, analysis_here: Callable, arguments: tuple) -> None:
    result = analysis_here(*arguments)
    assert result.returncode == 2
    assert len(result.stderr.splitlines()) == 1


#: `python -m analysis`, where there is no torch; at its end it tells of modules that it needed and should not.
WITHOUT_TORCH = """
import runpy, sys
class NoTorch:
    def find_spec(self, name, *rest):
        if name.partition('.')[0] == 'torch': raise ImportError('torch is blocked')
sys.meta_path.insert(0, NoTorch())
try:
    runpy.run_module('analysis', run_name='__main__', alter_sys=True)
finally:
    rooms = {name for name in sys.modules if name.startswith('benchmarks')}
    rooms -= {'benchmarks', 'benchmarks.autograd', 'benchmarks.entry', 'benchmarks.waits'}
    assert all('record' in name.split('.') for name in rooms), rooms
    assert 'torch' not in sys.modules
    assert 'matplotlib.pyplot' not in sys.modules
"""


@pytest.mark.slow
def test_report_without_torch_then_answer(tmp_path: Path, analysis_here: Callable) -> None:
    old, new = (with_one_case(empty_run(tmp_path / "results/runs", name=name)) for name in ("2026-old", "2026-young"))
    arguments = [sys.executable, "-c", WITHOUT_TORCH, "report"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    result = subprocess.run(arguments, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)
    path = Path("results/reports/2026-young/report.html")
    assert (result.returncode, result.stderr) == (0, "")
    assert (tmp_path / path).exists()
    assert "speedup of 2.00x" in " ".join(result.stdout.split())
    assert result.stdout.splitlines()[-1] == f"report: {path}"
    assert analysis_here("answer", new).stdout == result.stdout
    assert "report:" not in analysis_here("answer", old).stdout


@pytest.mark.slow
@pytest.mark.usefixtures("no_figures")
def test_several_runs_in_one_report(tmp_path: Path, analysis_here: Callable) -> None:
    runs = [with_one_case(empty_run(tmp_path, name=name)) for name in ("a", "b")]
    result = analysis_here("report", *runs)
    (page,) = re.findall(
        r"^report: (results/reports/a-and-1-more-[0-9a-f]{8}/report.html)$", result.stdout, re.MULTILINE
    )
    assert (tmp_path / page).exists() and "a, cpu:" in result.stdout
    other = analysis_here("report", runs[0], with_one_case(empty_run(tmp_path, name="c")))
    assert page not in other.stdout  # a report of other runs overwrites none of its files


def test_no_run_yet(tmp_path: Path, analysis_here: Callable) -> None:
    result = analysis_here("report")
    assert (result.returncode, len(result.stderr.splitlines())) == (2, 1)
    assert "make bench" in result.stderr


def test_a_partial_run_is_answered_and_says_so(tmp_path: Path, analysis_here: Callable) -> None:
    folder = with_one_case(empty_run(tmp_path, name="run", state="partial"))
    result = analysis_here("answer", folder)
    assert result.returncode == 0
    assert result.stdout.startswith("This run is partial")


@pytest.mark.slow
@pytest.mark.usefixtures("no_figures")
def test_a_torn_last_line_is_no_error(tmp_path: Path, analysis_here: Callable) -> None:
    folder = with_one_case(empty_run(tmp_path))
    with (folder / JOURNAL_FILE).open("a") as journal:
        journal.write('{"record":1,"fam')
    assert analysis_here("report", folder, "--to", tmp_path / "out").returncode == 0


@pytest.mark.slow
@pytest.mark.usefixtures("no_figures")
def test_where_nothing_can_be_written_is_one_line(tmp_path: Path, analysis_here: Callable) -> None:
    folder = with_one_case(empty_run(tmp_path))
    result = analysis_here("report", folder, "--to", a_file(tmp_path))
    assert result.returncode == 2
    assert len(result.stderr.splitlines()) == 1
    assert "cannot be written" in result.stderr


@pytest.fixture
def full_disk() -> Iterator[None]:
    """No file may grow beyond 20 kB: writes fail half-way, as they do on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.slow
@pytest.mark.usefixtures("no_figures")
def test_a_full_disk_is_one_line(tmp_path: Path, analysis_here: Callable, full_disk: None) -> None:
    folder = with_one_case(empty_run(tmp_path))
    stored = (folder / JOURNAL_FILE).read_bytes()
    result = analysis_here("report", folder, "--to", tmp_path / "out")
    assert result.returncode == 2
    assert "cannot be written" in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert (folder / JOURNAL_FILE).read_bytes() == stored
