"""Invented passes with the noise of real runs, to count how often a comparison alarms."""

import numpy as np
import pandas as pd

from analysis.gate import confirm
from analysis.gate.change import Limits
from analysis.gate.confirmed_times import second_look
from analysis.gate.gated_run import FELT, GatedRun
from analysis.gate.times import first_look
from tests.analysis.invented import case

#: Standard deviations of a pass's log speedup: 40 of the reference run's 694 cases, spread evenly.
SPREAD = np.exp(np.random.default_rng(1).normal(np.log(0.019), 0.8, 40))


def simulated_run(
    chance: np.random.Generator, count: int, deviations: np.ndarray, shift: float, shared: float | np.ndarray = 0.0
) -> GatedRun:
    """Passes of a case per entry of `deviations`, the first one's speedup lower by `shift`; times follow the speedup.

    `shared`: the standard deviation of what all passes of the run have in common, by case.
    """
    cases = [case(f"case {number:02}") for number in range(len(deviations))]
    values = chance.normal(size=(len(cases), count)) * deviations[:, None]
    values[0] += shift
    values += (chance.normal(size=len(cases)) * shared)[:, None]
    drift = chance.normal(0, 0.07, size=count)
    rows = pd.DataFrame(
        {
            "case": pd.Categorical.from_codes(np.repeat(np.arange(len(cases)), count), pd.Index(cases, dtype=object)),
            "pass_number": np.tile(np.arange(count), len(cases)),
            "speedup": values.ravel(),
            "outofplace_time_s": np.tile(drift, len(cases)),
            "inplace_time_s": (values + drift).ravel(),
        }
    )
    return GatedRun(None, pd.DataFrame(), rows.assign(**dict.fromkeys(FELT, np.nan)))


def alarms(
    chance: np.random.Generator,
    deviations: np.ndarray,
    shift: float,
    shared: float = 0.0,
    counts: tuple[int, int, int] = (6, 6, confirm.PASSES),
) -> tuple[set, set]:
    """The cases whose speedups alarm at once, and after confirmation. `counts`: passes of BASE, HEAD, confirmation."""
    base = simulated_run(chance, counts[0], deviations, 0.0, shared)
    head = simulated_run(chance, counts[1], deviations, shift, shared)
    first = first_look(base, head, Limits())
    look = first.looks["speedup"]
    table = look.test.table
    at_once = set(table.index[(look.worse <= look.alpha) & (table["difference"] >= look.relevant)])
    if not len(look.suspects):
        return at_once, set()
    after = second_look(first, base, head, simulated_run(chance, counts[2], deviations, shift, shared))
    return at_once, {
        of for of, changes in after.items() if "speedup" in changes and changes["speedup"].state == "worse"
    }
