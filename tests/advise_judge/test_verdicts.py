"""One program judged: each kind of mistake is found in an answer that has it, and none in one that has none."""

import pytest

from benchmarks.advise_judge.advisor_answer import AdvisorAnswer, patched_text, switches_of
from benchmarks.advise_judge.brute_force import BruteTruth
from benchmarks.advise_judge.figures import figures
from benchmarks.advise_judge.generated import draw_program
from benchmarks.advise_judge.verdicts import BYTES, CRASHED, MISSED, UNPATCHED, WRONG, mistakes_of
from tests.advise_judge.invented_answers import answer, decision, patch_of
from tests.advise_judge.small_programs import PLUS_ONE, TANH, TENSOR_BYTES, program, site

SAFE_SITE, UNSAFE_SITE = 1, 2
#: Without the tensor the peak is where the sum lies beside the last one.
SAVED = TENSOR_BYTES - 4


@pytest.fixture(scope="module")
def truth():
    """Site 1 is safe and saves a tensor, site 2 writes what a list keeps."""
    lines = (("h = ", site(SAFE_SITE, PLUS_ONE, "x")), "kept.append(h)", ("g = ", site(UNSAFE_SITE, TANH, "h")))
    return BruteTruth(program(*lines, "del x", "return g.sum()"))


def kinds(truth, given, tmp_path):
    """The kinds of mistakes in an answer whose patch is applied as the judge does."""
    source = tmp_path / "program.py"
    source.write_text(truth.program.text({}))
    patched = (
        patched_text(source, given.facts["patch"], tmp_path) if given.facts.get("patch") else truth.program.text({})
    )
    return [each["kind"] for each in mistakes_of(truth.program, truth, given, patched, SAVED)]


def test_a_right_answer_has_no_mistake(truth, tmp_path):
    assert truth.best_set() == {SAFE_SITE: 0} and truth.saved({SAFE_SITE: 0}) == SAVED
    assert kinds(truth, answer(truth, {SAFE_SITE: 0}), tmp_path) == []


def test_a_wrong_switch_is_found_by_its_decision_and_by_the_patch(truth, tmp_path):
    given = answer(truth, {SAFE_SITE: 0, UNSAFE_SITE: 0})
    assert kinds(truth, given, tmp_path) == [WRONG, WRONG]
    silent = answer(truth, {SAFE_SITE: 0}, patch=patch_of(truth.program, {SAFE_SITE: 0, UNSAFE_SITE: 0}))
    assert WRONG in kinds(truth, silent, tmp_path)


def test_bytes_are_asked_for_to_the_byte(truth, tmp_path):
    right = answer(truth, {SAFE_SITE: 0}).facts
    for when in ("before", "after"):
        off = {"peak_bytes": right[when]["peak_bytes"] + 1}
        assert kinds(truth, answer(truth, {SAFE_SITE: 0}, **{when: off}), tmp_path) == [BYTES]


def test_a_saving_that_was_not_found_is_missed(truth, tmp_path):
    assert kinds(truth, answer(truth, {}, patch=None), tmp_path) == [MISSED]


def test_a_patch_has_to_apply(truth, tmp_path):
    broken = patch_of(truth.program, {SAFE_SITE: 0}).replace("h = x", "h = z")
    assert kinds(truth, answer(truth, {SAFE_SITE: 0}, patch=broken), tmp_path) == [UNPATCHED]


@pytest.mark.parametrize("given", [AdvisorAnswer(2, "error", 1.0), AdvisorAnswer(0, "no JSON", 1.0)])
def test_an_answer_that_did_not_come_is_a_crash(truth, given, tmp_path):
    assert kinds(truth, given, tmp_path) == [CRASHED]


def test_a_decision_is_found_by_its_place_or_by_its_module():
    for seed in range(6):
        drawn = draw_program(seed)
        for number, each in drawn.sites().items():
            for _, operand in each.switches:
                assert switches_of(decision(drawn, number, operand), drawn) == {number: operand}


def test_figures_count_programs_with_mistakes():
    row = {"seed": 3, "is_training": True, "sites": 2, "safe": 1, "unsafe": 1, "safe_saves": 1, "unsafe_saves": 0}
    row |= {
        "status": 0,
        "runs": 9,
        "wall_s": 1.0,
        "truth_s": 1.0,
        "never_but_safe": 0,
        "never_of_one_line": [],
        "best_saved_bytes": 8,
    }
    row["verdicts"] = {"do": 1}
    wrong = {"saved_bytes": 0, "found": False, "mistakes": [{"kind": WRONG}] * 2}
    rows = [{**row, "saved_bytes": 8, "found": True, "mistakes": []}, {**row, **wrong}]
    found = dict(figures(rows))
    assert found[f"programs with: {WRONG}"] == "1: seeds 3"
    assert found["recall: the best set's bytes are saved"] == "1 of 2 = 50.0 %"
    assert dict(figures(rows, [7]))["programs whose judge ended early"] == "1: seeds 7"
    idle = {**row, "best_saved_bytes": 0, "saved_bytes": 0, "found": False, "mistakes": [], "runs": 12}
    rows = [{**idle, "verdicts": {"leave": 2}}, {**idle, "verdicts": {"may": 1}, "runs": 60}]
    found = dict(figures(rows))
    assert (found["programs where nothing saves"], found["most trials of these"]) == ("1", "4")
