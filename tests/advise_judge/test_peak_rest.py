"""The judge of the named bytes: a sum that is off, a large rest and a missing answer are mistakes."""

import pytest

from benchmarks.advise_judge.peak_rest import rest_of
from benchmarks.attribution.breakdown import NOT_ATTRIBUTED, SAVED


def places(saved: int, rest: int, peak: int) -> dict:
    rows = [{"category": SAVED, "nbytes": saved}, {"category": NOT_ATTRIBUTED, "nbytes": rest}]
    return {"peak_bytes": peak, "rows": rows}


@pytest.mark.parametrize(
    "found, share, mistakes",
    [
        ([places(990, 10, 1000)], 0.01, 0),
        ([places(990, 10, 1001)], 0.01, 1),
        ([places(970, 30, 1000)], 0.03, 1),
        ([places(990, 10, 1000), {"why": "it hangs"}], 0.01, 1),
        ([], None, 0),
    ],
)
def test_what_is_wrong_with_the_named_bytes(found, share, mistakes):
    for facts in ({"places": found, "places_patched": None}, {"places": None, "places_patched": found}):
        seen, said = rest_of(facts)
        assert seen == (None if share is None else pytest.approx(share, rel=0.01))
        assert len(said) == mistakes
