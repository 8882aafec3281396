"""The declared columns of the case table are those that it has."""

import pandas as pd

from analysis.numbers.case_row import CaseRow, LabelledRow, OpRow, TypicalRow
from analysis.numbers.geomeans import at_typical_size
from analysis.numbers.quantities import COUNTED, QUANTITIES
from analysis.run.load import StoredRun
from analysis.section import sections

OF_QUANTITIES = {column for quantity in QUANTITIES for column in quantity.columns}
OF_QUANTITIES |= {quantity.ratio for quantity in COUNTED}


def test_the_case_table_has_the_declared_columns_and_no_others(cases: pd.DataFrame) -> None:
    assert set(cases.columns) == set(CaseRow.__annotations__) | OF_QUANTITIES


def test_a_sections_cases_have_labels_too(run: StoredRun) -> None:
    (section,) = sections([run])
    declared = set(CaseRow.__annotations__) | set(LabelledRow.__annotations__)
    assert declared <= set(section.all_cases.columns)


def test_the_cases_of_ops_have_the_declared_columns_and_no_others(run: StoredRun) -> None:
    (section,) = sections([run])
    declared = (CaseRow, LabelledRow, OpRow)
    annotated = {name for row in declared for name in row.__annotations__}
    assert set(section.cases.columns) == annotated | OF_QUANTITIES
    _, shown = at_typical_size(section.cases[section.cases["phase"] == "inference"], 0.8)
    assert set(shown.columns) == {*section.cases.columns, *TypicalRow.__annotations__}
