"""Truth by brute force, on programs whose truth is known."""

import pytest

from benchmarks.advise_judge.brute_force import CHANGED, RAISES, SAFE, BruteTruth, Unusable
from benchmarks.advise_judge.switchable import Fixed
from tests.advise_judge.small_programs import CLAMPED, PLUS_ONE, SUM, TANH, TENSOR_BYTES, program, site

LOSS = ("loss = (h * w).sum()", "loss.backward()", "return loss.detach()")


def outcomes(truth):
    return {switch: truth.outcome(dict([switch])).kind for s in truth.program.sites().values() for switch in s.switches}


def test_a_switch_of_what_nobody_else_has_is_safe_and_saves_its_bytes():
    truth = BruteTruth(program(("h = ", site(1, PLUS_ONE, "x")), "return h.sum()"))
    assert outcomes(truth) == {(1, 0): SAFE}
    assert truth.saved({1: 0}) == TENSOR_BYTES
    assert truth.best_set() == {1: 0}


def test_what_is_read_later_is_changed():
    truth = BruteTruth(program(("h = ", site(1, PLUS_ONE, "x")), "return (h * x).sum()"))
    assert outcomes(truth) == {(1, 0): CHANGED}
    assert truth.outcome({1: 0}).what == "result"
    assert truth.best_set() == {}


@pytest.mark.parametrize("kept", ["x", "x[:2]", "x.numpy()"])
def test_what_a_list_keeps_is_changed(kept):
    truth = BruteTruth(program(f"kept.append({kept})", ("h = ", site(1, PLUS_ONE, "x")), "return h.sum()"))
    assert truth.outcome({1: 0}).kind == CHANGED
    assert truth.outcome({1: 0}).what == "globals.kept.0"


def test_what_autograd_saved_raises():
    truth = BruteTruth(program("e = (x * w).exp()", ("h = ", site(1, PLUS_ONE, "e")), *LOSS))
    assert outcomes(truth) == {(1, 0): RAISES}
    assert truth.saved({1: 0}) is None


def test_each_operand_has_a_truth_of_its_own():
    expression = site(1, SUM, "x", "e")
    truth = BruteTruth(program("e = x * 2.0", ("h = ", expression), "return (h * x).sum()"))
    assert outcomes(truth) == {(1, 0): CHANGED, (1, 1): SAFE}


def test_order_of_evaluation_is_kept_by_the_first_operand_alone():
    drawn = site(1, SUM, Fixed("torch.rand_like(x)"), Fixed("torch.randn_like(x)"))
    truth = BruteTruth(program(("h = ", drawn), "return h.sum()"))
    assert outcomes(truth) == {(1, 0): SAFE, (1, 1): CHANGED}


def test_a_switch_that_changes_nothing_here_is_found_on_larger_inputs():
    truth = BruteTruth(program("kept.append(x)", ("h = ", site(1, CLAMPED, "x")), "return h.sum()"))
    assert truth.outcome({1: 0}).kind == CHANGED
    assert truth.outcome({1: 0}).seed % 3 == 1


def test_switches_that_are_safe_alone_may_not_be_safe_together():
    truth = BruteTruth(
        program(("h = ", site(1, PLUS_ONE, "x")), "del x", ("g = ", site(2, TANH, "h")), "return g.sum() + h.sum()")
    )
    assert outcomes(truth) == {(1, 0): SAFE, (2, 0): CHANGED}
    assert truth.best_set() in ({}, {1: 0})


def test_other_inputs_take_the_branches_that_were_seen():
    truth = BruteTruth(program("if x.mean() > 0:", "    x = x * 2.0", ("h = ", site(1, TANH, "x")), "return h.sum()"))
    assert len(truth.expected) >= 3
    with pytest.raises(Unusable, match="other branches"):
        BruteTruth(program("if abs(float(x[0, 0]) - float(x.flatten()[0])) > seed - 1:", "    pass", "return x.sum()"))


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("raise ValueError('no')", "ValueError: no"),
        ("return x.sum() / 0.0", "not finite"),
        ("import time; return torch.tensor(float(time.perf_counter_ns() % 2**20))", "not repeatable"),
    ],
)
def test_a_program_that_cannot_serve_is_refused(line, why):
    with pytest.raises(Unusable, match=why):
        BruteTruth(program(line))
