"""The cases of a section by a key that holds on any machine and device, to find the same case elsewhere."""

import pandas as pd

from analysis.numbers.quantities import PEAK_BYTES
from analysis.run.load import CASE_COLUMNS
from analysis.section import Section
from benchmarks.record import OK, Case

#: The key of a case on any machine: of its heap, only whether it is fresh.
CASE_KEY = [*(name for name in CASE_COLUMNS if name not in ("device", "allocator", "threads")), "heap"]
_OF_STATE = ("state", "reason")
_SHOWN = ["label", "verdict", "speedup", "speedup_low", "speedup_high", *PEAK_BYTES.columns]


def one_per_key(cases: pd.DataFrame) -> pd.DataFrame:
    """A row per key, of cases on one device: the numbers are those of the largest number of threads that has a verdict
    (the largest, if none has), `state` and `reason` those of the gravest."""
    cases = cases.assign(
        heap=cases["allocator"] == "fresh", works=cases["state"] == OK, judged=cases["verdict"].notna()
    )
    largest = cases.sort_values(["judged", "threads"], ascending=False).drop_duplicates(CASE_KEY).set_index(CASE_KEY)
    gravest = cases.sort_values("works", kind="stable").drop_duplicates(CASE_KEY).set_index(CASE_KEY)
    return largest.assign(**{name: gravest[name] for name in _OF_STATE if name in gravest})


def cases_by_key(section: Section) -> pd.DataFrame:
    """By key, on any device: felt speedup and bytes of the cases that have a verdict."""
    return one_per_key(section.felt.all_cases[section.all_cases["verdict"].notna()])[_SHOWN]


def states_by_key(section: Section) -> pd.DataFrame:
    """By key, on any device: `state` and `reason` of every case, failed ones too."""
    return one_per_key(section.all_cases)[[*_OF_STATE]]


def case_key(case: Case) -> tuple:
    """The key of one case: the index of `cases_by_key`."""
    return tuple(case.allocator == "fresh" if name == "heap" else getattr(case, name) for name in CASE_KEY)


def case_of_key(key: tuple, device: str) -> Case:
    """A case with this key, to name it; its heap and threads are placeholders."""
    values = dict(zip(CASE_KEY, key, strict=True))
    heap = "fresh" if values.pop("heap") else "retained"
    return Case(**values, device=device, allocator=heap, threads=1)
