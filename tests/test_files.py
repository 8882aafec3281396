"""Each file has one subject: it is short, and its name says what it holds."""

import ast
from collections import defaultdict

import pytest

from tests.support.commands import ROOT

FILES = sorted(path for room in ("benchmarks", "analysis", "tests") for path in (ROOT / room).rglob("*.py"))
#: What reports are put together from: HTML, Markdown, style, script.
TEMPLATES = sorted(path for path in (ROOT / "analysis").rglob("*") if path.suffix in {".html", ".md", ".css", ".js"})
#: A file of more lines holds two subjects, or a function that no screen shows whole.
MOST_LINES = 250
#: Whatever has no other place ends up in a file of such a name, and nobody finds it there.
EMPTY_NAMES = {"common", "helper", "helpers", "manager", "misc", "util", "utils"}


def test_there_are_files():
    assert len(FILES) > 300
    assert {path.suffix for path in TEMPLATES} == {".html", ".md", ".css", ".js"}


def test_no_file_is_long():
    files = [*FILES, *TEMPLATES]
    lines = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8").count("\n") for path in files}
    assert not {path: count for path, count in lines.items() if count > MOST_LINES}


@pytest.mark.parametrize("named", ["file", "folder"])
def test_names_say_what_is_in_it(named):
    names = {path: path.stem if named == "file" else path.parent.name for path in FILES}
    assert not [path for path, name in names.items() if EMPTY_NAMES.intersection(name.split("_"))]


#: Folders of topics, which a reader finds again wherever there are claims, hazards, models or scenarios of them.
TOPICS = {"claims", "hazards", "models", "scenarios"}
#: Names that a reader expects in several rooms: what one can type, and what runs in a process of its own.
EXPECTED_NAMES = {"__init__", "__main__", "command", "isolated"}


@pytest.mark.parametrize("room", ["benchmarks", "analysis"])
def test_no_two_files_have_one_name(room):
    found = defaultdict(list)
    for path in (ROOT / room).rglob("*.py"):
        if path.parent.name not in TOPICS and path.stem not in EXPECTED_NAMES:
            found[path.stem].append(path.relative_to(ROOT).as_posix())
    assert not {name: paths for name, paths in found.items() if len(paths) > 1}


def test_no_two_classes_or_functions_have_one_name():
    """Public ones at the top of a module; each command's `main` is expected."""
    found = defaultdict(set)
    for path in (path for path in FILES if path.relative_to(ROOT).parts[0] != "tests"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_"):
                found[node.name].add(path.relative_to(ROOT).as_posix())
    assert {name: paths for name, paths in found.items() if len(paths) > 1}.keys() <= {"main"}
