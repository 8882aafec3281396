"""Imports go one way: down the floors below; of `benchmarks`, `analysis` imports what is stored, and `entry`."""

import ast
import functools
import json
import re
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path

import pytest

from tests.support.commands import ROOT

SOURCES = sorted(path for room in ("benchmarks", "analysis") for path in (ROOT / room).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))

#: Rooms of a floor import rooms of lower floors (the lines above theirs) and themselves, never their neighbours.
FLOORS = (
    ("benchmarks.record", "benchmarks.cgroup", "benchmarks.temporary", "benchmarks.kernel", "benchmarks.waits"),
    (
        "benchmarks.replay",
        "benchmarks.phases",
        "benchmarks.autograd.record",
        "benchmarks.in_flight",
        "benchmarks.orphans",
        "benchmarks.process_end",
        "benchmarks.models",
        "benchmarks.tracking",
        "analysis.units",
        "analysis.escaping",
    ),
    ("benchmarks.process", "benchmarks.fork", "benchmarks.entry", "benchmarks.nested", "analysis.output_file"),
    ("benchmarks.messages", "benchmarks.source_text", "benchmarks.interrupted"),
    ("benchmarks.catalogue", "analysis.run"),
    ("benchmarks.tensors", "benchmarks.listing", "analysis.numbers"),
    ("benchmarks.inputs", "benchmarks.optimizer_state", "analysis.section", "analysis.gate"),
    ("benchmarks.workload", "analysis.scenarios", "analysis.right"),
    ("benchmarks.measure", "benchmarks.verify", "benchmarks.planning", "analysis.cards"),
    ("benchmarks.running", "benchmarks.autograd", "benchmarks.explain", "benchmarks.attribution", "analysis.across"),
    ("benchmarks.advise.user",),
    ("benchmarks.advise.source",),
    ("benchmarks.advise.trials",),
    ("benchmarks.advise.switches",),
    ("benchmarks.advise.watch",),
    ("benchmarks.advise.verdicts",),
    ("benchmarks.advise.answers",),
    ("benchmarks.advise",),
    ("analysis.report.palette", "analysis.report.scales", "analysis.report.phase_words", "analysis.report.gpu_notes"),
    ("benchmarks.conftest", "analysis.report.exports", "analysis.report.tables"),
    ("analysis.report.own_models", "analysis.report.advised_sentences"),
    ("analysis.report.scenario_sentence",),
    ("analysis.report.answer",),
    ("analysis.report.html",),
    ("analysis.report.markdown", "analysis.report.op_over_places", "analysis.report.figures"),
    ("analysis.report.write",),
    ("analysis.readme", "analysis.pack", "analysis.dataset"),
    ("benchmarks.selftest", "benchmarks.versions", "analysis.cli"),
    ("benchmarks.fleet", "benchmarks.reference"),
    ("benchmarks.cli", "analysis.__main__"),
    ("benchmarks.advise_judge",),
    ("benchmarks.__main__",),
)
#: The rooms of `benchmarks` that hold what is stored.
STORED = ("benchmarks.record", "benchmarks.autograd.record")
#: What `analysis` takes of `benchmarks`, and what is standard library only: these, and how a command starts and ends.
SHARED = (*STORED, "benchmarks.entry")
#: What `entry` takes for itself, so standard library only too.
TAKEN_BY_ENTRY = ("benchmarks.waits",)


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module_of(path): path for path in SOURCES}
TEST_MODULES = {module_of(path) for path in TESTS}


def imports(path: Path, modules: Collection[str] = MODULES) -> set[str]:
    """Every module that a file imports, at the top or within a function, by its full name; `modules`: those known."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= names.intersection(modules) or {node.module}
            found |= {node.module} if names.difference(modules) else set()
    return found


imports_of = functools.cache(lambda module: imports(MODULES[module]))


def within(module: str, *rooms: str) -> bool:
    return any(module == room or module.startswith(f"{room}.") for room in rooms)


def own(module: str) -> set[str]:
    return {name for name in imports_of(module) if within(name, "benchmarks", "analysis")}


def room_of(module: str) -> str:
    """The innermost room of FLOORS that holds a module; of a bench module, and a package with rooms, itself."""
    rooms = [room for floor in FLOORS for room in floor if within(module, room)]
    return max(rooms, key=len, default=module)


def test_every_module_has_a_floor():
    outside = {module for module in MODULES if room_of(module) == module and not any(module in f for f in FLOORS)}
    bench = {module for module in outside if module.startswith("benchmarks.bench_")}
    assert outside - bench == {"benchmarks", "analysis", "analysis.report"}  # packages, whose docstrings are maps


@pytest.mark.parametrize("floor", range(len(FLOORS)), ids=["-".join(floor) for floor in FLOORS])
def test_a_room_imports_only_what_lies_below_it(floor):
    below = {room for lower in FLOORS[:floor] for room in lower} | {"benchmarks"}  # whose path some ask for
    for room in FLOORS[floor]:
        modules = [module for module in MODULES if room_of(module) == room]
        assert modules, f"{room} holds nothing"
        for module in modules:
            above = {name for name in own(module) if room_of(name) not in {room, *below}}
            assert not above, f"{module} imports {sorted(above)}"


def order_of(package: str) -> list[set[str]]:
    """The modules and rooms right below a package, floor by floor; a room with several floors counts at its highest."""
    floors = {room.split(".")[1]: i for i, floor in enumerate(FLOORS) for room in floor if within(room, package)}
    return [{name for name, at in floors.items() if at == i} for i in sorted(set(floors.values()))]


@pytest.mark.parametrize("package", ["benchmarks", "analysis"])
def test_a_sentence_says_which_way_imports_go(package):
    (sentence,) = re.findall(r"Imports go one way: ([^.]+)\.", (ROOT / package / "__init__.py").read_text("utf-8"))
    assert [{name.strip() for name in floor.split(",")} for floor in sentence.split("<-")] == order_of(package)


def test_the_analysis_imports_of_the_suite_what_is_stored_and_how_commands_end():
    for module in (module for module in MODULES if within(module, "analysis")):
        taken = {name for name in own(module) if within(name, "benchmarks")}
        assert all(within(name, *SHARED) for name in taken), f"{module} imports {sorted(taken)}"


@pytest.mark.parametrize("module", [module for module in sorted(MODULES) if within(module, *SHARED, *TAKEN_BY_ENTRY)])
def test_what_both_share_is_standard_library_only(module):
    outside = {name.split(".")[0] for name in imports_of(module)} - set(sys.stdlib_module_names)
    assert outside <= {"benchmarks"}  # of which only what is stored lies below


PACKAGES = sorted(path.parent for path in SOURCES if path.name == "__init__.py")


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.relative_to(ROOT).as_posix())
def test_a_packages_docstring_is_a_map_of_it(package):
    """Each file and folder in it is named, and nothing that is not there; of bench modules their kind."""
    docstring = ast.get_docstring(ast.parse((package / "__init__.py").read_text(encoding="utf-8"))) or ""
    named = set(re.findall(r"`([\w*]+)/?`", docstring))
    held = {path.stem for path in package.glob("*.py")} | {path.parent.name for path in package.glob("*/__init__.py")}
    held = {"bench_*" if name.startswith("bench_") else name for name in held} - {"__init__"}
    assert held <= named, f"not named: {sorted(held - named)}"


def test_the_catalogue_knows_neither_pytest_nor_time():
    for module in (module for module in MODULES if within(module, "benchmarks.catalogue")):
        assert not {name.split(".")[0] for name in imports_of(module)} & {"pytest", "time", "timeit"}, module


def test_analysis_never_needs_torch():
    for module in (module for module in MODULES if within(module, "analysis")):
        assert "torch" not in {name.split(".")[0] for name in imports_of(module)}, module


def test_bench_modules_hold_only_their_family():
    families = [module for module in MODULES if module.startswith("benchmarks.bench_")]
    assert len(families) >= 3
    for module in families:
        assert own(module) == {"benchmarks.phases"}, module


def test_the_suite_takes_nothing_from_the_analysis_but_the_gate_that_it_measures():
    gate = ("benchmarks.selftest.gate", "benchmarks.selftest.pool", "benchmarks.selftest.repeated")
    modules = [module for module in MODULES if within(module, "benchmarks") and not within(module, *gate)]
    taken = {name for module in modules for name in own(module)}
    assert not {name for name in taken if within(name, "analysis")}
    taken = {name for module in gate for name in own(module) if within(name, "analysis")}
    assert all(within(name, "analysis.gate", "analysis.run.load") for name in taken)


def test_no_test_is_imported():
    """What tests share lies in modules that are no tests, and in conftest.py as fixtures."""
    taken = {path: {name for name in imports(path, TEST_MODULES) if within(name, "tests")} for path in TESTS}
    for path, names in taken.items():
        assert not {name for name in names if name.split(".")[-1].startswith(("test_", "conftest"))}, path


def test_there_is_no_cycle():
    reached = {module: own(module).intersection(MODULES) for module in MODULES}
    while leaves := {module for module, names in reached.items() if not names}:
        reached = {module: names - leaves for module, names in reached.items() if module not in leaves}
    assert not reached, f"these import each other: {sorted(reached)}"


def loaded_by(statement: str) -> set[str]:
    """The modules that a statement loads, by their full names."""
    code = f"import sys, json; before = set(sys.modules); {statement}; print(json.dumps([*set(sys.modules) - before]))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(json.loads(done.stdout.splitlines()[-1]))


def packages(modules: set[str]) -> set[str]:
    return {name.split(".")[0] for name in modules}


def test_importing_the_package_or_what_is_stored_loads_nothing_heavy():
    assert packages(loaded_by("import benchmarks")) == {"benchmarks"}
    stored = sorted(module for module in MODULES if within(module, *STORED))
    assert packages(loaded_by(f"import {', '.join(stored)}")) <= {"benchmarks", *sys.stdlib_module_names}


def test_a_machine_of_a_fleet_needs_nothing_installed_but_ray():
    loaded = packages(loaded_by("import benchmarks.fleet.shard_on_node, benchmarks.fleet.ray_engine"))
    assert loaded <= {"benchmarks", *sys.stdlib_module_names}


@pytest.mark.slow
def test_the_analysis_runs_without_torch():
    loaded = loaded_by("import " + ", ".join(sorted(module for module in MODULES if within(module, "analysis"))))
    assert "pandas" in loaded and "torch" not in loaded


@pytest.mark.slow
def test_a_run_waits_for_no_library_that_it_does_not_need():
    """Half a second to two of every process of every run; the compiler is loaded by torch itself, where one may."""
    case = "'', 'relu', 'step', 1024, (1024,), 'float32', 'contiguous', 'none', False, 'cpu', 'inherited', 1"
    names = "from benchmarks.verify.prepare import check_case, prepare; from benchmarks.record import Case"
    checked = (
        f"p = prepare(next(p for p in families()['activations'] if p.name == 'relu'), Case({case})); check_case(p)"
    )
    counted = "s = p.subjects['inplace']; measure_memory(s.restore, s.call, s.backward, 'cpu')"
    more = "from benchmarks.catalogue import families; from benchmarks.measure.memory import measure_memory"
    loaded = loaded_by(f"import benchmarks.running.supervise; {names}; {more}; {checked}; {counted}")
    assert "torch" in loaded and not loaded & {"pandas", "torch._dynamo", "torch._inductor", "matplotlib", "scipy"}


@pytest.mark.slow
def test_no_command_but_its_own_loads_the_laboratory():
    assert not {name for name in loaded_by("import benchmarks.cli") if within(name, "benchmarks.autograd")}
