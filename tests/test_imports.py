"""The direction of imports: catalogue -> inputs -> measure, autograd -> record <- analysis."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands import ROOT

SOURCES = sorted(path for room in ("benchmarks", "analysis") for path in (ROOT / room).rglob("*.py"))


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module_of(path) for path in SOURCES}


def imports(path: Path) -> set[str]:
    """Every module that a file imports, at the top or within a function, by its full name."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= names & MODULES or {node.module}
            found |= {node.module} if names - MODULES else set()
    return found


IMPORTS = {module_of(path): imports(path) for path in SOURCES}


def within(module: str, *rooms: str) -> bool:
    return any(module == room or module.startswith(f"{room}.") for room in rooms)


def own(module: str) -> set[str]:
    return {name for name in IMPORTS[module] if within(name, "benchmarks", "analysis")}


#: A room, and all of the suite that its files may import.
MAY = {
    "benchmarks.record": (),
    "benchmarks.folder": ("benchmarks.record",),
    "benchmarks.catalogue": ("benchmarks.catalogue", "benchmarks.models", "benchmarks.record"),
    "benchmarks.tensors": ("benchmarks.catalogue",),
    "benchmarks.inputs": ("benchmarks.tensors", "benchmarks.catalogue", "benchmarks.record"),
    "benchmarks.models": ("benchmarks.models",),
    "benchmarks.workload": ("benchmarks.inputs", "benchmarks.tensors", "benchmarks.catalogue", "benchmarks.record"),
    "benchmarks.measure": ("benchmarks.measure", "benchmarks.inputs", "benchmarks.record"),
    "benchmarks.autograd.fields": (),
    "benchmarks.autograd.findings": ("benchmarks.autograd.fields",),
    "benchmarks.autograd.stored": (
        "benchmarks.autograd.findings",
        "benchmarks.autograd.safety.cells",
        "benchmarks.autograd.safety.rows",
    ),
    "benchmarks.autograd.safety.cells": (),
    "benchmarks.autograd.safety.differences": ("benchmarks.autograd.safety.cells", "benchmarks.autograd.safety.rows"),
    "benchmarks.autograd.safety.rows": ("benchmarks.autograd.fields", "benchmarks.autograd.safety.cells"),
    "benchmarks.autograd.equivalence": (
        "benchmarks.autograd.writes",
        "benchmarks.inputs",
        "benchmarks.catalogue",
        "benchmarks.record",
    ),
    "benchmarks.autograd.hazards": (
        "benchmarks.autograd.findings",
        "benchmarks.autograd.evidence",
        "benchmarks.autograd.hazards",
    ),
    "benchmarks.autograd": (
        "benchmarks.autograd",
        "benchmarks.measure",
        "benchmarks.workload",
        "benchmarks.inputs",
        "benchmarks.tensors",
        "benchmarks.catalogue",
        "benchmarks.record",
    ),
    "benchmarks.planning": ("benchmarks.planning", "benchmarks.tensors", "benchmarks.catalogue", "benchmarks.record"),
    "benchmarks.running.lock": (),
    "benchmarks.running.events": ("benchmarks.record",),
    "benchmarks.replay": (),
    "benchmarks.phases": (),
    # Beside the record, the analysis reads stored claims, hazards and safety matrices: their rows and what their words
    # mean are standard library only, so it still runs where there is no torch (held below by importing it).
    "analysis": (
        "analysis",
        "benchmarks.folder",
        "benchmarks.record",
        "benchmarks.autograd.findings",
        "benchmarks.autograd.stored",
        "benchmarks.autograd.safety.cells",
        "benchmarks.autograd.safety.differences",
        "benchmarks.autograd.safety.explained",
        "benchmarks.autograd.safety.rows",
    ),
}


@pytest.mark.parametrize("room", MAY)
def test_a_room_imports_only_what_lies_below_it(room):
    modules = [module for module in MODULES if within(module, room)]
    assert modules
    for module in modules:
        above = {name for name in own(module) if not within(name, *MAY[room])}
        assert not above, f"{module} imports {sorted(above)}"


@pytest.mark.parametrize(
    "module",
    [
        "benchmarks.record",
        "benchmarks.folder",
        *(f"benchmarks.autograd.{name}" for name in ("fields", "findings", "stored")),
    ],
)
def test_what_is_stored_is_standard_library_only(module):
    outside = {name.split(".")[0] for name in IMPORTS[module]} - set(sys.stdlib_module_names)
    assert outside <= {"benchmarks"}  # of which MAY holds what: the likes of itself


def test_the_catalogue_knows_neither_pytest_nor_time():
    for module in (module for module in MODULES if within(module, "benchmarks.catalogue")):
        assert not {name.split(".")[0] for name in IMPORTS[module]} & {"pytest", "time", "timeit"}, module


def test_analysis_never_needs_torch():
    for module in (module for module in MODULES if within(module, "analysis")):
        assert "torch" not in {name.split(".")[0] for name in IMPORTS[module]}, module


def test_bench_modules_hold_only_their_family():
    families = [module for module in MODULES if module.startswith("benchmarks.bench_")]
    assert len(families) >= 3
    for module in families:
        assert own(module) == {"benchmarks.phases"}, module


def test_the_suite_takes_from_the_analysis_what_an_interval_is_and_no_more():
    """So that the terminal's verdicts and the self-test's are the report's."""
    gate = ("benchmarks.selftest.gate", "benchmarks.selftest.pool")  # which measure the gate, so they run it
    modules = [module for module in MODULES if within(module, "benchmarks") and not within(module, *gate)]
    taken = {name for module in modules for name in own(module)}
    assert {name for name in taken if within(name, "analysis")} <= {"analysis.intervals"}
    taken = {name for module in gate for name in own(module) if within(name, "analysis")}
    assert all(within(name, "analysis.gate", "analysis.load") for name in taken)


def test_there_is_no_cycle():
    reached = {module: own(module) & MODULES for module in MODULES}
    while leaves := {module for module, names in reached.items() if not names}:
        reached = {module: names - leaves for module, names in reached.items() if module not in leaves}
    assert not reached, f"these import each other: {sorted(reached)}"


def loaded_by(statement: str) -> set[str]:
    code = f"import sys, json; before = set(sys.modules); {statement}; print(json.dumps([*set(sys.modules) - before]))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    return {name.split(".")[0] for name in json.loads(done.stdout.splitlines()[-1])}


def test_importing_the_package_or_the_record_loads_nothing_heavy():
    assert loaded_by("import benchmarks") == {"benchmarks"}
    assert loaded_by("import benchmarks.folder") <= {"benchmarks", *sys.stdlib_module_names}
    assert loaded_by("import benchmarks.autograd.stored") <= {"benchmarks", *sys.stdlib_module_names}


def test_the_analysis_runs_without_torch():
    loaded = loaded_by("import " + ", ".join(sorted(module for module in MODULES if within(module, "analysis"))))
    assert "pandas" in loaded and "torch" not in loaded
