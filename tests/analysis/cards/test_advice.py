"""The rule of the advice, a case a line: what was measured, and the word that must come of it."""

from dataclasses import replace

import pytest

from analysis.cards.advice import DEPENDS, DO_NOT_BOTHER, NEVER, TRAINING, UNDECIDED, USE, WITHOUT_AUTOGRAD, advise
from analysis.cards.card import CardCase, Need
from benchmarks.autograd.record.safety import WRONG, SafetyCell, SafetyRow
from tests.analysis.invented import case

PEAK, STEP_PEAK, HELD = "peak without autograd", "peak, whole step", "held for backward"


def one(
    verdict: str | None,
    speedup: float | None,
    plain: bool = True,
    state: str = "ok",
    verified: bool = True,
    failed: str | None = None,
    leaked: tuple[int | None, int | None] = (None, None),
    **axes: object,
) -> CardCase:
    values = dict.fromkeys(name for name in CardCase.__dataclass_fields__ if name not in ("case", "repeat"))
    values |= {"plain": plain, "state": state, "verdict": verdict, "speedup": speedup}
    values |= {"verified": verified, "failed_variant": failed, "quantities": {"leaked_bytes": leaked}}
    return CardCase(case=case("op", **axes), repeat="", **values)


def safety(**statuses: str) -> SafetyRow:
    return SafetyRow("op", "pointwise", "", "", {name: SafetyCell(status) for name, status in statuses.items()}, ())


@pytest.mark.parametrize(
    ("cases", "needs", "word", "why"),
    [
        ([one("faster", 2.0)], [], USE, "faster in 1 of 1 case (2.00x)"),
        ([one("faster", 1.05)], [], USE, "faster"),
        ([one("faster", 1.04)], [], DO_NOT_BOTHER, "speedup 1.04x, memory not measured"),
        ([one("no difference", 1.0)], [Need(PEAK, 2.0, 2.0)], DO_NOT_BOTHER, "speedup 1.00x, as much memory"),
        ([one("no difference", 1.0)], [Need(PEAK, 2.0, 1.0)], USE, "peak without autograd 2N → 1N"),
        ([one("no difference", 1.0)], [Need(PEAK, 1.0, 0.0)], USE, "peak without autograd 1N → 0N"),
        ([one("slower", 0.96)], [], DO_NOT_BOTHER, "0.96x"),
        ([one("slower", 0.9)], [Need(PEAK, 2.0, 2.0)], NEVER, "slower in 1 of 1 case (0.90x)"),
        ([one("no difference", 1.0)], [Need(PEAK, 1.0, 1.2)], NEVER, "1N → 1.2N"),
        ([one("slower", 0.9)], [Need(PEAK, 2.0, 1.0)], DEPENDS, "peak without autograd 2N → 1N; slower in 1 of 1 case"),
        ([one("faster", 2.0), one("slower", 0.5)], [], DEPENDS, "faster in 1 of 2 cases (2.00x); slower in 1 of 2"),
        ([one("inconclusive", 1.3)], [Need(PEAK, 2.0, 2.0)], UNDECIDED, "too wide"),
        ([one(None, None, state="crashed")], [], UNDECIDED, "no times"),
        ([one("faster", 2.0), one(None, None, state="disagreed")], [], NEVER, "disagree in 1 case"),
        (
            [one(None, None, state="crashed", failed="inplace")],
            [],
            NEVER,
            "the in-place variant ends its process in 1 case",
        ),
        ([one("faster", 2.0), one(None, None, state="hung", failed="inplace")], [], NEVER, "does not end in 1 case"),
        ([one(None, None, state="crashed", failed="outofplace")], [], UNDECIDED, "no times"),
        (
            [one("faster", 2.0, leaked=(0, 2**20))],
            [],
            NEVER,
            "each call of the in-place variant leaves 1\N{NO-BREAK SPACE}MiB",
        ),
        ([one("faster", 2.0, leaked=(2**20, 2**20))], [], USE, "faster"),
        ([one("faster", 51.0, verified=False)], [Need(PEAK, 2.0, 1.0)], UNDECIDED, "nobody compared"),
        ([one("faster", 2.0), one("faster", 2.0, verified=False)], [], UNDECIDED, "nobody compared"),
        ([one("faster", 2.0), one(None, None, state="crashed", verified=False)], [], USE, "faster"),
        # What speaks for an axis, or for a cold heap, does not speak for the op.
        ([one("faster", 2.0), one("slower", 0.5, plain=False)], [], USE, "of 1 case"),
        ([one("slower", 0.9), one("faster", 15.0, allocator="fresh")], [], NEVER, "slower in 1 of 1"),
        ([one("faster", 15.0, allocator="fresh")], [], USE, "15.0x"),
    ],
)
def test_without_a_graph(cases: list[CardCase], needs: list[Need], word: str, why: str) -> None:
    (advice,) = advise(cases, needs, None)
    assert (advice.situation, advice.word) == (WITHOUT_AUTOGRAD, word)
    assert why in advice.why


def test_training_is_told_by_whole_steps_else_by_their_halves() -> None:
    halves = [one("faster", 2.0, phase="forward"), one("slower", 0.9, phase="backward")]
    (advice,) = advise(halves, [], None)
    assert (advice.situation, advice.word) == (TRAINING, DEPENDS)
    (advice,) = advise([*halves, one("faster", 1.2, phase="step")], [Need(HELD, 2.0, 1.0)], None)
    assert (advice.word, advice.why) == (USE, "faster in 1 of 1 case (1.20x); held for backward 2N → 1N")


@pytest.mark.parametrize(
    ("statuses", "why"),
    [
        ({"first": "wrong", "leaf": "raises"}, "silently wrong: first derivative"),
        ({"nonleaf": "raises"}, "refuses it in the middle of a graph"),
        ({"view": "crashed", "first": "wrong"}, "ends its process: on a view"),
    ],
)
def test_what_is_not_right_in_training_is_never_used_there(statuses: dict, why: str) -> None:
    fast = [one("faster", 2.0), one("faster", 2.0, phase="step")]
    without, training = advise(fast, [Need(STEP_PEAK, 2.0, 1.0)], safety(**statuses))
    assert (without.word, training.word) == (USE, NEVER)
    assert why in training.why


def test_a_refusal_outside_the_middle_of_a_graph_is_no_advice_against_it() -> None:
    cells = safety(leaf="raises", after_saver="raises", overlapping="wrong", nonleaf="works", first="works")
    (advice,) = advise([one("faster", 2.0, phase="step")], [], cells)
    assert advice.word == USE


def test_gradients_that_differ_far_out_are_told_and_no_more() -> None:
    cells = safety(nonleaf="works", first="works", agreement="wrong")
    (advice,) = advise([one("faster", 2.0, phase="step")], [], cells)
    assert (advice.word, advice.why.partition("; ")[2]) == (USE, "but gradients in float32 differ")
    assert not advice.wrong


def test_where_they_differ_is_said_in_full() -> None:
    where = "at -16.8: 1e-07 out-of-place, 0 in-place; over 2e-05 between -97.3 and -6.71"
    (advice,) = advise(
        [one("faster", 2.0, phase="step")], [], replace(safety(), cells={"agreement": SafetyCell(WRONG, where)})
    )
    assert advice.why == f"faster in 1 of 1 case (2.00x); but gradients in float32 differ, {where}"


def test_nothing_measured_is_no_advice() -> None:
    assert advise([], [], safety(first="works")) == ()
