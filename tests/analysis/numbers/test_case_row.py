"""The declared columns of the case table are those that it has."""

import pandas as pd

from analysis.numbers.case_row import CaseRow, LabelledRow
from analysis.run.load import Run
from analysis.section import sections


def test_the_case_table_has_the_declared_columns_and_no_others(cases: pd.DataFrame) -> None:
    assert set(cases.columns) == set(CaseRow.__annotations__)


def test_a_sections_cases_have_labels_too(run: Run) -> None:
    (section,) = sections([run])
    declared = set(CaseRow.__annotations__) | set(LabelledRow.__annotations__)
    assert declared <= set(section.every.columns)
