"""The cases of a section by a key that holds on any machine and device, to find the same case elsewhere."""

import pandas as pd

from analysis.numbers.quantities import PEAK_BYTES
from analysis.run.load import CASE_COLUMNS
from analysis.section import Section
from benchmarks.record import OK, Case

#: The key of a case on any machine: of its heap, only whether it is fresh.
CASE_KEY = [*(name for name in CASE_COLUMNS if name not in ("device", "allocator", "threads")), "heap"]
_SHOWN = ["label", "verdict", "speedup", "speedup_low", "speedup_high", *PEAK_BYTES.columns]


def cases_by_key(section: Section) -> pd.DataFrame:
    """By key, on any device: the cases' felt speedup and bytes; of several numbers of threads, the largest."""
    cases = section.felt.all_cases[section.all_cases["verdict"].notna()]
    cases = cases.assign(heap=cases["allocator"] == "fresh").sort_values("threads", ascending=False, kind="stable")
    return cases.drop_duplicates(CASE_KEY).set_index(CASE_KEY)[_SHOWN]


def states_by_key(section: Section) -> pd.DataFrame:
    """By key, on any device: `state` and `reason` of every case, failed ones too; the gravest of several."""
    cases = section.all_cases.assign(heap=section.all_cases["allocator"] == "fresh")
    ordered = cases.assign(works=cases["state"] == OK).sort_values("works", kind="stable")
    return ordered.drop_duplicates(CASE_KEY).set_index(CASE_KEY)[["state", "reason"]]


def case_key(case: Case) -> tuple:
    """The key of one case: the index of `cases_by_key`."""
    return tuple(case.allocator == "fresh" if name == "heap" else getattr(case, name) for name in CASE_KEY)


def case_of_key(key: tuple, device: str) -> Case:
    """A case with this key, to name it; its heap and threads are placeholders."""
    values = dict(zip(CASE_KEY, key, strict=True))
    heap = "fresh" if values.pop("heap") else "retained"
    return Case(**values, device=device, allocator=heap, threads=1)
