"""`run.json` is declared: what runs hold is what is declared, and every field says what it is."""

import ast
import inspect
import json
import re

import pytest

from benchmarks.autograd.record.findings import ClaimRow, HazardRow
from benchmarks.autograd.record.safety import SafetyRow
from benchmarks.record import Case, Expectation, Growth, Measurement
from benchmarks.record.checking import reader_of
from benchmarks.record.field_types import Number, field_type, types_of
from benchmarks.record.folder import RUN_FILE, read_journal, read_run
from benchmarks.record.run_facts import RunFacts, unfit_fields
from tests.record.declared import declarations, objects
from tests.support.commands import ROOT

#: Runs of record versions 1, 2 and 4, their journals cut after 20 cases; then those that the repository keeps.
KEPT = sorted(path.parent for path in (ROOT / "results/reference").glob(f"*/{RUN_FILE}"))
OLD = [ROOT / f"tests/record/{which}_record" for which in ("first", "second", "fourth")]
RUNS = [*OLD, *KEPT]
#: What runs of record version 1 do not hold.
LATER = {"ceilings_left_out", "suite_sha256", "cases_sha256", "scenarios"}
OF_A_RUN = sorted(set(declarations(RunFacts)), key=lambda declared: declared.__name__)
MEASURED = (Case, Measurement, Expectation, Growth)
FOUND = sorted({each for row in (ClaimRow, HazardRow, SafetyRow) for each in declarations(row)}, key=str)

#: Units by the end of a number's name; a number of another name counts what its name says, or has no unit.
ENDINGS = {"_bytes_per_s": "bytes/s", "_bytes": "bytes", "_s": "s", "_hz": "Hz", "_ratio": "share of 1"}


@pytest.mark.parametrize("declared", OF_A_RUN, ids=lambda declared: declared.__name__)
def test_every_field_of_a_run_says_what_it_is(declared):
    assert declared.__doc__
    lines = [line.strip() for line in inspect.getsource(declared).splitlines()]
    bare = [line for line in lines if re.match(r"\w+: ", line) and not re.search(r"  #: \S", line)]
    assert not bare


@pytest.mark.parametrize("declared", [*OF_A_RUN, *MEASURED, *FOUND], ids=lambda declared: declared.__name__)
def test_every_number_has_a_unit_which_its_name_carries(declared):
    for name, annotation in types_of(declared).items():
        limit = field_type(annotation).limit
        if isinstance(limit, Number):
            ending = next((ending for ending in ENDINGS if name.endswith(ending)), None)
            assert limit.unit == ENDINGS.get(ending, limit.unit) and limit.unit, name


def test_a_number_without_a_unit_is_no_field():
    with pytest.raises(TypeError, match="a number needs a unit"):
        reader_of(tuple[int, ...])


@pytest.mark.parametrize("folder", RUNS, ids=lambda folder: folder.name)
def test_stored_runs_of_every_version_hold_what_is_declared(folder):
    facts = read_run(folder)
    assert unfit_fields(facts, tuple(facts)) == []
    for declared, stored in objects(RunFacts, facts):
        assert [name for name in types_of(declared) if name in stored] == list(stored), declared
        assert declared.__required_keys__ - set(stored) <= LATER, declared


def test_runs_of_the_first_and_of_later_records_are_among_them():
    assert [read_run(folder)["record"] for folder in OLD] == [1, 2, 4]
    assert {read_run(folder)["record"] for folder in KEPT} == {6}
    assert [len(list(read_journal(folder))) for folder in OLD] == [20, 20, 20]


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "done"},
        {"state": None},
        {"budget": {"passes": 1, "seconds": 1.0}},
        {"budget": {"passes": True, "seconds": 1.0, "precision": 0.1}},
        {"ceilings": [None]},
        {"ceilings": {}},
        {"floors": {"cpu": -1.0}},
        {"floors": {"cpu": float("nan")}},
        {"options": {"preset": 3}},
        {"passes": [{"pass_number": 1, "kind": "time", "allocator": "heap", "state": "done"}]},
        {"passes": [{"pass_number": 1, "kind": "time", "allocator": "fresh", "state": "done", "wall_s": "x"}]},
    ],
    ids=str,
)
def test_what_does_not_fit_is_named(changes):
    stored = read_run(RUNS[0])
    assert unfit_fields(stored, tuple(changes)) == []
    assert unfit_fields({**stored, **changes}, tuple(changes)) == list(changes)


def test_a_field_that_a_later_suite_adds_is_no_misfit():
    stored = read_run(RUNS[0])
    assert unfit_fields({**stored, "budget": {**stored["budget"], "joules": 3}}, ("budget",)) == []
    assert unfit_fields({}, ("budget",)) == ["budget"]


def looked_up(source):
    """Names that code asks a run's facts for: in `facts.get("start")`, `part(facts, "machine")` and the like."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", None)
        asked = node.args[:1] if called == "get" else node.args[1:2] if called in ("part", "items") else []
        yield from (each.value for each in asked if isinstance(each, ast.Constant))


def test_the_analysis_asks_a_run_for_declared_fields_only():
    known = {name for declared in (*OF_A_RUN, Expectation, Growth) for name in types_of(declared)} | {"kind"}
    modules = [path for path in (ROOT / "analysis").rglob("*.py") if "run.facts import" in path.read_text()]
    asked = {
        (path.name, name) for path in [*modules, ROOT / "analysis/run/facts.py"] for name in looked_up(path.read_text())
    }
    assert len(asked) > 30
    assert {(file, name) for file, name in asked if name not in known} == set()


def test_the_file_is_the_declared_order(tmp_path):
    stored = json.loads((RUNS[-1] / RUN_FILE).read_text())
    assert [*stored, "shards", "advice"] == list(types_of(RunFacts))  # of a merged run, and of the advisor's
