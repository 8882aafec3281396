"""What several rooms' tests share: one small run, measured once."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from benchmarks.running.run import Run
from tests import pair_files
from tests.commands import SMALL, bench


@dataclass(frozen=True)
class SmallRun:
    """A complete run of two pairs at 1 Ki, and what its command printed."""

    folder: Path
    options: tuple[str, ...]
    hostile: dict[str, str]  #: what its environment held, and must not matter
    out: str
    err: str

    @property
    def run(self) -> Run:
        return Run.open(self.folder)


@pytest.fixture(scope="session")
def small_run(tmp_path_factory: pytest.TempPathFactory) -> SmallRun:
    scratch = tmp_path_factory.mktemp("small")
    options = (*SMALL, "--pair", "add,relu", "--numel", "1Ki", "--label", "small")
    hostile = {"PYTEST_ADDOPTS": "--no-such-option", "MALLOC_ARENA_MAX": "1"}
    with pytest.MonkeyPatch.context() as environment:
        for name, value in hostile.items():
            environment.setenv(name, value)
        done = bench("run", *options, "--out", str(scratch / "runs"), "--no-report", scratch=scratch)
    assert done.returncode == 0, done.stderr
    (folder,) = (scratch / "runs").iterdir()
    return SmallRun(folder, options, hostile, done.stdout, done.stderr)


@pytest.fixture
def honest(tmp_path: Path) -> Path:
    """A file of `pair_files.COUNT` pairs that keep their promises, each of one case."""
    path = tmp_path / "honest.py"
    path.write_text(pair_files.honest(pair_files.COUNT))
    return path
