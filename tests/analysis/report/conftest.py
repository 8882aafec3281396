"""Sections that several tests of the report read: of a GPU whose host decides at some sizes or at all."""

import pytest

from analysis.report.html.render import html
from analysis.right.truth import Truth
from analysis.section import Section
from tests.analysis.invented_gpu import sized_gpu_run
from tests.analysis.only_section import only_section


@pytest.fixture(scope="session")
def sized(tmp_path_factory: pytest.TempPathFactory) -> Section:
    return only_section(sized_gpu_run(tmp_path_factory.mktemp("sized")))


@pytest.fixture(scope="session")
def sized_page(sized: Section) -> str:
    return html([sized], Truth())


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Section:
    """A run whose host decides at all sizes."""
    return only_section(sized_gpu_run(tmp_path_factory.mktemp("small"), (2**10, 2**20)))
