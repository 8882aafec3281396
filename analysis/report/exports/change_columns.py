"""The columns of the table of changes between several runs."""

from collections.abc import Iterator

from analysis.across.places import AXES
from analysis.report.exports.schema import FAMILY, Column, Table

_ENDS = {"before": "the earlier", "after": "the later"}


def _places() -> Iterator[Column]:
    for end, words in _ENDS.items():
        yield Column(f"run_{end}", "", f"{words} run of the step: its folder")
    for axis in AXES:
        for end, words in _ENDS.items():
            yield Column(f"{axis}_{end}", "", f"the {axis} of {words} run")


CHANGES = Table(
    "a change from one torch, machine or device to the next; only where a report has several runs",
    (
        *_places(),
        Column(
            "kind",
            "",
            "the kind of change: `expectation`, `verdict`, `bytes`, `memory class`, ..., as the page lists them",
        ),
        FAMILY,
        Column("subject", "", "the op, scenario, hazard or claim"),
        Column("where", "", "the case or the situation"),
        Column("what", "", "the quantity, and of which variant"),
        *(Column(end, "", f"{words} value in words") for end, words in _ENDS.items()),
        Column("change", "", "the change in words, with its interval if it has one; or the reason of the later value"),
        *(
            Column(f"{end}_value", "s, bytes or ratio", f"{words} value, where it is a number")
            for end, words in _ENDS.items()
        ),
        Column("is_scenario", "true, false", "whether the subject is a scenario"),
        Column("scenarios", "", "the scenarios that call the op in place, as far as their stored code shows it"),
        Column("note", "", "what torch's release notes or issues say about it, where that is known"),
        Column("source", "", "where they say so"),
    ),
)
CHANGE_TABLES = {"changes": CHANGES}
