"""Which scenarios call an op in place, by the stored code of both."""

from types import SimpleNamespace
from typing import Any

import pytest

from analysis.across.callers import scenario_callers

CODE = {
    "a module with a flag, after others": ("nn.Sequential(nn.Linear(4, 4), nn.ReLU(inplace=True))", {"ReLU"}),
    "two on one line": ("nn.Dropout(p, inplace=True), nn.ReLU(inplace=True)", {"Dropout", "ReLU"}),
    "a call among its arguments": ("F.dropout(f(x, (1, 2)), 0.5, inplace=True)", {"F.dropout"}),
    "the flag of another call": ("nn.ReLU()(nn.Dropout(0.5, inplace=True)(x))", {"Dropout"}),
    "a method": ("h.relu_() + y.relu()", {"method"}),
}
PAIRS = {
    "ReLU": "nn.ReLU(inplace=True)(x)",
    "Dropout": "nn.Dropout(inplace=True)(x)",
    "F.dropout": "F.dropout(x, inplace=True)",
    "method": "x.relu_()",
}


@pytest.mark.parametrize("text", CODE)
def test_a_flag_belongs_to_the_call_that_it_is_an_argument_of(text):
    code, expected = CODE[text]
    pairs = {name: {"outofplace": "x", "inplace": inplace} for name, inplace in {**PAIRS, "net": code}.items()}
    section: Any = SimpleNamespace(run=SimpleNamespace(facts={"pairs": pairs}), declarations={"net": None})
    found = scenario_callers([section])
    assert {name for name, scenarios in found.items() if scenarios == ("net",)} == expected
