"""Runs of another machine or another torch: what compares, and which runs are refused."""

import pytest

from analysis.gate.change import Limits
from analysis.gate.compare import compare
from benchmarks.record import RecordError
from tests.analysis.gate.gated import NAMED, both, elsewhere, loaded


@pytest.mark.slow
def test_another_machine_compares_bytes_alone(tmp_path) -> None:
    comparison = compare(*loaded(*both(tmp_path, **elsewhere(host="bench-2"))), Limits())
    assert comparison.relation.elsewhere == ("host bench-1 and bench-2",)
    by_bytes = {"a_byte_more", "a_byte_more_outofplace", "a_byte_less", "holds_more", "same_bytes"}
    by_name = {"works_again", "never_worked", "vanishes", "appears"}
    expected = {pair: NAMED[pair][2] if pair in by_bytes | by_name else "unresolved" for pair in NAMED}
    assert {judged.case.pair: judged.state for judged in comparison.cases} == expected
    assert all(change.quantity.endswith("bytes") for judged in comparison.cases for change in judged.changes)


@pytest.mark.slow
def test_another_machine_may_have_another_heap_regime(tmp_path) -> None:
    base, head = both(tmp_path, ["a_byte_more", "same_bytes"], **elsewhere(cpu_model="Another"))
    journal = head / "measurements.jsonl"
    journal.write_text(journal.read_text().replace('"allocator":"retained"', '"allocator":"inherited"'))
    states = {judged.case.pair: judged.state for judged in compare(*loaded(base, head), Limits()).cases}
    assert states == {"a_byte_more": "worse", "same_bytes": "unchanged"}


def renamed(folder, pair: str, old: str, new: str) -> None:
    """Another value on an axis of one pair's lines."""
    journal = folder / "measurements.jsonl"
    lines = journal.read_text().splitlines(keepends=True)
    assert any(old in line for line in lines if f'"{pair}"' in line)
    journal.write_text("".join(line.replace(old, new) if f'"{pair}"' in line else line for line in lines))


def test_another_machine_may_lack_a_device(tmp_path) -> None:
    base, head = both(tmp_path, ["same_bytes", "vanishes"], **elsewhere(cpu_model="Another"))
    renamed(base, "vanishes", '"device":"cpu"', '"device":"cuda:0"')
    comparison = compare(*loaded(base, head), Limits())
    (judged,) = (judged for judged in comparison.cases if judged.case.pair == "vanishes")
    assert (judged.state, comparison.regressed) == ("unresolved", False)
    assert judged.reason == "HEAD, of another machine, measured nothing on cuda:0"


@pytest.mark.slow
def test_another_machine_may_have_other_threads(tmp_path) -> None:
    base, head = both(tmp_path, ["a_byte_more", "same_bytes"], **elsewhere(cpu_model="Another"))
    for pair in ("a_byte_more", "same_bytes"):
        renamed(head, pair, '"threads":2', '"threads":8')
    states = {
        (judged.case.pair, judged.case.threads): judged.state for judged in compare(*loaded(base, head), Limits()).cases
    }
    assert states == {("a_byte_more", 2): "worse", ("same_bytes", 2): "unchanged"}
    renamed(base, "same_bytes", '"threads":2', '"threads":4')  # two numbers of threads: which is HEAD's?
    with pytest.raises(RecordError, match="no case in common"):
        compare(*loaded(base, head), Limits())


@pytest.mark.slow
def test_another_torch_is_what_is_asked_and_is_told(tmp_path) -> None:
    comparison = compare(*loaded(*both(tmp_path, **elsewhere(torch_version="2.14.0"))), Limits())
    assert comparison.relation.differing == (("torch_version", "2.13.0", "2.14.0"),)
    assert {j.case.pair: j.state for j in comparison.cases}["speedup_falls"] == "worse"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"method": None}, "does not store its method"),
        ({"method": [1]}, "does not store its method"),
        ({"state": "partial"}, "is partial and cannot be compared"),
    ],
)
def test_runs_that_may_not_meet(tmp_path, changes: dict, said: str) -> None:
    with pytest.raises(RecordError, match=said):
        compare(*loaded(*both(tmp_path, ["same_bytes"], **changes)), Limits())


def test_a_run_does_not_meet_itself_nor_its_copy(tmp_path) -> None:
    base, _ = both(tmp_path, ["same_bytes"])
    copy = tmp_path / "copy"
    copy.mkdir()
    for path in base.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    for head in (base, copy):
        with pytest.raises(RecordError, match="are the same run"):
            compare(*loaded(base, head), Limits())


def test_runs_without_a_common_case_say_what_differs(tmp_path) -> None:
    base, head = both(tmp_path, ["same_bytes", "same_1"])
    journal = head / "measurements.jsonl"
    journal.write_text(journal.read_text().replace('"threads":2', '"threads":8'))
    with pytest.raises(RecordError, match=r"no case in common; they differ in threads \(2, 8\)"):
        compare(*loaded(base, head), Limits())
