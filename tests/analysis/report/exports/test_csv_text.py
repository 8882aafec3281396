"""CSV has a shape in one cell, and no text that a spreadsheet runs."""

import pandas as pd

from analysis.report.exports.csv_text import csv_text


def test_shapes_read_as_sizes() -> None:
    assert csv_text(pd.DataFrame({"shape": [(2, 3), (7,), ()]})) == 'shape\n2x3\n7\n""\n'


def test_no_name_becomes_a_formula() -> None:
    table = pd.DataFrame({"pair": ["=1+1", "@x", "-2", "relu"], "change": [-1.5, 2.0, 0.0, -3.0]})
    assert csv_text(table) == "pair,change\n'=1+1,-1.5\n'@x,2.0\n'-2,0.0\nrelu,-3.0\n"
