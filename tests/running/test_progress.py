"""What a terminal shows while a run goes on, and what is said where nobody watches."""

import io
import math

from benchmarks.record import Case
from benchmarks.running.progress import Progress
from benchmarks.running.run import Pass

CASE = Case("pointwise", "exp", "step", 1024, (1024,), "float32", "contiguous", "none", False, "cpu", "retained", 1)


class Terminal(io.StringIO):
    def isatty(self):
        return True

    @property
    def lines(self):
        return self.getvalue().split("\r\033[K")


def play(stream, passes):
    progress = Progress(passes, stream)
    for number in range(passes):
        progress.begin(Pass(number, "time", "retained"))
        progress.planned(2, 1)
        progress.started(CASE)
        progress.ended(CASE, math.log(2), "ok")
        progress.end()
    progress.close()


def test_a_terminal_sees_the_case_the_count_and_the_verdict(monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    stream = Terminal()
    play(stream, 7)
    shown = [line for line in stream.lines if "step exp-1Ki-float32-cpu-retained-1t" in line]
    assert len(shown) == 7 and all("1/2" in line for line in shown)
    assert shown[0].startswith("pass 1/7 retained") and shown[6].startswith("pass 7/7 retained")
    assert "| " not in shown[5], "no interval below six passes"
    assert shown[6].endswith("| step exp 2.00x (2.00-2.00) faster")
    assert "left" in shown[1]


def test_nobody_watching_gets_a_line_a_pass_and_the_failures():
    stream = io.StringIO()
    progress = Progress(1, stream)
    progress.begin(Pass(0, "memory", "fresh"))
    progress.planned(3, 3)
    progress.started(CASE)
    progress.ended(CASE, None, "crashed")
    assert stream.getvalue() == "  crashed: step exp-1Ki-float32-cpu-retained-1t\n"
    progress.end()
    assert stream.getvalue().splitlines()[-1] == "pass 1 of 1 (memory): 3 cases in 0 s"
    assert "\r" not in stream.getvalue()
