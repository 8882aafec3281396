"""The section of a run that has one."""

from pathlib import Path

from analysis.run.load import load_run
from analysis.section import Section, sections


def only_section(folder: Path) -> Section:
    (section,) = sections([load_run(folder)])
    return section
