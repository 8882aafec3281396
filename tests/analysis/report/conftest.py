"""Sections that several tests of the report read: of a GPU whose host decides at some sizes or at all, and of a CPU."""

import pytest

from analysis.report.html.render import html
from analysis.right.truth import Truth
from analysis.run.load import StoredRun, load_run
from analysis.section import Section, sections
from tests.analysis.invented_gpu import sized_gpu_run


@pytest.fixture(scope="session")
def sized(tmp_path_factory: pytest.TempPathFactory) -> Section:
    (section,) = sections([load_run(sized_gpu_run(tmp_path_factory.mktemp("sized")))])
    return section


@pytest.fixture(scope="session")
def sized_page(sized: Section) -> str:
    return html([sized], Truth())


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Section:
    """A run whose host decides at all sizes."""
    (section,) = sections([load_run(sized_gpu_run(tmp_path_factory.mktemp("small"), (2**10, 2**20)))])
    return section


@pytest.fixture(scope="session")
def cpu(run: StoredRun) -> Section:
    (section,) = sections([run])
    return section
