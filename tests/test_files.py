"""Each Python file has one subject: it is short, and its name says what it holds."""

import pytest

from tests.commands import ROOT

FILES = sorted(path for room in ("benchmarks", "analysis", "tests") for path in (ROOT / room).rglob("*.py"))
#: A file of more lines holds two subjects, or a function that no screen shows whole.
MOST_LINES = 250
#: Whatever has no other place ends up in a file of such a name, and nobody finds it there.
EMPTY_NAMES = {"common", "helper", "helpers", "manager", "misc", "util", "utils"}


def test_there_are_files():
    assert len(FILES) > 300


def test_no_file_is_long():
    lines = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8").count("\n") for path in FILES}
    assert not {path: count for path, count in lines.items() if count > MOST_LINES}


@pytest.mark.parametrize("named", ["file", "folder"])
def test_names_say_what_is_in_it(named):
    names = {path: path.stem if named == "file" else path.parent.name for path in FILES}
    assert not [path for path, name in names.items() if EMPTY_NAMES.intersection(name.split("_"))]
