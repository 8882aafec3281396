"""Pack what is kept: a run's folder or a folder of findings in fewer bytes, with proof that nothing is lost.

A file is removed once its packed form, unpacked, equals it byte by byte and a run's `cases.csv`, made of the packed
files alone, equals the run's.
"""

import shutil
import tempfile
from pathlib import Path

from analysis.report.exports.csv_text import csv_text
from analysis.report.exports.frames import frames
from analysis.right.truth import Truth
from analysis.run.load import load_run
from analysis.section import sections
from benchmarks.record import RecordError
from benchmarks.record.folder import JOURNAL_FILE, RUN_FILE, read_run
from benchmarks.record.packed_file import pack_file

#: What is packed in a run's folder. `run.json` is not: it is small, and says what the folder is.
_OF_RUN = (JOURNAL_FILE, "pytest-benchmark-*.json")
_OF_FINDINGS = ("*-claims-*.json", "*-hazards-*.json", "*-safety-*.json")


def pack_folder(folder: Path) -> tuple[int, int]:
    """Pack a folder; the bytes of its files before and after. RecordError, and nothing removed, where it is neither
    a complete run nor findings, or where the packed run does not read the same. OSError where it cannot be written.
    """
    before = _bytes_in(folder)
    is_run = (folder / RUN_FILE).exists()
    if is_run and read_run(folder)["state"] != "complete":
        raise RecordError(f"{folder}: is not complete; only a complete run is packed")
    files = sorted(path for pattern in (_OF_RUN if is_run else _OF_FINDINGS) for path in folder.glob(pattern))
    if not is_run and not files and not any(folder.glob("*.xz")):
        raise RecordError(f"{folder}: holds neither a run nor findings")
    packed = [pack_file(path) for path in files]
    if is_run and files:
        _prove_equal(folder, packed)
    for path in files:
        path.unlink()
    return before, _bytes_in(folder)


def _prove_equal(folder: Path, packed: list[Path]) -> None:
    """RecordError, and no packed file left, unless packed files alone give the same `cases.csv`."""
    with tempfile.TemporaryDirectory() as scratch:
        alone = Path(scratch) / folder.resolve().name
        alone.mkdir()
        for path in (folder / RUN_FILE, *packed):
            shutil.copy(path, alone / path.name)
        if _cases_csv(alone) == _cases_csv(folder):
            return
    for path in packed:
        path.unlink()
    raise RecordError(f"{folder}: its packed files do not give the same cases.csv")


def _cases_csv(folder: Path) -> str:
    return csv_text(frames(sections([load_run(folder)]), Truth())["cases"])


def _bytes_in(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir() if path.is_file())
