"""The changelog and the version: one moves with the other."""

import re
from datetime import date

from tests.support.commands import ROOT

TEXT = (ROOT / ".github/CHANGELOG.md").read_text(encoding="utf-8")
HEADINGS = [re.fullmatch(r"## (\d+)\.(\d+)\.(\d+) \((\S+)\)", line) for line in TEXT.splitlines() if line[:3] == "## "]


def test_each_heading_is_a_version_and_its_date_the_newest_first():
    assert HEADINGS and all(HEADINGS)
    versions = [tuple(map(int, heading.groups()[:3])) for heading in HEADINGS]
    dates = [date.fromisoformat(heading[4]) for heading in HEADINGS]
    assert versions == sorted(set(versions), reverse=True) and dates == sorted(dates, reverse=True)


def test_the_newest_is_the_version_of_the_package_which_stands_there_alone():
    version = ".".join(HEADINGS[0].groups()[:3])
    assert re.findall(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE) == [version]
    sources = [path for room in ("benchmarks", "analysis") for path in (ROOT / room).rglob("*.py")]
    assert not [path for path in sources if f'"{version}"' in path.read_text(encoding="utf-8")]


def test_the_stored_record_and_method_are_told():
    from benchmarks.record import METHOD_VERSION, RECORD_VERSION

    told = [(int(record), int(method)) for record, method in re.findall(r"^Record (\d+), method (\d+)", TEXT, re.M)]
    assert told[0] == (RECORD_VERSION, METHOD_VERSION)
