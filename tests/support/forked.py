"""Processes that are forked from the test's process, not started: runs, pytest by hand, cells of the safety matrix.

To start a process takes two seconds, mostly to load torch, and a test of what pairs do to their processes needs dozens
of them. Tests that set the environment before a process starts (the heap's regime), or that kill the supervisor, use
`tests.support.commands`.
"""

import atexit
import contextlib
import os
import resource
import runpy
import signal
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import IO, NoReturn

import pytest
import torch.fx.experimental.symbolic_shapes  # noqa: F401  # the first gradient of each fork would load it, half a second
from _pytest.assertion.rewrite import AssertionRewritingHook

from benchmarks import process
from benchmarks.cli import main
from benchmarks.entry import enter
from benchmarks.fork import ForkedProcess
from benchmarks.running import place
from tests.support.commands import LIMIT_S, disposing, pytest_command, user_environment


class Fork(ForkedProcess):
    """A fork that runs a function and ends as an interpreter does, with the interface of subprocess.Popen."""

    limit_s = LIMIT_S

    def __init__(self, run: Callable[[], int]) -> None:
        super().__init__(lambda: _end(run), own_group=False)

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class ForkedModule(Fork):
    """`python -m module`, as `benchmarks.process` starts it: a pass of a run, cells of the safety matrix, a hazard."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        env: Mapping[str, str],
        stdin: IO[bytes] | int,
        stdout: IO[bytes],
        stderr: IO[bytes],
        pass_fds: Collection[int],
        start_new_session: bool,
    ) -> None:
        executable, option, module, *arguments = command
        assert (executable, option) == (sys.executable, "-m")
        assert stdout is stderr and start_new_session
        own_input = None if isinstance(stdin, int) else stdin.fileno()
        assert own_input is not None or stdin == subprocess.DEVNULL

        def run() -> int:
            _become([module, *arguments], env, own_input, stdout.fileno(), set(pass_fds))
            return pytest.main(arguments) if module == "pytest" else _run_module(module)

        super().__init__(run)


#: A double of the module `subprocess`, for `benchmarks.process`.
FORKING = SimpleNamespace(**{**vars(subprocess), "Popen": ForkedModule})


class ForkedCommand(Fork):
    """`python -m benchmarks ...` in a fork, which forks its passes. It is a context, as a Popen is.

    Changes that a file of pairs makes while loading stay in the fork. Temporary files and locks are in `scratch`.
    `ignored`: which of SIGINT and SIGHUP it ignores from the start. `preexec_fn` is called first.
    """

    def __init__(
        self,
        *arguments: str,
        scratch: Path,
        ignored: Collection[int] = (),
        preexec_fn: Callable[[], object] | None = None,
    ) -> None:
        self._out, self._err = tempfile.TemporaryFile(), tempfile.TemporaryFile()  # noqa: SIM115  # closed in __exit__
        begin = disposing(ignored, preexec_fn)

        def run() -> int:
            _use_streams(self._out.fileno(), self._err.fileno())
            if begin is not None:
                begin()
            os.environ["TMPDIR"] = tempfile.tempdir = str(scratch)
            place.LOCKS = scratch
            process.subprocess = FORKING  # pyright: ignore[reportAttributeAccessIssue]  # a double
            return enter(lambda: main(list(arguments)))

        scratch.mkdir(parents=True, exist_ok=True)
        super().__init__(run)

    def communicate(self, timeout: float = LIMIT_S) -> tuple[str, str]:
        self.wait(timeout)
        out, err = (os.pread(file.fileno(), 2**20, 0).decode() for file in (self._out, self._err))
        return out, err

    def __enter__(self) -> "ForkedCommand":
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.wait()
        finally:
            self.kill()
            self._out.close()
            self._err.close()


def _become(words: list[str], env: Mapping[str, str], own_input: int | None, log: int, kept: set[int]) -> None:
    """Turn this process into that of the command. `own_input`: its standard input; `kept`: the files it inherits."""
    os.setsid()
    _use_streams(log, log, own_input)
    for start, end in pairwise([2, *sorted(kept), resource.getrlimit(resource.RLIMIT_NOFILE)[0]]):
        os.closerange(start + 1, end)
    for number in kept:
        os.set_inheritable(number, True)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    atexit._clear()
    os.environ.clear()
    os.environ.update(env)
    tempfile.tempdir = None  # it is derived again from the environment
    place.LOCKS = Path(tempfile.gettempdir())
    sys.argv = words
    sys.meta_path[:] = [each for each in sys.meta_path if not isinstance(each, AssertionRewritingHook)]
    pytest.mark._config = None  # that of the test's process


def _run_module(module: str) -> int:
    sys.modules.pop(module, None)  # as in a process that has not imported it
    runpy.run_module(module, run_name="__main__")
    return 0


def _use_streams(output: int, errors: int, own_input: int | None = None) -> None:
    """Set the standard streams of a process that has no terminal. Without `own_input` the input is empty."""
    os.dup2(os.open(os.devnull, os.O_RDONLY) if own_input is None else own_input, 0)
    os.dup2(output, 1)
    os.dup2(errors, 2)
    sys.stdin, sys.stdout, sys.stderr = (os.fdopen(number, "rww"[number], closefd=False) for number in range(3))
    sys.__stdin__, sys.__stdout__, sys.__stderr__ = sys.stdin, sys.stdout, sys.stderr


def _end(command: Callable[[], int]) -> NoReturn:
    """Run a command and end this process as an interpreter does: wait for threads, then run exit handlers."""
    status = 1
    try:
        status = int(command())
        threading._shutdown()
        atexit._run_exitfuncs()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):  # closed, or replaced
            stream.flush()
    os._exit(status)


def run_with_forks(
    *arguments: str, scratch: Path, preexec_fn: Callable[[], object] | None = None
) -> subprocess.CompletedProcess:
    """Run `python -m benchmarks ...` to its end as a `ForkedCommand`."""
    with ForkedCommand(*arguments, scratch=scratch, preexec_fn=preexec_fn) as fork:
        out, err = fork.communicate()
        return subprocess.CompletedProcess(arguments, fork.returncode or 0, out, err)


def pytest_with_fork(*arguments: str, scratch: Path, pass_fds: Collection[int] = ()) -> subprocess.CompletedProcess:
    """Run `pytest benchmarks ...` to its end in a fork. `stdout` of the result holds all that it printed."""
    command = pytest_command(*arguments)
    with (scratch / "printed").open("w+b") as log:
        streams = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log}
        fork = ForkedModule(
            command, env=user_environment(scratch), pass_fds=pass_fds, start_new_session=True, **streams
        )
        try:
            status = fork.wait(LIMIT_S)
        finally:
            if fork.poll() is None:
                os.kill(fork.pid, signal.SIGKILL)
        log.seek(0)
        return subprocess.CompletedProcess(command, status, log.read().decode(errors="replace"), "")
