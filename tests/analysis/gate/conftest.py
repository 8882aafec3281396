"""A comparison that several modules of the gate's tests read."""

import pytest

from analysis.gate.change import Limits
from analysis.gate.compare import Comparison, compare
from tests.analysis.gate.gated import SAME, both, loaded


@pytest.fixture(scope="session")
def fallen(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    """Twelve pairs that stayed the same and one whose speedup fell."""
    return compare(*loaded(*both(tmp_path_factory.mktemp("fallen"), [*SAME, "speedup_falls"])), Limits())
