"""What becomes of a worker's events and its end: which cases have no measurement, and why."""

import io
import json
from contextlib import contextmanager
from dataclasses import asdict, replace

import pytest

from benchmarks import record
from benchmarks.process_end import Hung
from benchmarks.record import INPLACE
from benchmarks.running import supervise
from benchmarks.running.progress import Progress
from benchmarks.running.run import Pass, Run
from tests.running.cases import CASE

TIME = Pass(1, "time", "retained")
PLACE = {"device": "cpu", "threads": 1, "tensor_bytes": 256}


def progress() -> Progress:
    return Progress(1, io.StringIO())


def row(case):
    return json.loads(json.dumps(asdict(case)))


class Played:
    """A process that sends some events, and then ends, or does not."""

    def __init__(self, hangs: bool, *events: dict, said: str = "", for_memory: bool = False) -> None:
        self._hangs = hangs
        self._events = iter((*events, None))
        self._said, self._for_memory = said, for_memory
        self.waited_s = []

    def event(self, limit_s):
        return next(self._events)

    def status(self, limit_s):
        self.waited_s.append(limit_s)
        if self._hangs:
            raise Hung(5)
        return 1

    def variant(self):
        return INPLACE

    def last_words(self):
        return self._said

    def killed_for_memory(self, status):
        return self._for_memory

    def cause(self, status, printed=""):
        return f"it ended with {status}, {printed}"

    def printed(self, most):
        return self._said


@pytest.mark.parametrize("hangs", [True, False])
def test_a_lost_device_is_the_reason_however_its_process_ends(hangs):
    losing = Played(hangs, {"event": "lost", "line": "the device is lost: why"})
    end = supervise._follow(supervise._Worker(losing), 5, progress())
    assert (end.state, end.reason) == ("crashed", "the device is lost: why")


@pytest.mark.parametrize("hangs", [True, False])
def test_a_pass_that_is_through_is_good_however_its_process_ends(hangs):
    child = Played(hangs, {"event": "plan", "cases": 0, "left": 0}, {"event": "end"})
    assert supervise._follow(supervise._Worker(child), 5, progress()).state == record.OK
    assert child.waited_s == [supervise.END_LIMIT_S]


def test_a_case_that_was_begun_and_left_has_no_result():
    """The worker goes on with the next one."""
    left, measured, last = (row(replace(CASE, pair=pair)) for pair in ("left", "measured", "last"))
    events = [{"event": "plan", "cases": 3, "left": 3}]
    events += [{"event": "start", "case": case} for case in (left, left, measured)]
    events += [{"event": "done", "case": measured, "log_speedup": 0.0, "state": "ok"}, {"event": "start", "case": last}]
    worker = supervise._Worker(Played(False, *events, {"event": "end"}))
    end = supervise._follow(worker, 5, progress())
    failed = [(case.pair, each.state, each.reason) for case, each in supervise._failed_cases(worker, end)]
    assert failed == [(pair, "crashed", "it ended without a result") for pair in ("left", "last")]
    assert (end.state, worker.done) == ("ok", 1)


def test_a_process_that_closed_its_pipe_in_a_case_has_the_cases_time():
    child = Played(True, {"event": "plan", "cases": 1, "left": 1}, {"event": "start", "case": row(CASE)})
    worker = supervise._Worker(child)
    end = supervise._follow(worker, 5, progress())
    assert (end.state, end.reason) == ("hung", "no end after 5 s, stopped (in-place was running)")
    assert (worker.in_flight, child.waited_s) == (CASE, [5])


@pytest.mark.parametrize(
    "said, for_memory, state, reason",
    [
        ("", True, "out_of_memory", "it ended with 1,  (in-place was running)"),
        ("one\nstd::bad_alloc\ntwo", False, "out_of_memory", "it ended with 1, std::bad_alloc (in-place was running)"),
        ("one\ntwo", False, "crashed", "it ended with 1,  (in-place was running)"),
    ],
)
def test_what_ends_for_want_of_memory_says_so(said, for_memory, state, reason):
    end = supervise._follow(supervise._Worker(Played(False, said=said, for_memory=for_memory)), 5, progress())
    assert (end.state, end.reason, end.running) == (state, reason, "inplace")


def test_a_ceiling_that_kills_its_process_is_left_out_and_the_pass_goes_on(tmp_path, monkeypatch):
    facts = {"state": "partial", "ceilings": [], "floors": {}, "machine": {}, "budget": {}}
    run = Run.create(tmp_path / "run", {**facts, "passes": [{**asdict(TIME), "state": "planned"}]})
    plan = {"event": "plan", "cases": 1, "left": 1}
    done = {"event": "done", "case": row(CASE), "log_speedup": 0.0, "state": "ok"}
    workers = [
        Played(False, plan, {"event": "ceiling", "place": PLACE}),
        Played(False, plan, {"event": "start", "case": row(CASE)}, done, {"event": "end"}),
    ]

    @contextmanager
    def start(*_):
        yield supervise._Worker(workers.pop(0))

    monkeypatch.setattr(supervise, "_start_worker", start)
    supervise.run_pass(run, TIME, [], 5, progress())
    assert workers == []
    facts = Run.open(run.folder).facts
    assert facts["ceilings_left_out"] == [{**PLACE, "reason": "it ended with 1,  (in-place was running)"}]
    assert facts["passes"][0]["state"] == "done"
