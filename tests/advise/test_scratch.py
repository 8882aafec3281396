"""A scratch folder: it shows the user's files, and nothing that is written below it reaches them."""

import subprocess
from pathlib import Path

import pytest
import torch

from benchmarks.advise.answers.printed_effects import effects_lines
from benchmarks.advise.user import scratch
from benchmarks.advise.user.forked import in_fork
from benchmarks.advise.user.question import Question
from benchmarks.advise.user.scratch import TooManyFiles, in_scratch, scratch_folder, work_in_scratch
from benchmarks.advise.user.side_effects import note_side_effects
from benchmarks.advise.user.whose_file import path_as_shown

LARGE = b"large" * (scratch.COPIED_BYTES // 4)


@pytest.fixture
def project(tmp_path, monkeypatch):
    folder = tmp_path / "project"
    (folder / "sub").mkdir(parents=True)
    (folder / ".git").mkdir()
    for name in ("small.txt", "sub/log.txt"):
        (folder / name).write_text("small")
    for name in ("added.bin", "changed.bin", "saved.bin", "removed.bin", "read.bin"):
        (folder / name).write_bytes(LARGE)
        (folder / name).chmod(0o444)  # a link is shown
    (folder / "open.bin").write_bytes(LARGE)
    monkeypatch.chdir(folder)
    return folder


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _work(folder: str, outside: Path) -> dict[str, list[str]]:
    work_in_scratch(folder)
    with note_side_effects() as seen:
        assert Path("read.bin").read_bytes() == LARGE and Path("small.txt").read_text() == "small"
        with Path("added.bin").open("ab") as added, Path("changed.bin").open("r+b") as changed:
            added.write(b"more")
            changed.write(b"other")
        torch.save([1], "saved.bin")
        subprocess.run(["/bin/sh", "-c", "echo more >> open.bin"], check=True)
        Path("removed.bin").unlink()
        Path("sub/log.txt").write_text("more")
        Path("new").mkdir()
        Path("new/file.txt").write_text("more")
        outside.write_text("more")
    assert Path("added.bin").read_bytes() == LARGE + b"more" and torch.load("saved.bin") == [1]
    assert Path("changed.bin").stat().st_size == len(LARGE)
    assert not Path(".git").exists() and path_as_shown(str(Path(seen.files[0]).parent)) == str(folder)
    assert Path("open.bin").stat().st_size == len(LARGE) + 5
    return {"writes": seen.files, "connections": [], "processes": [], "threads": []}


def test_what_is_written_stays_in_it_and_other_files_are_named(project, tmp_path):
    before, outside = _contents(project), tmp_path / "outside.txt"
    with in_scratch(Question(scratch=True)) as (question, made):
        assert made is not None
        found = in_fork(lambda: _work(question.folder, outside), 60)
        lines = list(effects_lines({**found, "scratch": question.folder, "reached": made.changed()}))
    assert _contents(project) == before and not Path(question.folder).exists()
    assert lines == [
        "Files are written in the scratch folder, which is deleted: "
        "added.bin, changed.bin, saved.bin, sub/log.txt, new/file.txt.",
        f"Files are written outside of the scratch folder: {outside}.",
    ]


def test_a_write_that_python_does_not_see_is_found_afterwards(project):
    with scratch_folder(project) as made:
        assert not made.changed()
        (made.path / "read.bin").write_bytes(b"as compiled code would")
        assert made.changed() == [str(project / "read.bin")]


def test_a_folder_with_more_to_copy_than_the_limit_is_refused(project, monkeypatch):
    monkeypatch.setattr(scratch, "ALL_COPIED_BYTES", len(LARGE))
    monkeypatch.setattr(scratch, "_shares_bytes", lambda file, to: False)
    with pytest.raises(TooManyFiles, match=r"larger than 1 MiB .*\(\w+\.\w+\)"), scratch_folder(project):
        pass


def test_a_folder_with_too_many_files_is_refused(project, monkeypatch):
    monkeypatch.setattr(scratch, "MOST_ENTRIES", 3)
    with pytest.raises(TooManyFiles, match="more than 3 files"), scratch_folder(project):
        pass
