"""Fixtures of the analysis' tests: the named run, read and joined once."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import settings

from analysis.numbers.ratios import case_table
from analysis.report import write
from analysis.right import truth
from analysis.run.load import StoredRun, load_run
from analysis.section import Section, sections
from tests.analysis.invented import named_run

#: For an hour of damaged runs: --hypothesis-profile=many
settings.register_profile("many", max_examples=40_000, print_blob=True)


@pytest.fixture(scope="session", autouse=True)
def _nothing_stored() -> Iterator[None]:
    """Reports of these tests show the claims, hazards and safety of the test, not those kept in the repository."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(truth, "FOLDERS", ())
        yield


@pytest.fixture
def no_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests that read no figure: drawing takes longer than all else of a small report."""
    monkeypatch.setattr(write, "DRAWINGS", ())


@pytest.fixture(scope="session")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the named run; tests read it and never write to it."""
    return named_run(tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="session")
def run(stored: Path) -> StoredRun:
    return load_run(stored)


@pytest.fixture(scope="session")
def named_section(run: StoredRun) -> Section:
    (section,) = sections([run])
    return section


@pytest.fixture(scope="session")
def cases(run: StoredRun) -> pd.DataFrame:
    return case_table(run)


@pytest.fixture(scope="session")
def by_pair(cases: pd.DataFrame) -> dict:
    """The named run's cases of inference at 64 Ki, by their pair."""
    chosen = cases[(cases["numel"] == 65536) & (cases["phase"] == "inference")]
    return {row.pair: row for row in chosen.itertuples()}
