"""The short self-test: what is asked, kept and taken up; each check on a device whose answer is known."""

import json
import math

import pytest
import torch

from benchmarks.measure.clocks import make_clock
from benchmarks.measure.memory import CountedBytes
from benchmarks.selftest import instrument_checks as instrument_module
from benchmarks.selftest import known_bytes
from benchmarks.selftest.checks import FAILS, HOLDS, NOT_CHECKED, Check, NotCheckedError, run_checks
from benchmarks.selftest.instrument_checks import instrument_checks

FACTS = {"device": "cpu", "torch": "2.13.0"}


def asked(name, answers, log):
    def ask():
        log.append(name)
        return answers(name)

    return Check(name, f"{name} is true", ask)


def lines_of(checks, file, facts=FACTS):
    said = []
    return run_checks(checks, file, facts, said.append), said


def test_each_check_gets_its_line_and_its_answer_is_stored(tmp_path):
    def refuse(name):
        raise NotCheckedError("no counters here")

    def fail(name):
        raise RuntimeError("out of luck\nand more")

    log = []
    checks = [
        asked("a", lambda name: (True, "1"), log),
        asked("b", lambda name: (False, "2"), log),
        asked("c", refuse, log),
        asked("d", fail, log),
    ]
    fine, said = lines_of(checks, tmp_path / "out" / "short.json")
    assert not fine
    assert [line.partition(" [")[0] for line in said[:-1]] == [
        "holds:       a is true: 1",
        "fails:       b is true: 2",
        "not checked: c is true: no counters here",
        "fails:       d is true: RuntimeError: out of luck",
    ]
    assert said[-1] == "1 holds, 2 fails, 1 not checked"
    stored = json.loads((tmp_path / "out" / "short.json").read_text())
    assert {name: row["answer"] for name, row in stored["answers"].items()} == {
        "a": HOLDS,
        "b": FAILS,
        "c": NOT_CHECKED,
        "d": FAILS,
    }


def test_what_is_known_is_not_asked_again_but_what_failed_is(tmp_path):
    log = []
    checks = [asked(name, lambda name: (name != "b", "seen"), log) for name in "abc"]
    lines_of(checks, tmp_path / "short.json")
    fine, said = lines_of(checks, tmp_path / "short.json")
    assert log == ["a", "b", "c", "b"] and not fine
    assert said[0].endswith("[stored]")
    lines_of(checks, tmp_path / "short.json", {**FACTS, "torch": "2.14.0"})
    assert log[4:] == ["a", "b", "c"]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"facts": 1}', '{"facts": {}, "answers": {"a": 1}}'])
def test_a_file_that_says_nothing_is_written_anew(tmp_path, content):
    (tmp_path / "short.json").write_text(content)
    fine, _ = lines_of([asked("a", lambda name: (True, "1"), [])], tmp_path / "short.json", {})
    assert fine and json.loads((tmp_path / "short.json").read_text())["answers"]["a"]["answer"] == HOLDS


@pytest.mark.slow
def test_the_cpus_instrument_is_asked_in_a_short_time(monkeypatch):
    monkeypatch.setattr(instrument_module, "TRIAL_S", 0.004)
    monkeypatch.setattr(instrument_module, "SIZES", (2**10,))
    monkeypatch.setattr(instrument_module, "TRIALS", 3)
    answers = {check.name: check.ask() for check in instrument_checks("cpu", make_clock)}
    assert set(answers) == {"same", "planted", "bytes"}
    assert answers["bytes"] == (True, "8 of 8 counts of known allocations")


def test_a_byte_that_is_miscounted_is_named(monkeypatch):
    monkeypatch.setattr(instrument_module, "measure_memory", lambda *_: CountedBytes(1, 2, 0, 0, 3, 4))
    holds, seen = instrument_module._bytes("cpu")
    assert not holds and seen.startswith("transient outofplace at 1,000,003: CountedBytes(")


@pytest.mark.parametrize("speedup, holds", [(1.05, True), (1.0, False), (1.12, False)])
def test_a_planted_difference_must_be_found_as_it_is(monkeypatch, speedup, holds):
    monkeypatch.setattr(instrument_module, "_log_speedup", lambda *_: math.log(speedup))
    assert instrument_module._planted("cpu", None)[0] is holds
    assert instrument_module._same("cpu", None)[0] is (speedup == 1.0)


def test_rounds_that_are_not_held_are_no_trial(monkeypatch):
    clock = make_clock("cpu")
    monkeypatch.setattr(clock, "unheld", "synchronises")
    monkeypatch.setattr(instrument_module, "TRIAL_S", 0.001)
    with pytest.raises(RuntimeError, match="rounds at 64 elements are not held: synchronises"):
        instrument_module._log_speedup("cpu", clock, 64, torch.neg, torch.neg, 0)


def test_known_blocks_lie_on_the_inputs_device(monkeypatch):
    made = []
    empty = torch.empty
    monkeypatch.setattr(torch, "empty", lambda *size, **how: made.append(how["device"]) or empty(*size, **how))
    for function in (known_bytes.transient, known_bytes.transient_):
        function(torch.ones(4, device="meta"))
    assert made and {torch.device(device).type for device in made} == {"meta"}
