"""What `reference` measures, by a stand-in of the suite's commands."""

import pytest

from benchmarks.reference import part_states, reference_command, reference_pages, reference_steps
from benchmarks.reference.reference_declared import selftest_declared
from benchmarks.reference.reference_parts import (
    REFERENCE,
)
from benchmarks.reference.staleness import Wanted
from tests.reference.reference_stand_in import CHECKED, SMALL, Suite


@pytest.fixture
def suite(tmp_path, monkeypatch):
    made = Suite()
    for module in (reference_steps, reference_pages):
        monkeypatch.setattr(module, "run_command", made)
    monkeypatch.setattr(reference_command, "PARTS", (SMALL, CHECKED))
    declared = {CHECKED.name: selftest_declared(CHECKED)}
    monkeypatch.setattr(part_states, "wanted_of", lambda part: Wanted({"method": 4}, declared.get(part.name, {})))
    monkeypatch.setattr(reference_pages.shutil, "which", lambda name: None)
    monkeypatch.chdir(tmp_path)
    (tmp_path / REFERENCE).mkdir(parents=True)
    return made
