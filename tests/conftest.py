"""Shared by tests of several rooms: one small run, measured once; and the order in which workers take the files."""

import fcntl
import gc
import json
import os
from collections.abc import Callable, Generator, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

from benchmarks import cgroup
from benchmarks.running import place
from benchmarks.running.run import Run
from tests.support import frozen, pair_files
from tests.support.commands import SMALL, bench

#: Fixtures that make a test slow: whole runs, pairs for them, a browser, and processes that hold locks.
SLOW_FIXTURES = {"small_run", "honest", "driver", "holder", "holder_of_cards"}


@pytest.hookimpl(optionalhook=True)  # known where xdist is installed
def pytest_xdist_auto_num_workers() -> int:
    """A worker more than there are cores: a fifth of the tests' time is waiting for processes that start and end."""
    return (os.cpu_count() or 1) + 1


@pytest.hookimpl(tryfirst=True)  # before -m chooses
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Marks tests as slow by their fixtures, and gives workers (--dist=loadfile) the files with slow tests first."""
    for item in items:
        if SLOW_FIXTURES.intersection(getattr(item, "fixturenames", ())):
            item.add_marker("slow")
    if hasattr(config, "workerinput"):
        slow = {item.path for item in items if item.get_closest_marker("slow")}
        items.sort(key=lambda item: item.path not in slow)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is loaded stays: to look for garbage meanwhile takes a third of the time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def pytest_collection_finish() -> None:
    frozen.freeze_loaded()


def pytest_runtest_teardown() -> None:
    frozen.freeze_again()


@dataclass(frozen=True)
class SmallRun:
    """A complete run of two pairs at 1 Ki, and what its command printed."""

    folder: Path
    options: tuple[str, ...]
    hostile: dict[str, str]  #: variables of its environment that must not matter
    out: str
    err: str

    @property
    def run(self) -> Run:
        return Run.open(self.folder)


@pytest.fixture(scope="session", autouse=True)
def own_locks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Tests in this process hold no lock of the machine; see `own_machine` for other processes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(place, "LOCKS", tmp_path_factory.mktemp("locks"))
        yield


@pytest.fixture(scope="session")
def small_run(tmp_path_factory: pytest.TempPathFactory) -> SmallRun:
    """The small run, made by the first worker that asks; the others wait for it and read it."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent  # of all workers of this session
    made = shared / "small-run.json"
    with (shared / "small-run.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            run = _measured(tmp_path_factory.mktemp("small"))
            made.write_text(json.dumps(asdict(run), default=str))
    stored = json.loads(made.read_text())
    return SmallRun(**{**stored, "folder": Path(stored["folder"]), "options": tuple(stored["options"])})


def _measured(scratch: Path) -> SmallRun:
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
def memory_group() -> Iterator[Callable[[int], Callable[[], object]]]:
    """Makes a memory cgroup of a size in bytes; returns a `preexec_fn` that moves a new process there."""
    own = [folder for folder, *_ in cgroup._memory_groups(cgroup.PROC) if (folder / cgroup.V1.limits[0]).exists()]
    if not own or not os.access(own[0], os.W_OK):
        pytest.skip("needs the right to make a memory cgroup (of version 1)")
    group = own[0] / f"inplace-benchmarks-{os.getpid()}"

    def make(limit_bytes: int) -> Callable[[], object]:
        group.mkdir()
        (group / cgroup.V1.limits[0]).write_text(str(limit_bytes))
        return lambda: (group / "cgroup.procs").write_text(str(os.getpid()))

    yield make
    if group.exists():
        group.rmdir()


@pytest.fixture
def honest(tmp_path: Path) -> Path:
    """A file of `pair_files.COUNT` pairs that keep their promises, each of one case."""
    path = tmp_path / "honest.py"
    path.write_text(pair_files.honest(pair_files.COUNT))
    return path
