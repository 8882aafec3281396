"""The suite's commands as processes of their own, each with a folder of its own for temporary files and for locks."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Collection
from pathlib import Path

ROOT = Path(__file__).parents[2]

#: A run of one short timed pass under each heap regime.
SMALL = ("--preset", "smoke", "--device", "cpu", "--threads", "1", "--seconds", "0.01", "--passes", "1")
LIMIT_S = 150


def bench(*arguments: str, scratch: Path, limit_s: float = LIMIT_S, **changes) -> subprocess.CompletedProcess:
    """Run `python -m benchmarks ...` to its end."""
    return _finished([sys.executable, "-m", "benchmarks", *arguments], scratch, limit_s, **changes)


def by_pytest(*arguments: str, scratch: Path, **changes) -> subprocess.CompletedProcess:
    """Run `pytest benchmarks ...` to its end."""
    return _finished(pytest_command(*arguments), scratch, **changes)


def start_bench(*arguments: str, scratch: Path, **changes) -> subprocess.Popen:
    """Start `python -m benchmarks ...`."""
    return _start([sys.executable, "-m", "benchmarks", *arguments], scratch, **changes)


def start_pytest(*arguments: str, scratch: Path, **changes) -> subprocess.Popen:
    """Start `pytest benchmarks ...`."""
    return _start(pytest_command(*arguments), scratch, **changes)


def pytest_command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "pytest", "benchmarks", "-q", "-p", "no:cacheprovider", *arguments]


def user_environment(scratch: Path) -> dict[str, str]:
    """Return the environment of a user's shell, without variables of test workers. See `own_machine`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_XDIST")}
    return {**kept, "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "tests/own_machine"))), "TMPDIR": str(scratch)}


def _start(
    command: list[str],
    scratch: Path,
    ignored: Collection[int] = (),
    preexec_fn: Callable[[], object] | None = None,
    **changes,
) -> subprocess.Popen:
    """Start a command. `ignored`: which of SIGINT and SIGHUP it ignores from the start; others have their defaults."""
    scratch.mkdir(parents=True, exist_ok=True)
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=user_environment(scratch),
        preexec_fn=disposing(ignored, preexec_fn),
        **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **changes},
    )


def disposing(ignored: Collection[int] = (), also: Callable[[], object] | None = None) -> Callable[[], object] | None:
    """Return a function that sets the signals of a new process, or `also` if they are right already.

    They may be wrong because tests run in the background, or under nohup.
    """
    wanted = {number: number in ignored for number in (signal.SIGINT, signal.SIGHUP)}
    wrong = {number: i for number, i in wanted.items() if i != (signal.getsignal(number) == signal.SIG_IGN)}
    if not wrong:
        return also

    def dispose() -> None:
        for number, is_ignored in wrong.items():
            signal.signal(number, signal.SIG_IGN if is_ignored else signal.SIG_DFL)
        if also is not None:
            also()

    return dispose


def _finished(command: list[str], scratch: Path, limit_s: float = LIMIT_S, **changes) -> subprocess.CompletedProcess:
    with _start(command, scratch, **changes) as process:
        try:
            out, err = process.communicate(timeout=limit_s)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    return subprocess.CompletedProcess(command, process.returncode, out, err)
