"""The hazards: the judge on invented programs, and each hazard's status on this torch against what is known of 2.13."""

import warnings
from dataclasses import replace
from importlib import import_module

import pytest
import torch

from benchmarks.autograd.hazards import HAZARDS
from benchmarks.autograd.hazards.hazard import description, examine_hazard
from benchmarks.autograd.hazards.isolated import examine_isolated
from benchmarks.autograd.record.findings import (
    CRASHED,
    FIXED,
    GUARD,
    HUNG,
    NOT_AVAILABLE,
    RAISES,
    SILENT,
    STATUSES,
    HazardRow,
)
from benchmarks.process import child_module
from benchmarks.record.checking import read_object
from tests.autograd import invented
from tests.autograd.known_hazards import BESIDE, KNOWN_GRADIENTS
from tests.support.commands import ROOT

BY_NAME = {hazard.name: hazard for hazard in HAZARDS}
INVENTED = {hazard.name: hazard for hazard in invented.HAZARDS}

on_2_13 = torch.__version__.startswith("2.13.")


@pytest.fixture(scope="module")
def rows():
    """Every hazard examined once; those of a process of their own in one, beside this one."""
    isolated = [hazard for hazard in HAZARDS if hazard.isolated]
    with child_module("tests.autograd.hazards_in_turn") as child:
        within = [examine_hazard(hazard, "cpu") for hazard in HAZARDS if not hazard.isolated]
        events = [child.event(hazard.limit_s) for hazard in isolated]
        assert all(events), child.printed()
        found = [read_object(HazardRow, event["row"]) for event in events]
        return {row.name: row for row in (*within, *found)}


@pytest.mark.parametrize("program", invented.STATUSES, ids=lambda program: program.__name__)
def test_the_status_is_what_ran(program):
    row = examine_hazard(invented.hazard(program), "cpu")
    assert row.status == invented.STATUSES[program]
    assert row.changed == (row.status in (FIXED, RAISES))
    assert bool(row.reason) == (row.status in (RAISES, NOT_AVAILABLE))
    assert "\n" not in row.reason


def test_each_program_is_named_by_its_file_and_its_function():
    for facts in map(description, HAZARDS):
        assert facts["place"].startswith(f"{facts['file']}:") and (ROOT / facts["file"]).exists()
        assert f"def {facts['function']}(" in facts["program"]


def test_no_gradient_is_right_where_zero_is():
    row = examine_hazard(replace(invented.hazard(invented.gives_none), truth=lambda device: torch.zeros(2)), "cpu")
    assert (row.status, row.obtained) == (FIXED, "none")


def test_what_cannot_be_judged_is_not_judged():
    row = examine_hazard(replace(invented.hazard(invented.lies), truth=invented.raises, rewrite=invented.lies), "cpu")
    assert row.status == row.rewrite.status == NOT_AVAILABLE
    assert row.reason == "the true gradient could not be computed: RuntimeError: a first line"


def test_a_rewrite_is_run_and_may_be_wrong():
    given = invented.hazard(invented.lies, rewrite=invented.lies_little, beside=(("right", invented.right),))
    row = examine_hazard(given, "cpu")
    assert row.rewrite.status == SILENT and row.beside[0].status == FIXED
    assert "def lies_little" in row.rewrite_program and "def lies" in row.program
    assert examine_hazard(replace(given, rewrite=invented.right), "cpu").rewrite.status == FIXED


@pytest.mark.slow
def test_where_torch_compile_fails_the_reason_is_told(monkeypatch):
    def unsupported(*_, **__):
        raise RuntimeError("not supported on this Python")

    monkeypatch.setattr(torch, "compile", unsupported)
    row = examine_hazard(BY_NAME["compiled-version-check"], "cpu")
    assert (row.status, row.reason) == (
        NOT_AVAILABLE,
        "torch.compile fails here: RuntimeError: not supported on this Python",
    )
    assert row.beside[0].status == RAISES  # eager mode needs no compiler


def test_without_a_compiler_the_reason_is_told(monkeypatch):
    from torch._dynamo.exc import TorchDynamoException  # which takes seconds to import

    class NoCompiler(TorchDynamoException):
        """As inductor's own errors are."""

    def call(*_):
        raise NoCompiler("backend='aot_eager' raised:\nno C++ compiler found")

    monkeypatch.setattr(torch, "compile", lambda function, backend: call)
    row = examine_hazard(BY_NAME["compiled-stale-graph"], "cpu")
    assert row.status == row.rewrite.status == NOT_AVAILABLE
    said = "torch.compile with aot_eager fails here: NoCompiler: backend='aot_eager' raised: no C++ compiler found"
    assert row.reason == said and row.beside[0].status == FIXED


def test_a_warning_is_no_silence():
    def warns(device):
        warnings.warn("mind this", UserWarning, stacklevel=1)
        return invented.lies(device)

    assert "UserWarning: mind this" in examine_hazard(invented.hazard(warns), "cpu").warned


@pytest.mark.slow
def test_apart_is_as_within():
    given = INVENTED["lies"]
    assert examine_isolated(given, "cpu") == examine_hazard(given, "cpu")


@pytest.mark.slow
@pytest.mark.parametrize(
    "name, limit_s, status, reason",
    [
        ("aborts", 60.0, CRASHED, "its process was ended by SIGABRT"),
        ("leaves", 60.0, CRASHED, "its process ended with exit status 7: its last words"),
        ("hangs", 1.0, HUNG, "no end after 1 s, stopped"),
    ],
)
def test_a_process_that_ends_badly_costs_its_row(forked_modules, name, limit_s, status, reason):
    row = examine_isolated(replace(INVENTED[name], limit_s=limit_s), "cpu")
    assert (row.status, row.reason) == (status, reason)
    assert row.changed and row.name == name and "def " in row.program


def test_names_are_one_each_and_every_hazard_is_whole():
    assert len(BY_NAME) == len(HAZARDS)
    for hazard in HAZARDS:
        assert hazard.kind == GUARD or (hazard.rewrite and hazard.instead), hazard.name
        assert hazard.kind != GUARD or hazard.reference, hazard.name
    assert {name for name, hazard in BY_NAME.items() if hazard.kind == SILENT} == set(KNOWN_GRADIENTS)


#: Issues of pytorch on silent gradients, confusing errors and old bugs; found by reading its tracker.
REPORTED = """
    13402 114505 139789 144580 195422 197887 61519 92927
    2940 5871 10532 14707 24413 24853 26546 31258 31938 36383 36608 47671 49824 79708 90844 117366 128035
"""


def test_every_reported_case_has_a_program():
    told = " ".join((hazard.reference + " ".join(what for what, _ in hazard.beside)) for hazard in HAZARDS)
    assert [number for number in REPORTED.split() if f"pytorch/issues/{number}" not in told] == []


def test_hazards_run_apart_are_found_by_their_module():
    assert sum(hazard.isolated for hazard in HAZARDS) >= 3
    for hazard in HAZARDS:
        assert hazard in import_module(hazard.program.__module__).HAZARDS


@pytest.mark.slow
@pytest.mark.parametrize("name", BY_NAME)
def test_every_hazard_runs_and_stands_as_last_known(rows, name):
    row = rows[name]
    assert row.status in STATUSES and row.true, row
    if on_2_13:
        assert row.status == row.last_known, row
        assert not row.changed


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, hazard in BY_NAME.items() if hazard.rewrite])
def test_every_rewrite_is_right(rows, name):
    rewrite = rows[name].rewrite
    assert rewrite.status == FIXED or (not on_2_13 and rewrite.status == NOT_AVAILABLE), rewrite


@pytest.mark.slow
@pytest.mark.skipif(not on_2_13, reason="known of torch 2.13")
@pytest.mark.parametrize("name", KNOWN_GRADIENTS)
def test_silent_gradients_are_as_known(rows, name):
    assert (rows[name].true, rows[name].obtained) == KNOWN_GRADIENTS[name]
    assert rows[name].warned == ()


@pytest.mark.slow
@pytest.mark.skipif(not on_2_13, reason="known of torch 2.13")
def test_other_forms_are_as_known(rows):
    assert {name: [each.status for each in row.beside] for name, row in rows.items() if row.beside} == BESIDE


def test_a_step_that_a_device_has_not_fused_is_no_error_that_torch_noticed():
    """torch.optim.Adagrad has no fused step on CUDA, and says so before anything runs."""

    def lacks_it(device):
        raise RuntimeError("`fused=True` requires all the params to be floating point Tensors of supported devices")

    hazard = replace(BY_NAME["fused-step"], beside=(("Adagrad(fused=True)", lacks_it),))
    (outcome,) = examine_hazard(hazard, "cpu").beside
    assert (outcome.status, outcome.obtained) == (NOT_AVAILABLE, "")
    assert "`fused=True` requires" in outcome.reason
