"""How closely the variants of a case agree in values and gradients, where a pass compared them."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

import numpy as np
import pandas as pd

from analysis.run import facts
from analysis.units import difference_text, known, number_text, percent_text
from benchmarks.record import INPLACE, OUTOFPLACE, PROSE, VARIANTS

#: Columns of the case table, and the fields of a measurement that they come from.
_STORED = {
    "agreement_error": "error",
    "agreement_differing": "differing",
    **{f"{variant}_rounding_error": f"{variant}_rounding" for variant in VARIANTS},
}


BELOW_RESOLUTION = "it changes less than its dtype can resolve: variants that change nothing would agree as well"
SAME_CALLS = "both variants make the same calls: nothing is switched here"


class _Compared(Protocol):
    @property
    def agreement_error(self) -> float | None: ...
    @property
    def agreement_differing(self) -> float | None: ...
    @property
    def outofplace_rounding_error(self) -> float | None: ...
    @property
    def inplace_rounding_error(self) -> float | None: ...
    @property
    def gradient(self) -> str | None: ...
    @property
    def below_resolution(self) -> bool: ...


def agreements(frame: pd.DataFrame) -> pd.DataFrame:
    """By `bytes_key`: the columns of _STORED (shares of 1, the largest over passes), `gradient`, `same_calls` and
    `below_resolution`."""
    made = {}
    for column, name in _STORED.items():
        values = np.array([facts.number(extra.get(name)) for extra in frame["extra"]], dtype=float)
        made[column] = pd.Series(values, frame.index).where(values >= 0)
    found = pd.DataFrame(made, frame.index).groupby(frame["bytes_key"]).max()
    gradients = pd.Series([facts.text(extra.get("gradient")) for extra in frame["extra"]], frame.index, dtype=object)
    found = found.assign(gradient=gradients.groupby(frame["bytes_key"]).first())
    for name in ("same_calls", "below_resolution"):
        said = pd.Series([extra.get(name) is True for extra in frame["extra"]], frame.index)
        found[name] = said.groupby(frame["bytes_key"]).any()
    return found


def agreement_text(cases: Iterable[_Compared]) -> str:
    """'to the last bit', or 'to 1.2e-07 of the largest magnitude; 27 % of elements differ': the worst of the cases, the
    variant of it that is nearer to float64, and how many cases change too little to be compared.

    Empty where none was compared. Older runs have only the first part.
    """
    compared = [case for case in cases if known(case.agreement_error)]
    if not compared:
        return ""
    worst = max(compared, key=lambda case: case.agreement_error or 0.0)
    if not worst.agreement_error:
        return "; ".join(["to the last bit", *_unresolved(compared)])
    share = worst.agreement_differing
    parts = [f"to {difference_text(worst.agreement_error)} of the largest magnitude"]
    parts += [f"{percent_text(share)} of elements differ"] if known(share) else []
    return "; ".join([*parts, *_nearer(worst), *_unresolved(compared)])


def _unresolved(cases: Sequence[_Compared]) -> Iterator[str]:
    """How many of the cases change less than their dtype can resolve."""
    count = sum(case.below_resolution for case in cases)
    if count:
        where = "" if count == len(cases) else f"in {count:,} of {number_text(len(cases), 'case')} "
        yield f"but {where}{BELOW_RESOLUTION}"


def _nearer(case: _Compared) -> Iterator[str]:
    """'the in-place variant is nearer to float64 (0.0012, not 0.0021)'."""
    errors = {OUTOFPLACE: case.outofplace_rounding_error, INPLACE: case.inplace_rounding_error}
    known_errors = {variant: error for variant, error in errors.items() if known(error)}
    if len(known_errors) == len(errors):
        near, far = sorted(known_errors, key=lambda variant: known_errors[variant])
        texts = difference_text(known_errors[near]), difference_text(known_errors[far])
        if texts[0] != texts[1]:
            yield f"the {PROSE[near]} variant is nearer to float64 ({texts[0]}, not {texts[1]})"


def gradient_text(cases: Iterable[_Compared]) -> str:
    """Whether the gradients are the derivatives, where that was checked: 'is the derivative'."""
    return "; ".join(dict.fromkeys(case.gradient for case in cases if case.gradient))
