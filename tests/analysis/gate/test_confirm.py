"""Suspects measured again: what is confirmed, and what is not."""

from dataclasses import replace
from pathlib import Path

import pytest

from analysis.gate import confirm
from analysis.gate.change import JudgedCase, Limits
from analysis.gate.compare import Comparison, compare, with_confirmation
from benchmarks.record import METHOD_VERSION, RecordError
from benchmarks.record.folder import read_run, write_run
from tests.analysis.gate.gated import SAME, N, both, bytes_of, elsewhere, failing, loaded, passes, state_of, stored
from tests.analysis.invented import append_bytes, append_failure


def again(parent: Path, speedup: float, **changes: object):
    """A confirmation, with cases that tell the drift."""
    journals = {"speedup_falls": passes(speedup, count=12), **dict.fromkeys(SAME, passes(1.5, count=12))}
    (run,) = loaded(stored(parent, "again", journals, **changes))
    return run


@pytest.mark.slow
@pytest.mark.parametrize(("speedup", "state"), [(1.3, "worse"), (1.5, "unresolved"), (1.7, "unresolved")])
def test_only_what_repeats_itself_is_worse(fallen: Comparison, tmp_path: Path, speedup: float, state: str) -> None:
    assert state_of(fallen) == "worse"
    after = with_confirmation(fallen, again(tmp_path, speedup))
    assert (state_of(after), after.regressed) == (state, state == "worse")
    assert {state_of(after, pair) for pair in SAME} == {"unchanged"}
    (change,) = (change for change in after.cases[-1].changes if change.quantity == "speedup")
    assert change.note == ("" if state == "worse" else "not ") + "confirmed in fresh processes"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("journal", "state", "said"),
    [
        (passes(1.5), "unresolved", "; it works in fresh processes"),
        (failing("crashed"), "worse", "; confirmed in fresh processes"),
        (None, "worse", "crashed in HEAD: as invented"),
    ],
)
def test_a_crash_is_tried_again(tmp_path: Path, journal, state: str, said: str) -> None:
    comparison = compare(*loaded(*both(tmp_path, [*SAME, "crashes", "disagrees"])), Limits())
    assert [each.pair for each in confirm.cases_to_measure(comparison)] == ["crashes"]
    tried = {"same_1": passes(1.5), **({"crashes": journal} if journal else {})}
    after = with_confirmation(comparison, *loaded(stored(tmp_path, "again", tried)))
    judged = next(judged for judged in after.cases if judged.case.pair == "crashes")
    assert judged.state == state and judged.reason.endswith(said)
    assert state_of(after, "disagrees") == "worse"  # that is the code's, whatever the machine


def test_an_alarm_that_was_not_measured_again_stays_one(fallen: Comparison, tmp_path: Path) -> None:
    (run,) = loaded(stored(tmp_path, "again", {"same_1": passes(1.5)}))
    assert state_of(fallen) == state_of(with_confirmation(fallen, run)) == "worse"


def test_what_was_suspect_alone_and_not_measured_again_is_unresolved(fallen: Comparison, tmp_path: Path) -> None:
    def opened(judged: JudgedCase) -> JudgedCase:
        return replace(
            judged, state="unresolved", changes=tuple(replace(c, state="unresolved") for c in judged.changes)
        )

    cases = tuple(opened(judged) if judged.suspect else judged for judged in fallen.cases)
    (run,) = loaded(stored(tmp_path, "again", {"same_1": passes(1.5)}))
    assert state_of(with_confirmation(replace(fallen, cases=cases), run)) == "unresolved"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (elsewhere(host="bench-2"), "another machine: host bench-1 and bench-2"),
        (elsewhere(torch_version="2.14.0"), "its torch_version is 2.14.0, HEAD's is 2.13.0"),
        ({"suite_sha256": "abc"}, "its suite_sha256 is abc, HEAD's is unknown"),
        ({"pairs_sha256": "abc"}, "its pairs_sha256 is abc, HEAD's is unknown"),
        ({"state": "partial"}, "is partial"),
        ({"method": 99}, f"was measured by method 99, HEAD by {METHOD_VERSION}"),
    ],
)
def test_another_machine_or_code_confirms_nothing(fallen: Comparison, tmp_path: Path, changes: dict, said: str) -> None:
    with pytest.raises(RecordError, match=said):
        with_confirmation(fallen, again(tmp_path, 1.3, **changes))


def test_another_commit_of_the_same_measuring_code_confirms(fallen: Comparison, tmp_path: Path) -> None:
    assert state_of(with_confirmation(fallen, again(tmp_path, 1.3, **elsewhere(git_commit="abc")))) == "worse"


def test_neither_head_nor_base_confirms(fallen: Comparison) -> None:
    with pytest.raises(RecordError, match="confirms nothing, it is HEAD"):
        with_confirmation(fallen, fallen.head.run)
    with pytest.raises(RecordError, match="confirms nothing, it is BASE"):
        with_confirmation(fallen, fallen.base.run)


@pytest.mark.slow
def test_a_crash_that_needs_more_bytes_too_stays_worse_where_it_works_again(tmp_path: Path) -> None:
    def weighed(inplace: int, then):
        def append(folder, of, chance) -> None:
            append_bytes(folder, of, {"peak_bytes": 2 * N}, {"peak_bytes": inplace})
            then(folder, of, chance)

        return append

    base = stored(tmp_path, "base", {"op": weighed(N, passes(1.5))})
    head = stored(tmp_path, "head", {"op": weighed(N + 1, failing("hung"))})
    after = with_confirmation(
        compare(*loaded(base, head), Limits()), *loaded(stored(tmp_path, "again", {"op": passes(1.5)}))
    )
    (judged,) = after.cases
    assert judged.state == "worse" and judged.reason.endswith("it works in fresh processes")


@pytest.mark.slow
@pytest.mark.parametrize(("speedup", "state"), [(1.3, "worse"), (1.5, "unresolved")])
def test_a_crash_of_the_memory_pass_and_a_fall_are_confirmed_each(tmp_path: Path, speedup: float, state: str) -> None:
    def failing_bytes(folder, of, chance) -> None:
        passes(1.3)(folder, of, chance)
        append_failure(folder, of, "crashed", "as invented", kind="memory")

    def sound(folder, of, chance) -> None:
        passes(speedup, count=12)(folder, of, chance)
        append_bytes(folder, of, {"peak_bytes": 2 * N}, {"peak_bytes": N})

    same, more = dict.fromkeys(SAME, passes(1.5)), dict.fromkeys(SAME, passes(1.5, count=12))
    base = stored(tmp_path, "base", {**same, "op": bytes_of(2 * N, N)})
    head = stored(tmp_path, "head", {**same, "op": failing_bytes})
    comparison = compare(*loaded(base, head), Limits())
    assert state_of(comparison, "op") == "worse" and [each.case.pair for each in comparison.suspects] == ["op"]
    after = with_confirmation(comparison, *loaded(stored(tmp_path, "again", {**more, "op": sound})))
    assert state_of(after, "op") == state


def test_a_run_that_confirms_is_read_like_any_other(fallen: Comparison, tmp_path: Path) -> None:
    run = again(tmp_path, 1.3)
    write_run(run.folder, {**read_run(run.folder), "options": "none"})
    assert state_of(with_confirmation(fallen, *loaded(run.folder))) == "worse"
