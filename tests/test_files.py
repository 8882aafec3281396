"""Each file has one subject: it is short, and its name says what it holds."""

import ast
import re
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


#: A checker's rules are switched off by these words. Wanted: the rule's name, and the reason as a second comment.
SUPPRESSED = re.compile(r"#\s*(?:type|pyright):\s*ignore|#\s*noqa|#\s*ruff:\s*noqa")
REASONED = re.compile(
    r"# (?:(?:type|pyright): ignore\[[a-zA-Z-]+(?:, [a-zA-Z-]+)*\]|noqa: [A-Z]+\d+(?:, [A-Z]+\d+)*)  # \w.+$"
)
#: The same for a whole file: the reason is the line above.
SUPPRESSED_BY_FILE = re.compile(r"# pyright: *(?:\w+ *= *\w+|basic|strict)")


def unreasoned(lines: list[str]) -> list[str]:
    """The lines that switch a checker off without naming its rule and the reason."""
    return [
        line
        for above, line in zip(["", *lines], lines, strict=False)
        if (SUPPRESSED.search(line) and not REASONED.search(line))
        or (SUPPRESSED_BY_FILE.match(line) and not (re.fullmatch(r"# pyright: \w+=\w+", line) and above[:2] == "# "))
    ]


def test_what_switches_a_checker_off_names_its_rule_and_a_reason():
    lines = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8").splitlines() for path in FILES}
    assert not {path: found for path, some in lines.items() if (found := unreasoned(some))}


@pytest.mark.parametrize(
    ("end", "is_reasoned"),
    [
        ("pyright: ignore", False),
        ("pyright: ignore[reportReturnType]", False),
        ("pyright: ignore[reportReturnType]  # two losses", True),
        ("pyright: ignore  # two losses", False),
        ("type: ignore", False),
        ("noqa", False),
        ("noqa: E731", False),
        ("noqa: E731, B008  # bound as it is defined", True),
        ("noqa  # bound as it is defined", False),
    ],
)
def test_a_suppression_without_a_rule_or_a_reason_is_found(end, is_reasoned):
    assert (unreasoned([f"x = y  # {end}"]) == []) == is_reasoned


def test_a_suppression_for_a_file_has_its_reason_above():
    line = "# pyright: reportReturnType=false"
    assert unreasoned([line]) == unreasoned(["import x", line]) == [line]
    assert not unreasoned(["# Pyright: some have two losses.", line])
    assert unreasoned(["# Old code.", "# pyright: basic"])


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
