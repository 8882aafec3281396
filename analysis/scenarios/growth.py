"""How cost grows with a scenario's scale: fitted exponents, compared with what people expect."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import linregress

from analysis.run.scenarios import DeclaredScenario
from analysis.scenarios.expectations import CONFIRMED, CONTRADICTED, OPEN, WORDS, ExpectationResult
from analysis.units import exponent_text
from benchmarks.record import EXPECTED_QUANTITIES, PHASES, PROSE, VARIANTS, Growth

#: The most that a fitted exponent may differ from the expected one; with a larger standard error no power law fits.
TOLERANCE = 0.25
#: The fewest scales of a fit. With more, the upper half is fitted, since small scales are mostly fixed cost.
LEAST = 3


@dataclass(frozen=True)
class Fit:
    """A power law through some scales: value = exp(intercept) * scale ** exponent."""

    exponent: float
    error: float  #: standard error of the exponent
    intercept: float  #: natural log: a steep law through close scales may have a constant that overflows a float
    first: int  #: the smallest scale of the fit
    last: int

    def at(self, scale: float) -> float:
        """The fitted value at a scale."""
        return float(np.exp(self.intercept + self.exponent * np.log(scale)))


def points(rows: pd.DataFrame, quantity: str, variant: str) -> list[tuple[int, float]]:
    """(scale, value) by rising scale: one variant's values above zero, in seconds or bytes."""
    values = rows[f"{variant}_{EXPECTED_QUANTITIES[quantity]}"].astype(float)
    pairs = sorted(zip(rows["scale"], values, strict=True))
    return [(int(scale), float(value)) for scale, value in pairs if np.isfinite(value) and value > 0]


def fit(measured: list[tuple[int, float]]) -> Fit | None:
    """Fits by least squares on logarithms, over the upper half of the scales, at least three; None for fewer."""
    if len(measured) < LEAST:
        return None
    upper = measured[-max(LEAST, -(-len(measured) // 2)) :]
    scales, values = (np.log([point[axis] for point in upper]) for axis in (0, 1))
    line = linregress(scales, values)
    error = float(line.stderr) if np.isfinite(line.stderr) else 0.0  # constant values have no correlation, and no error
    return Fit(float(line.slope), error, float(line.intercept), upper[0][0], upper[-1][0])


def growing_quantities(cases: pd.DataFrame, scenario: DeclaredScenario) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """(phase, quantity, rows of the phase) for each growth of a scenario that is shown.

    These are the phases and quantities with an expectation; a quantity without one is shown for the whole step, or for
    the phase nearest to it. Nothing is shown unless both variants were measured at two scales or more.
    """
    mine = cases[cases["pair"] == scenario.name]
    phases = {phase: mine[mine["phase"] == phase] for phase in PHASES}
    known = [
        (phase, quantity)
        for quantity in EXPECTED_QUANTITIES
        for phase in PHASES
        if min(len(points(phases[phase], quantity, variant)) for variant in VARIANTS) > 1
    ]
    expected = {(each.phase, each.quantity) for each in scenario.expects if isinstance(each, Growth)}
    for quantity in EXPECTED_QUANTITIES:
        mine_of = [phase for phase, of in known if of == quantity]
        shown = [phase for phase in mine_of if (phase, quantity) in expected] or mine_of[-1:]
        for phase in shown:
            yield phase, quantity, phases[phase]


def judge_growth(scenario: DeclaredScenario, expected: Growth, rows: pd.DataFrame) -> ExpectationResult:
    """Judges `expected` by the exponent fitted to `rows`, the scenario's cases in the phase."""
    measured = points(rows, expected.quantity, expected.variant)
    found = fit(measured)
    outcome, shown = OPEN, f"measured at {len(measured)} of the {LEAST} scales that a fit needs"
    numbers = {"variant": expected.variant, "exponent": expected.exponent}
    if found:
        where = f"{scenario.axis} {found.first:,} to {found.last:,}"
        shown = f"∝ {scenario.axis}^{exponent_text(found.exponent, found.error)}, {where}"
        numbers |= {"measured_exponent": found.exponent, "exponent_error": found.error}
        if found.error <= TOLERANCE:
            outcome = CONFIRMED if abs(found.exponent - expected.exponent) <= TOLERANCE else CONTRADICTED
        else:
            shown += ": no power law"
    return ExpectationResult(
        scenario=scenario.name,
        kind="growth",
        phase=expected.phase,
        quantity=expected.quantity,
        expected=_expected_text(scenario, expected),
        measured=shown,
        outcome=outcome,
        source=expected.source,
        about=expected.about,
        numbers=numbers,
    )


def _expected_text(scenario: DeclaredScenario, expected: Growth) -> str:
    what = f"{PROSE[expected.variant]}: {WORDS[expected.quantity]}"
    if not expected.exponent:
        return f"{what} does not grow with {scenario.axis}"
    return f"{what} ∝ {scenario.axis}^{expected.exponent:g}"


def growth_rows(cases: pd.DataFrame) -> pd.DataFrame:
    """A row per scenario, phase, quantity and variant measured at three scales or more: the exponent and its error."""
    rows = []
    for (name, phase), mine in cases.groupby(["pair", "phase"], sort=False):
        for quantity in EXPECTED_QUANTITIES:
            for variant in VARIANTS:
                found = fit(points(mine, quantity, variant))
                if found:
                    shown = (found.exponent, found.error, found.first, found.last)
                    rows.append((name, mine["axis"].iloc[0], phase, quantity, variant, *shown))
    names = ["scenario", "axis", "phase", "quantity", "variant", "exponent", "standard_error", "from_scale", "to_scale"]
    return pd.DataFrame(rows, columns=names)
