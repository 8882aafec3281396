"""What is stored of claims, hazards and the safety matrix: read without trust, and the part that speaks of a run."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from analysis.run.facts import part, text
from analysis.run.load import printable
from benchmarks.autograd.record.files import KINDS, Where, newest, read_all
from benchmarks.autograd.record.findings import ClaimRow, HazardRow
from benchmarks.autograd.record.safety import SafetyRow

#: Where `make claims`, `make hazards` and `make safety` write, and what the repository keeps of them.
FOLDERS = (Path("results/reference/autograd"), Path("results/autograd"))

Row = ClaimRow | HazardRow | SafetyRow


@dataclass(frozen=True)
class Truth:
    """The newest row of each name, by kind, then by torch and kind of device; versions in ascending order."""

    rows: Mapping[str, Mapping[Where, Mapping[str, Row]]] = field(default_factory=dict)
    refused: tuple[str, ...] = ()  #: a line a file that cannot be read

    def of(self, kind: str, where: Where) -> list[Row]:
        """The rows of `kind` found there; none where nothing is stored."""
        return list(self.rows.get(kind, {}).get(where, {}).values())

    def places(self, kind: str) -> list[Where]:
        """The torches and devices that `kind` is stored of."""
        return list(self.rows.get(kind, {}))


def read_truth(folders: Iterable[Path] | None = None) -> Truth:
    """All that is stored in `folders` (default: FOLDERS); what is missing there is no error."""
    folders = list(FOLDERS if folders is None else folders)
    rows, refused = {}, []
    for kind in KINDS:
        files, lines = read_all(folders, kind)
        rows[kind] = newest(files, _where)
        refused += lines
    return Truth(rows, tuple(dict.fromkeys(map(printable, refused))))


def where(facts: dict, device: str) -> Where:
    """The torch and the kind of device of a run's section; its torch is "" where the run does not tell."""
    version = text(part(facts, "machine").get("torch_version")) or ""
    return _where(version, device)


def where_text(place: Where) -> str:
    """'torch 2.13.0 on cpu'."""
    return f"torch {place[0] or 'of an unknown version'} on {place[1]}"


def _where(version: str, device: str) -> Where:
    """A torch's version without its build, and a kind of device: ("2.13.0", "cpu")."""
    return printable(version.partition("+")[0]), printable(device.partition(":")[0])
