"""A column of a table, with its unit and meaning; and the columns that several tables have."""

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.record import PROSE


@dataclass(frozen=True)
class Column:
    """One column: `unit` is empty for text and for numbers without a unit."""

    name: str
    unit: str
    meaning: str


@dataclass(frozen=True)
class Table:
    """One file: what a row is, and its columns in order."""

    row: str
    columns: tuple[Column, ...]

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]


RUN = Column("run", "", "the run's name: its folder")
DEVICE = Column("device", "", "the device as torch writes it")
PHASE = Column("phase", "", "`inference` (no graph recorded), `forward` (graph recorded), `backward`, `step` (both)")
FAMILY = Column("family", "", "pairs that share inputs and axes")
ALLOCATOR = Column(
    "allocator", "", "heap regime: `retained`, `fresh` (pages mapped anew), `inherited` (as found), `caching` (CUDA)"
)


def variant_columns(name: str, unit: str, meaning: str) -> Iterator[Column]:
    for variant, text in PROSE.items():
        yield Column(f"{variant}_{name}".rstrip("_"), unit, f"{text}: {meaning}")


#: The results of a case, an op's or a scenario's.
PASSES = Column("passes", "passes", "timed passes with a ratio: fresh processes, the sample size of the interval")
REASON = Column("reason", "", "a note on the state, or on a missing verdict")
THREADS = Column("threads", "threads", "CPU threads torch may use")
SPEEDUP = (
    *variant_columns("time_s", "s", "seconds per call, the median over passes"),
    Column("speedup", "ratio", "out-of-place time / in-place time, the median over passes: above 1 in-place is faster"),
    Column("speedup_low", "ratio", "lower end of the speedup's sign-test interval over passes"),
    Column("speedup_high", "ratio", "its upper end"),
    Column("verdict", "", "`faster`, `slower`, `no difference`, `inconclusive`; empty where there is no ratio"),
)
#: The felt times of a GPU, where a user waits for the host; empty on a CPU.
FELT = (
    Column("host_decides", "true, false", "the host takes longer than the device in a variant, if it was held"),
    *variant_columns(
        "felt_time_s", "s", "the longer of `time_s` and `host_time_s` in each pass, the median over passes"
    ),
    Column("felt_speedup_low", "ratio", "lower end of the sign-test interval of `felt_speedup` over passes"),
    Column("felt_speedup_high", "ratio", "its upper end"),
)
