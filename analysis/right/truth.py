"""Stored claims, hazards and safety matrices: read without trust, and selected for a run's torch and device."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from analysis.run.facts import part, text
from analysis.run.load import printable
from benchmarks.autograd.record.files import CLAIMS, HAZARDS, SAFETY, Where, newest, read_all
from benchmarks.autograd.record.findings import ClaimRow, HazardRow
from benchmarks.autograd.record.safety import SafetyRow
from benchmarks.record.versions import release

#: The folders of `make claims`, `make hazards` and `make safety`: where they write, and what the repository keeps.
FOLDERS = (Path("results/reference/autograd"), Path("results/autograd"))

RowT = TypeVar("RowT", ClaimRow, HazardRow, SafetyRow)


@dataclass(frozen=True)
class StoredRows(Generic[RowT]):
    """The newest row of each name, by torch and kind of device; versions in ascending order."""

    by_place: Mapping[Where, Mapping[str, RowT]] = field(default_factory=dict)

    def at(self, where: Where) -> list[RowT]:
        """The rows of a torch and device; none where nothing is stored."""
        return list(self.by_place.get(where, {}).values())

    @property
    def places(self) -> list[Where]:
        """The torches and devices with stored rows."""
        return list(self.by_place)


@dataclass(frozen=True)
class Truth:
    """All stored claims, hazards and safety matrices."""

    claims: StoredRows[ClaimRow] = StoredRows()
    hazards: StoredRows[HazardRow] = StoredRows()
    safety: StoredRows[SafetyRow] = StoredRows()
    refused: tuple[str, ...] = ()  #: a line per file that cannot be read


def read_truth(folders: Iterable[Path] | None = None) -> Truth:
    """All correctness results in `folders` (default: FOLDERS); a missing folder is no error."""
    folders = list(FOLDERS if folders is None else folders)
    refused: list[str] = []
    claims = _stored_rows(folders, CLAIMS, ClaimRow, refused)
    hazards = _stored_rows(folders, HAZARDS, HazardRow, refused)
    safety = _stored_rows(folders, SAFETY, SafetyRow, refused)
    return Truth(claims, hazards, safety, tuple(dict.fromkeys(map(printable, refused))))


def _stored_rows(folders: Sequence[Path], kind: str, row: type[RowT], refused: list[str]) -> StoredRows[RowT]:
    """The rows of one kind; the lines on files that cannot be read go to `refused`."""
    files, lines = read_all(folders, kind)
    refused += lines
    by_place = newest(files, _where)
    # A file of one kind holds rows of its one class: this only says so to the type checker.
    return StoredRows({on: {n: r for n, r in rows.items() if isinstance(r, row)} for on, rows in by_place.items()})


def where(facts: dict, device: str) -> Where:
    """The torch and the kind of device of a run's section; its torch is "" where the run does not name it."""
    version = text(part(facts, "machine").get("torch_version")) or ""
    return _where(version, device)


def where_text(place: Where) -> str:
    """'torch 2.13.0 on cpu'."""
    return f"torch {place[0] or 'of an unknown version'} on {place[1]}"


def _where(version: str, device: str) -> Where:
    """A torch's version without its build, and a kind of device: ("2.13.0", "cpu")."""
    return printable(release(version)), printable(device.partition(":")[0])
