"""A command's process: a signal at any time is one word and status 130, and no reader of its output has to stay."""

import errno
import os
import pty
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from benchmarks import entry
from benchmarks.entry import INTERRUPTED, SAME_SIGNAL_S, interruptible, run_command
from tests.support.commands import LIMIT_S, ROOT, disposing
from tests.support.stopped_processes import stop_for

pytestmark = pytest.mark.slow  # processes

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
#: After which a command of half a second is late.
LATE_S = 3
#: A command as the suite's are; where its line is printed, it waits for a signal.
COMMAND = """
import sys, time
from benchmarks.entry import DONE, INTERRUPTED, enter, interruptible

def wait():
    print("waiting", flush=True)
    while True:
        time.sleep(0.01)

def loading():
    try:
        wait()
    except BaseException:  # as an import may do with what interrupts it
        raise ImportError("no such module") from None

def working():
    try:
        with interruptible():
            exec("wait()", globals())
    except KeyboardInterrupt:
        print("tidy", flush=True)
        return INTERRUPTED

def ended():
    with interruptible():
        pass
    wait()

def untidy():
    with interruptible():
        try:
            wait()
        finally:
            print("waiting again", flush=True)
            time.sleep(600)

def printing():
    for number in range(1_000):
        print(number, flush=True)
        print("progress", file=sys.stderr)
        if number == 0:
            time.sleep(float(sys.argv[2]))
    return 3

def much():
    try:
        print("x" * 100_000)
    except OSError as error:
        print(f"error: {error.filename}: {error.strerror}", file=sys.stderr)
        return 2
    return DONE

def little():
    print("x")
    return DONE

enter(globals()[sys.argv[1]])
"""


def start(*words, ignored=(), **streams):
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | streams
    command = [sys.executable, "-c", COMMAND, *words]
    return subprocess.Popen(command, cwd=ROOT, text=True, preexec_fn=disposing(ignored), **streams)


def ended_by(number, what, **settings):
    """Status and outputs of a command that is sent a signal while it waits."""
    with start(what, **settings) as process:
        assert process.stdout.readline() == "waiting\n"
        process.send_signal(number)
        out, err = process.communicate(timeout=LIMIT_S)
    return process.returncode, out, err


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
@pytest.mark.parametrize("when, out", [("loading", ""), ("working", "tidy\n"), ("ended", "")])
def test_a_signal_at_any_time_is_status_130(number, when, out):
    assert ended_by(number, when) == (INTERRUPTED, out, "" if out else "interrupted\n")


def test_a_second_signal_ends_what_does_not_end_by_the_first():
    with start("untidy") as process:
        assert process.stdout.readline() == "waiting\n"
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == "waiting again\n"
        process.send_signal(signal.SIGTERM)  # `timeout` sends two
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(SAME_SIGNAL_S)
        process.send_signal(signal.SIGINT)
        assert (process.wait(LIMIT_S), process.stderr.read()) == (INTERRUPTED, "interrupted\n")


@pytest.mark.parametrize("when", ["loading", "working"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP], ids=lambda number: number.name)
def test_what_is_ignored_from_the_start_stays_so_and_sigterm_ends_it(when, number):
    with start(when, ignored=[number]) as process:
        assert process.stdout.readline() == "waiting\n"
        process.send_signal(number)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(LIMIT_S) == INTERRUPTED


def test_handlers_are_put_back():
    before = [signal.getsignal(number) for number in SIGNALS]
    with pytest.raises(KeyboardInterrupt), interruptible():
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(5)
    assert [signal.getsignal(number) for number in SIGNALS] == before


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_pipe_that_nobody_reads_any_more_ends_nothing(stream):
    with start("printing", "0.1") as process:
        getattr(process, stream).readline()
        getattr(process, stream).close()
        rest = (process.stderr if stream == "stdout" else process.stdout).read()
        assert process.wait(LIMIT_S) == 3
    assert len(rest.splitlines()) == 1_000 and "Error" not in rest


def test_a_terminal_that_is_closed_ends_nothing():
    ours, theirs = pty.openpty()
    with start("printing", "0.1", stdout=theirs, stderr=theirs) as process:
        os.read(ours, 1)
        os.close(theirs)
        os.close(ours)
        assert process.wait(LIMIT_S) == 3


@pytest.mark.parametrize("closed", [(1,), (2,), (0, 1, 2)], ids=str)
def test_streams_that_are_closed_from_the_start_end_nothing(closed, tmp_path):
    """And no file is taken for one: the first that is opened would have its number."""
    command = COMMAND.replace("return 3", "return open(sys.argv[3], 'w').fileno()")
    words = [sys.executable, "-c", command, "printing", "0", str(tmp_path / "file")]
    close = partial(os.closerange, closed[0], closed[-1] + 1)
    assert subprocess.run(words, cwd=ROOT, preexec_fn=close, capture_output=True, timeout=LIMIT_S).returncode == 3


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no file stands for a full disk")
@pytest.mark.parametrize("what", ["little", "much"])
def test_output_that_cannot_be_stored_is_one_line_and_status_2(what):
    with Path("/dev/full").open("w") as full, start(what, stdout=full) as process:
        _, err = process.communicate(timeout=LIMIT_S)
    assert (process.returncode, err) == (2, f"error: standard output: {os.strerror(errno.ENOSPC)}\n")


@pytest.mark.parametrize(
    "program, stops",
    [
        ("import time; time.sleep(60)", True),
        ("import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)", True),
        ("pass", False),
    ],
    ids=["stops-when-told", "must-be-killed", "ends-by-itself"],
)
def test_a_command_that_is_late_is_told_to_stop_and_else_killed(monkeypatch, program, stops):
    monkeypatch.setattr(entry, "STOP_S", 0.5)
    status = run_command([sys.executable, "-c", program], 1.0 if stops else 30.0)
    assert status == (None if stops else 0)


def test_time_in_which_both_are_stopped_makes_no_command_late():
    part = "import os, time; print(os.getpid(), flush=True); [time.sleep(0.05) for _ in range(10)]"
    words = [sys.executable, "-c", part]
    runs = f"from benchmarks.entry import run_command; print(run_command({words!r}, {LATE_S}), flush=True)"
    command, environment = [sys.executable, "-c", runs], {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as it:
        assert it.stdout is not None
        stop_for(LATE_S + 1, it.pid, int(it.stdout.readline()))
        assert it.stdout.read() == "0\n"


def test_who_is_interrupted_ends_the_other_as_well(tmp_path):
    """As SIGTERM to this process alone does: the other is told, and stores how far it came."""
    told = tmp_path / "told"
    part = (
        "import os, pathlib, signal, sys, time\n"
        "def tell(*_): pathlib.Path(sys.argv[1]).write_text('stored'); sys.exit()\n"
        "signal.signal(signal.SIGTERM, tell); os.kill(os.getppid(), signal.SIGINT); time.sleep(60)"
    )
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            run_command([sys.executable, "-c", part, str(told)])
    finally:
        signal.signal(signal.SIGINT, before)
    assert told.read_text() == "stored"
