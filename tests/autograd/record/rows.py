"""Rows of invented claims and hazards, and a file of them as it is stored."""

from benchmarks.autograd.claims.claim import Setting, decide
from benchmarks.autograd.hazards.hazard import examine_hazard
from benchmarks.autograd.record.files import (
    CLAIMS,
    Stored,
)
from benchmarks.autograd.record.findings import ClaimRow, HazardRow
from tests.autograd import invented


def claim_row(name="invented", held=(True, False)) -> ClaimRow:
    return decide(invented.claim(invented.PROGRAMS[held], name), Setting("cpu"))


def hazard_row() -> HazardRow:
    given = invented.hazard(invented.lies, rewrite=invented.right, beside=(("other", invented.raises),))
    return examine_hazard(given, "cpu")


def made(kind=CLAIMS, rows=None, torch="2.13.0+cpu", device="cpu", at="20260102T030405Z") -> Stored:
    rows = (claim_row() if kind == CLAIMS else hazard_row(),) if rows is None else tuple(rows)
    return Stored(kind, torch, device, "a CPU", "Linux", "3.11.7", at, rows)
