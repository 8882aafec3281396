"""A row of the case table with typed columns, as `itertuples` gives it."""

from collections import namedtuple
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Protocol, cast

import pandas as pd
from pandas.api.typing import NAType

WholeOrNA = int | NAType  #: a whole number; NA where it was not measured


class CaseRow(Protocol):
    """A row of `ratios.case_table`. Units are seconds, bytes and shares of 1; a missing float is NaN.

    It also has the columns of every measured quantity (`quantities.QUANTITIES`), and the ratios of those in bytes.
    """

    run: str
    # The fields of `benchmarks.record.Case`.
    family: str
    pair: str
    phase: str
    numel: int
    shape: tuple[int, ...]
    dtype: str
    layout: str
    operand: str
    other_requires_grad: bool
    device: str
    allocator: str
    threads: int
    scale: int
    # The source of the row.
    bytes_key: int  #: equal for cases that differ only in their allocator
    first_row: float  #: the row of its bytes in the run's frame; NaN where no memory pass has the case
    timed: bool  #: a timed pass has the case, not only a memory pass
    passes: int  #: timed passes that carry a ratio
    # The result.
    state: str  #: one of `benchmarks.record.STATES`
    cause: str | None  #: why there is no verdict, and other notes
    reason: str | None  #: `cause`, after 'bistable: ' where the case is bistable
    verdict: str | None  #: one of `intervals.VERDICTS`; None where there is no ratio
    memory_state: str | None  #: how its memory pass failed; None where it did not
    memory_reason: str | None  #: why bytes are missing
    failed_variant: str | None  #: the variant that ended its process, hung or ran out of memory, if known
    verified: bool  #: some pass of the run showed the variants to agree
    agreement_error: float  #: the largest difference of values and gradients, a share of its tensor's largest magnitude
    agreement_differing: float  #: the share of elements that differ
    outofplace_rounding_error: float  #: for an op whose variants differ: the largest difference from float64's values
    inplace_rounding_error: float
    same_calls: bool  #: both variants of a scenario make the same calls: nothing is switched
    below_resolution: bool  #: the op changes less than its dtype can resolve
    gradient: str | None  #: of a user's own code: whether its gradient is the derivative, in words
    disturbed: bool | None
    below_floor: bool
    bistable: bool
    outofplace_bistable: bool
    inplace_bistable: bool
    # Times: medians over passes, and their intervals.
    outofplace_time_s: float
    outofplace_time_low_s: float
    outofplace_time_high_s: float
    inplace_time_s: float
    inplace_time_low_s: float
    inplace_time_high_s: float
    floor_s: float
    # Speedups: out-of-place time / in-place time, and ln of it.
    speedup: float
    speedup_low: float
    speedup_high: float
    log_speedup: float
    log_low: float
    log_high: float
    # On a GPU: the host's times, medians over passes (see `gpu`); felt times (see `felt`); how it was timed.
    outofplace_host_time_s: float
    inplace_host_time_s: float
    host_speedup: float
    host_speedup_low: float
    host_speedup_high: float
    host_verdict: str | None
    host_decides: bool | None  #: the host takes longer than the device in either variant
    host_bound: bool | None  #: it does in both
    outofplace_felt_time_s: float  #: the longer of the host's and the device's
    inplace_felt_time_s: float
    felt_speedup: float
    felt_speedup_low: float
    felt_speedup_high: float
    felt_verdict: str | None
    held: bool | None  #: its calls were queued before the device began the first; None where passes differ
    held_passes: float  #: passes that store `held`
    unheld_passes: float
    unheld_reason: str | None
    cache: str | None  #: "hot" or "streamed"
    measured_blocks: WholeOrNA  #: blocks behind the times, over all passes; also on a CPU
    throttled_blocks: WholeOrNA  #: over all passes
    dropped_blocks: WholeOrNA  #: how many of these were left out
    throttled_kept: bool  #: some may be among its times, as too few others remained
    # Of page faults and bandwidth.
    outofplace_faults_low: float
    outofplace_faults_high: float
    outofplace_bandwidth_ratio: float
    inplace_faults_low: float
    inplace_faults_high: float
    inplace_bandwidth_ratio: float


class LabelledRow(CaseRow, Protocol):
    """A row of `Section.all_cases`: a case with the label that distinguishes it from its op's other cases."""

    label: str
    qualifiers: tuple[str, ...]  #: what `label` says beyond the op's name: ('bfloat16', 'transposed')
    plain: bool  #: it represents its op


def case_rows(cases: pd.DataFrame) -> Iterator[CaseRow]:
    """The rows of a case table, each read by its columns' names."""
    return cast("Iterator[CaseRow]", _rows(cases))


def labelled_rows(cases: pd.DataFrame) -> Iterator[LabelledRow]:
    """The rows of a section's cases, each read by its columns' names."""
    return cast("Iterator[LabelledRow]", _rows(cases))


class OpRow(LabelledRow, Protocol):
    """A row of `Section.cases`: a case of an op, with the columns of `with_plain` and `with_size`."""

    other_axes: tuple[str, ...]  #: the axes on which it is not plain
    size: int  #: the number of elements it counts under


class TypicalRow(OpRow, Protocol):
    """A row of the frame that `geomeans.at_typical_size` gives."""

    off_size: bool  #: the op has no case of the size that is shown


def op_rows(cases: pd.DataFrame) -> Iterator[OpRow]:
    """The rows of a section's ops, each read by its columns' names."""
    return cast("Iterator[OpRow]", _rows(cases))


def typical_rows(cases: pd.DataFrame) -> Iterator[TypicalRow]:
    """The rows that `geomeans.at_typical_size` gives, each read by its columns' names."""
    return cast("Iterator[TypicalRow]", _rows(cases))


def _rows(cases: pd.DataFrame) -> Iterator[tuple]:
    """As by `itertuples`, which makes a class of a hundred names each time: half of the time for a few rows."""
    row = _row_class(tuple(cases.columns))
    return map(row._make, zip(*(values for _, values in cases.items()), strict=True))


@lru_cache(maxsize=64)
def _row_class(names: tuple[str, ...]) -> Any:
    return namedtuple("Row", names, rename=True)  # the columns are known only at run time
