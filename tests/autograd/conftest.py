"""What the laboratory's tests share: its processes, forked."""

import pytest

from benchmarks import process
from tests.support.forked import FORKING


@pytest.fixture
def forked_modules(monkeypatch):
    """The processes of hazards and of cells are forked from the test's: see `tests.support.forked`."""
    monkeypatch.setattr(process, "subprocess", FORKING)
