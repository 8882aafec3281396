"""Where the bytes are at the peak: rows that add up to it, and their JSON."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import asdict, dataclass
from typing import Any

#: The purposes of bytes. RELEASED is negative: bytes that were there at the start and are freed at the peak. RECORDING
#: is the difference of the peak without the recorder: below a dispatch mode, torch computes some derivatives by other
#: formulas.
PARAMETERS, GRADIENTS, OPTIMIZER_STATE, BUFFERS = "parameters", "gradients", "optimizer state", "buffers"
INPUT, SAVED, TEMPORARIES = "input", "saved for backward", "temporaries"
NOT_ATTRIBUTED, RELEASED, RECORDING = "not attributed", "released", "recording"
CATEGORIES = (
    PARAMETERS,
    GRADIENTS,
    OPTIMIZER_STATE,
    BUFFERS,
    INPUT,
    SAVED,
    TEMPORARIES,
    NOT_ATTRIBUTED,
    RELEASED,
    RECORDING,
)


@dataclass(frozen=True)
class PeakRow:
    """Bytes of the blocks that one op made in one place for one purpose.

    `file` and `line`: of the user's code; for blocks of backward, those of the op whose gradient it computed. None if
    no call of the user's code is known.
    """

    category: str
    region: str  #: where the blocks were made: "input", "forward", "backward", "update"
    op: str
    module: str | None
    file: str | None
    line: int | None
    nbytes: int
    blocks: int


@dataclass(frozen=True)
class PeakBytes:
    """The peak of a step, which is exactly the sum of its rows. `region`, `op`, `module`, `file`, `line`: its place.

    `start_bytes`: live bytes when the call began, counted in the same way: those that `restore` made. `regions`: the
    regions that the call went through, in order.
    """

    peak_bytes: int
    start_bytes: int
    region: str
    op: str
    module: str | None
    file: str | None
    line: int | None
    rows: tuple[PeakRow, ...]
    regions: tuple[str, ...] = ()

    def by_category(self) -> dict[str, int]:
        """Return the bytes by category, in the order of CATEGORIES. Categories without bytes are left out."""
        found = self._sums(lambda row: row.category)
        return {name: found[name] for name in CATEGORIES if found.get(name)}

    def by_module(self) -> dict[str | None, int]:
        """Return the bytes by path of the module that made them, most first. The path is None outside all modules."""
        return self._sums(lambda row: row.module)

    def by_op(self) -> dict[tuple[str, str | None, int | None], int]:
        """Return the bytes by op, file and line, most first."""
        return self._sums(lambda row: (row.op, row.file, row.line))

    @property
    def not_attributed_share(self) -> float:
        """The part of the peak that no recorded call made, from 0 to 1."""
        return self.by_category().get(NOT_ATTRIBUTED, 0) / self.peak_bytes if self.peak_bytes else 0.0

    def to_json(self) -> dict[str, Any]:
        """Return the breakdown as values that JSON can hold."""
        return {**asdict(self), "rows": [asdict(row) for row in self.rows], "by_category": self.by_category()}

    def _sums(self, key: Callable[[PeakRow], Any]) -> dict[Any, int]:
        sums: dict[Hashable, int] = defaultdict(int)
        for row in self.rows:
            sums[key(row)] += row.nbytes
        return dict(sorted(sums.items(), key=lambda item: -item[1]))


def peak_rows(blocks: Iterable[tuple[PeakRow, int]]) -> tuple[PeakRow, ...]:
    """Join the rows of single blocks, each given with its bytes, into one row per op, place and purpose; most first.

    `nbytes` and `blocks` of the rows of single blocks are ignored.
    """
    sums: dict[PeakRow, list[int]] = defaultdict(lambda: [0, 0])
    for row, nbytes in blocks:
        sums[row][0] += nbytes
        sums[row][1] += 1
    rows = [PeakRow(**{**asdict(row), "nbytes": nbytes, "blocks": count}) for row, (nbytes, count) in sums.items()]
    return tuple(sorted(rows, key=lambda row: -row.nbytes))
