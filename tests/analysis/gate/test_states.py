"""The named pairs: each gets the state it must have, and says why."""

import json

import pytest

from analysis.gate import sentences, times
from analysis.gate.change import STATES, JudgedCase, Limits
from analysis.gate.ci_files import as_json
from analysis.gate.compare import Comparison, compare
from analysis.gate.gated_run import TIMES
from benchmarks.record.folder import append_pair
from tests.analysis.gate.gated import NAMED, SAME, N, both, failing, loaded, passes, stored
from tests.analysis.invented import TIME_S, append_bytes, timed


@pytest.fixture(scope="module")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    return compare(*loaded(*both(tmp_path_factory.mktemp("runs"))), Limits())


@pytest.fixture(scope="module")
def by_pair(comparison: Comparison) -> dict[str, JudgedCase]:
    return {judged.case.pair: judged for judged in comparison.cases}


@pytest.mark.parametrize("pair", NAMED)
def test_each_case_gets_its_state(by_pair: dict, pair: str) -> None:
    assert by_pair[pair].state == NAMED[pair][2]


def test_every_state_is_met_and_every_case_judged_once(comparison: Comparison) -> None:
    assert {judged.state for judged in comparison.cases} == set(STATES)
    assert sorted(judged.case.pair for judged in comparison.cases) == sorted(NAMED)


@pytest.mark.parametrize(
    ("pair", "quantity", "state"),
    [
        ("speedup_falls", "speedup", "worse"),
        ("speedup_falls", "inplace_time_s", "worse"),
        ("speedup_falls", "outofplace_time_s", "unchanged"),
        ("outofplace_gets_faster", "speedup", "worse"),  # and yet no regression
        ("outofplace_gets_faster", "outofplace_time_s", "better"),
        ("both_get_slower", "speedup", "unchanged"),
        ("both_get_slower", "inplace_time_s", "worse"),
        ("both_get_slower", "outofplace_time_s", "worse"),
        ("a_byte_more", "inplace_peak_bytes", "worse"),
        ("a_byte_more", "outofplace_peak_bytes", "unchanged"),
        ("holds_more", "inplace_held_bytes", "worse"),
    ],
)
def test_it_says_which_quantity(by_pair: dict, pair: str, quantity: str, state: str) -> None:
    (change,) = (change for change in by_pair[pair].changes if change.quantity == quantity)
    assert change.state == state


def test_numbers_are_those_of_the_runs(by_pair: dict) -> None:
    change = next(change for change in by_pair["speedup_falls"].changes if change.quantity == "speedup")
    assert (change.base, change.head) == pytest.approx((1.5, 1.3), rel=0.01)
    assert change.low < change.difference < change.high and change.p < 1e-6 and change.suspect
    grown = next(change for change in by_pair["a_byte_more"].changes if change.state == "worse")
    assert (grown.base, grown.head) == (4 * 65536, 4 * 65536 + 1)


@pytest.mark.parametrize(
    ("pair", "said"),
    [
        ("too_few_passes", "too few passes (6 in BASE, 2 in HEAD)"),
        ("bistable", "bistable in HEAD"),
        ("bytes_lost", "HEAD did not measure its bytes"),
        ("bytes_crash", "memory: crashed: as invented"),
        ("crashes", "crashed in HEAD: as invented"),
        ("works_again", "crashed in BASE"),
    ],
)
def test_a_reason_is_given(by_pair: dict, pair: str, said: str) -> None:
    assert said in by_pair[pair].reason


@pytest.mark.slow
def test_thresholds_decide_what_matters(tmp_path) -> None:
    base, head = both(tmp_path, [*SAME, "speedup_falls", "speedup_falls_too_little"])

    def found(**limits: float) -> dict[str, str]:
        return {j.case.pair: j.state for j in compare(*loaded(base, head), Limits(**limits)).cases}

    assert found(speedup=0.01)["speedup_falls_too_little"] == "worse"
    assert found(speedup=0.2, time=0.2)["speedup_falls"] == "unchanged"


def test_drift_of_all_times_is_no_regression_and_is_told(tmp_path) -> None:
    base = stored(tmp_path, "base", {pair: passes(1.5) for pair in SAME})
    head = stored(tmp_path, "head", {pair: passes(1.5, out=1.4e-4) for pair in SAME})
    comparison = compare(*loaded(base, head), Limits())
    assert {judged.state for judged in comparison.cases} == {"unchanged"}
    assert set(comparison.first.shifts) == {(name, ("cpu", "retained", 2, 65536)) for name in TIMES}
    assert list(comparison.first.shifts.values()) == pytest.approx([0.336, 0.336], abs=0.03)


@pytest.mark.slow
def test_out_of_place_faster_everywhere_alarms_and_says_what_moved(tmp_path) -> None:
    """It cannot be told from a machine that is slower for in-place alone."""
    base = stored(tmp_path, "base", {pair: passes(1.5) for pair in SAME})
    head = stored(tmp_path, "head", {pair: passes(1.2, out=0.8 * TIME_S) for pair in SAME})
    comparison = compare(*loaded(base, head), Limits())
    assert {judged.state for judged in comparison.cases} == {"worse"}
    assert (
        "moved together, which is not judged: out-of-place -20\N{NO-BREAK SPACE}% at 64\N{NO-BREAK SPACE}Ki"
        in sentences.comparison_sentences(comparison)[-1]
    )


def test_every_alarm_may_be_measured_again(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(times, "SUSPECT_P", dict.fromkeys(times.SUSPECT_P, 1e-300))
    comparison = compare(*loaded(*both(tmp_path, [*SAME, "speedup_falls"])), Limits())
    assert [judged.case.pair for judged in comparison.suspects] == ["speedup_falls"]


def test_too_few_cases_tell_no_drift_so_only_their_speedups_compare(tmp_path) -> None:
    comparison = compare(*loaded(*both(tmp_path, ["speedup_falls", "both_get_slower"])), Limits())
    assert {judged.case.pair: judged.state for judged in comparison.cases} == {
        "speedup_falls": "worse",
        "both_get_slower": "unchanged",
    }
    assert list(comparison.first.looks) == ["speedup"]


@pytest.mark.slow
@pytest.mark.parametrize(("more", "state"), [(0, "unchanged"), (1, "worse"), (-1, "better")])
def test_bytes_of_a_case_that_fails_when_timed_are_compared(tmp_path, more: int, state: str) -> None:
    def weighed_alone(inplace: int):
        def append(folder, of, chance) -> None:
            append_bytes(folder, of, {"peak_bytes": 2 * N}, {"peak_bytes": inplace})
            failing("unsupported")(folder, of, chance)

        return append

    base, head = (stored(tmp_path, name, {"op": weighed_alone(n)}) for name, n in (("base", N), ("head", N + more)))
    (judged,) = compare(*loaded(base, head), Limits()).cases
    assert (judged.state, judged.reason) == (state, "unsupported in HEAD: as invented")
    assert {change.quantity: change.state for change in judged.changes}["inplace_peak_bytes"] == state


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [5e-324, 1e-300, 1e17])
def test_times_that_no_clock_tells_are_not_compared(tmp_path, seconds: float) -> None:
    base = stored(tmp_path, "base", dict.fromkeys([*SAME, "absurd"], passes(1.5)))
    head = stored(tmp_path, "head", {**dict.fromkeys(SAME, passes(1.5)), "absurd": passes(1.5, out=seconds)})
    comparison = compare(*loaded(base, head), Limits())
    states = {judged.case.pair: judged.state for judged in comparison.cases}
    assert states == {**dict.fromkeys(SAME, "unchanged"), "absurd": "unresolved"}
    json.loads(as_json(comparison), parse_constant=pytest.fail)


def test_noise_beyond_all_numbers_never_alarms(tmp_path) -> None:
    def erratic(folder, of, chance) -> None:
        for number, seconds in enumerate((1e-12, 1e9, 1e-12, 1e9, 1e-12, 1e9), start=1):
            append_pair(folder, *timed(of, number, 1.5, times_s=(seconds,) * 4))

    base, head = (
        stored(tmp_path, name, {**dict.fromkeys(SAME, passes(1.5)), "erratic": erratic}) for name in ("base", "head")
    )
    comparison = compare(*loaded(base, head), Limits())
    assert not comparison.regressed
    json.loads(as_json(comparison), parse_constant=pytest.fail)


def test_names_that_print_alike_stay_apart(tmp_path) -> None:
    base = stored(tmp_path, "base", {"a\x00": passes(1.5), "a\x01": passes(1.5)})
    head = stored(tmp_path, "head", {"a\x01": passes(1.5)})
    states = {judged.case.pair: judged.state for judged in compare(*loaded(base, head), Limits()).cases}
    assert states == {"a\ufffd #ffe9aa": "vanished", "a\ufffd #6023e5": "unchanged"}


@pytest.mark.slow
def test_what_vanished_fails_unless_it_may(tmp_path) -> None:
    runs = loaded(*both(tmp_path, ["same_1", "vanishes", "appears"]))
    assert compare(*runs, Limits()).regressed
    assert not compare(*runs, Limits(allow_vanished=True)).regressed
