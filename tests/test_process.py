"""A process of its own: its events, its limit, its end with all that it started, and its end in words."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from benchmarks import process, process_end
from benchmarks.process import Events, SupervisorGone, child_module, child_process
from benchmarks.process_end import Hung, cause_of_end
from tests.support.commands import ROOT
from tests.support.stopped_processes import stop_for
from tests.support.stored import KILLED

pytestmark = pytest.mark.slow  # processes

#: What a process may take to start on a machine that does much else.
LONG_S = 60

HEAD = """
import os, signal, subprocess, sys, time
from benchmarks.process import Events
events = Events(sys.argv[1])
pipe = int(sys.argv[1].partition(",")[0])
"""
SLEEPER = "sleeper = subprocess.Popen(['sleep', '600'], pass_fds=(pipe,)); "
SENDS_ITS_PID = SLEEPER + "events.send('started', pid=sleeper.pid); "


def child(program: str, **changes):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return child_process([sys.executable, "-c", HEAD + program], environment, **changes)


def is_alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_until(condition) -> None:
    ends = time.monotonic() + LONG_S
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.01)


def test_events_come_in_order_whatever_their_size_and_then_its_end():
    program = "events.send('first', n=1); events.send('long', text='x' * 200_000); events.send('last'); print('words')"
    with child(program) as it:
        assert it.event(LONG_S) == {"event": "first", "n": 1}
        assert len(it.event(LONG_S)["text"]) == 200_000
        assert it.event(LONG_S) == {"event": "last"}
        assert it.event(LONG_S) is None
        assert it.status(LONG_S) == 0
        assert it.printed() == "words"


def test_what_it_printed_is_told_from_a_place_on_and_not_all_of_it():
    with child("print('one', flush=True); print('two', flush=True); print('three', file=sys.stderr)") as it:
        it.status(LONG_S)
        assert it.printed() == "one\ntwo\nthree"
        assert it.printed(since=4) == "two\nthree"
        assert it.printed(most=3) == "ee"
        assert it.printed(since=100) == ""


@pytest.mark.parametrize("then", ["time.sleep(600)", "os._exit(3)"], ids=["ended", "by itself"])
def test_what_it_started_ends_with_it(then):
    with child(SENDS_ITS_PID + then) as it:
        grandchild = it.event(LONG_S)["pid"]
        if "exit" in then:
            assert it.status(LONG_S) == 3
        assert is_alive(grandchild)
    assert not is_alive(it.process.pid)
    wait_until(lambda: not is_alive(grandchild))


LEAVES = """
for _ in range(50):
    subprocess.Popen(['sleep', '600'], start_new_session=True)
daemon = "import subprocess; print(subprocess.Popen(['sleep', '600'], start_new_session=True, stdout=2).pid)"
daemon = int(subprocess.check_output([sys.executable, '-c', daemon]).split()[0])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux hands orphans over")
@pytest.mark.parametrize("then", ["time.sleep(600)", "os._exit(3)"], ids=["ended", "by itself"])
def test_what_left_its_group_and_its_session_ends_with_it(then):
    before, others = psutil.Process().children(), psutil.Process().children(recursive=True)
    with child(LEAVES + "events.send('started', pid=daemon); " + then) as it:
        daemon = it.event(LONG_S)["pid"]
        started = {*psutil.Process().children(recursive=True)} - {*others}
        assert is_alive(daemon) and len(started) > 50
    assert not is_alive(daemon) and not [each for each in started if each.is_running()]
    assert psutil.Process().children() == before


def test_it_ends_with_an_error_of_its_supervisor():
    with pytest.raises(KeyError), child(SENDS_ITS_PID + "time.sleep(600)") as it:
        grandchild = it.event(LONG_S)["pid"]
        raise KeyError
    wait_until(lambda: not is_alive(grandchild) and not is_alive(it.process.pid))


def test_its_end_is_seen_though_what_it_started_keeps_the_pipe_open():
    with child(SENDS_ITS_PID + "events.send('last'); os._exit(4)") as it:
        grandchild = it.event(LONG_S)["pid"]
        assert it.event(LONG_S) == {"event": "last"}
        assert it.event(LONG_S) is None
        assert is_alive(grandchild) and it.status(LONG_S) == 4


def test_no_event_in_time_is_a_hang():
    with child("events.send('started'); time.sleep(600)") as it:
        it.event(LONG_S)
        with pytest.raises(Hung, match=r"^no end after 0\.5 s, stopped$"):
            it.event(0.5)
    assert it.process.returncode == -signal.SIGKILL


def test_a_process_that_closes_its_pipe_and_does_not_end_is_a_hang():
    with child("os.close(pipe); time.sleep(600)") as it:
        assert it.event(LONG_S) is None
        with pytest.raises(Hung, match=r"^no end after 0\.5 s, stopped$"):
            it.status(0.5)


def test_what_else_is_written_to_the_pipe_is_no_event():
    noise = r"""b'{"x": 1}\n[]\nnonsense\n\xff\n'"""
    with child(f"os.write(pipe, {noise}); events.send('last')") as it:
        assert it.event(LONG_S) == {"event": "last"}
        assert it.event(LONG_S) is None


def test_a_file_that_got_the_pipes_number_is_not_written_to(tmp_path):
    file = tmp_path / "file"
    program = f"os.close(pipe); os.dup2(os.open({str(file)!r}, os.O_RDWR | os.O_CREAT), pipe)\n"
    with child(program + "events.send('last')") as it:
        assert it.event(LONG_S) is None
        assert it.status(LONG_S) == 1 and it.printed().endswith("SupervisorGone")
    assert file.read_bytes() == b""


def test_what_cannot_be_killed_is_not_waited_for(monkeypatch):
    """A process in its driver's hands, which is played: it does not end in time."""
    monkeypatch.setattr(process_end, "KILLED_LIMIT_S", 0.1)
    with child("time.sleep(600)") as it:
        monkeypatch.setattr(process_end.os, "killpg", lambda *_: None)
    it.process.kill()
    it.process.wait()


WORKS = (
    HEAD
    + """
events.send("started", pid=os.getpid())
for _ in range(10):
    time.sleep(0.05)
events.send("done")
"""
)
SUPERVISES = f"""
import os, sys
from benchmarks.process import child_process
with child_process([sys.executable, "-c", {WORKS!r}], os.environ) as child:
    print(child.event({LONG_S})["pid"], flush=True)
    print(child.event(1.5)["event"], flush=True)
"""


def test_time_in_which_both_are_stopped_is_no_hang():
    command, environment = [sys.executable, "-c", SUPERVISES], {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as it:
        assert it.stdout is not None
        stop_for(2, it.pid, int(it.stdout.readline()))  # more than the limit
        assert it.stdout.read() == "done\n"
    assert it.returncode == 0


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("os._exit(3)", "its process ended with exit status 3"),
        ("print('one'); sys.exit('its last words')", "its process ended with exit status 1: its last words"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "its process was ended by SIGSEGV"),
        ("print('words', flush=True); os.abort()", "its process was ended by SIGABRT: words"),
        ("os.kill(os.getpid(), signal.SIGKILL)", KILLED),
    ],
)
def test_each_end_in_words(program, said):
    with child(program) as it:
        assert it.event(LONG_S) is None
        assert it.cause(it.status(LONG_S), it.printed()) == said


@pytest.mark.parametrize(
    "kills, said",
    [
        ((3, 3), "its process was ended by SIGKILL"),
        ((3, 4), "its process was ended by SIGKILL (the kernel's out-of-memory killer)"),
        ((None, None), "its process was ended by SIGKILL (perhaps the kernel's out-of-memory killer)"),
    ],
    ids=["not", "it was", "nobody counts"],
)
def test_a_kill_says_what_is_known_of_the_out_of_memory_killer(monkeypatch, kills, said):
    counts = iter(kills)
    monkeypatch.setattr(process.cgroup, "oom_kills", lambda: next(counts))
    with child("os.kill(os.getpid(), signal.SIGKILL)") as it:
        assert it.cause(it.status(LONG_S)) == said


def test_what_was_printed_before_a_thing_began_is_none_of_its_last_words():
    with child("print('before'); events.begin('start', n=1); print('after'); os.abort()") as it:
        assert it.event(LONG_S) == {"event": "start", "n": 1}
        it.status(LONG_S)
        assert it.last_words() == "after"


def test_a_signal_without_a_name_and_words_without_end():
    assert cause_of_end(-40) == "its process was ended by signal 40"
    assert cause_of_end(0, "x" * 1000) == "its process ended with exit status 0: " + "x" * 300


def test_a_module_of_the_suite_is_found_wherever_the_command_is_typed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    with child_module("benchmarks.replay", ["argument"]) as it:
        assert it.status(LONG_S) == 0, it.printed()
        assert it.process.args[1:4] == ["-m", "benchmarks.replay", "argument"]


def test_without_a_pipe_nothing_is_sent_and_without_a_reader_it_is_told(monkeypatch):
    monkeypatch.setattr(process.sys, "platform", "any")  # else the kernel would end these tests with their parent
    Events(None).send("start")
    reader, writer = os.pipe()
    Events(str(writer)).send("start")
    os.close(reader)
    with pytest.raises(SupervisorGone):
        Events(str(writer)).send("start")
    os.close(writer)
