"""Stored runs as a Parquet dataset: a file per run, a row per case. It is read run by run, column by column.

Each file holds the results of its cases: felt speedups, verdicts, bytes and states, but no rounds. Its metadata says
which run it is of. A file is written completely or not at all, and again when its run has changed.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from analysis.numbers.quantities import HELD_BYTES, PEAK_BYTES, STEP_PEAK_BYTES
from analysis.run.description import gpu_of, method_of
from analysis.run.facts import number, part, text
from analysis.run.load import load_run, printable
from analysis.section import sections
from benchmarks.record import SPEEDUP_VERSION, RecordError
from benchmarks.record.folder import JOURNAL_FILE, RUN_FILE
from benchmarks.record.reason import first_line
from benchmarks.record.versions import release
from benchmarks.record.whole_file import whole_file

#: The version of the files. 1 is the first.
DATASET_VERSION = 1
SUFFIX = ".parquet"
#: The counted bytes that a file holds: those that a run on any device has.
COUNTED_BYTES = (PEAK_BYTES, HELD_BYTES, STEP_PEAK_BYTES)
_FACTS = b"inplace-benchmarks"
_UNKNOWN = "unknown"

_TEXT, _COUNT, _REAL, _FLAG = pa.dictionary(pa.int32(), pa.string()), pa.int64(), pa.float64(), pa.bool_()
#: Names as in `cases.csv`; the shape is a text such as "64x1024".
SCHEMA = pa.schema(
    [
        *((name, _TEXT) for name in ("family", "pair", "phase", "shape", "dtype", "layout", "operand")),
        *((name, _TEXT) for name in ("device", "allocator", "label", "state", "reason", "verdict")),
        *((name, _COUNT) for name in ("numel", "threads", "scale", "passes")),
        *((name, _FLAG) for name in ("other_requires_grad", "plain")),
        *((name, _REAL) for name in ("speedup", "speedup_low", "speedup_high")),
        *((name, _REAL) for name in ("outofplace_time_s", "inplace_time_s")),
        *((name, _COUNT) for quantity in COUNTED_BYTES for name in quantity.columns),
    ]
)


@dataclass(frozen=True)
class ColumnarRun:
    """What the metadata of a file says about its run."""

    name: str
    torch: str  #: the version without its build
    machines: dict[str, str]  #: the kind of machine by device: the model of its CPU or GPU
    hosts: str
    start: str  #: UTC, ISO 8601
    method: str
    measurements: int
    cases: int
    source: str  #: digest of the run's files
    path: Path = Path()


def write_columns(folder: Path, dataset: Path) -> bool:
    """Write the file of the run in `folder` into `dataset`. Returns False if that is there and up to date, else True.


    RecordError if the run cannot be read, or if the dataset has another run of this name. OSError if the file cannot be
    written.
    """
    source, target = _digest(folder), dataset / f"{printable(folder.resolve().name)}{SUFFIX}"
    before = read_facts(target) if target.exists() else None
    if before is not None and before.source == source:
        return False
    run = load_run(folder)
    start = text(run.facts.get("start")) or ""
    if before is not None and before.start != start:
        raise RecordError(f"{folder}: {target} is of another run of that name; rename one of the two folders")
    parts = sections([run])
    frame = pd.concat([_columns_of(section.felt.all_cases) for section in parts], ignore_index=True)
    machine = part(run.facts, "machine")
    facts = ColumnarRun(
        name=run.name,
        torch=release(text(machine.get("torch_version")) or "") or _UNKNOWN,
        machines={section.device: _kind(machine, section.device) for section in parts},
        hosts=text(machine.get("host")) or _UNKNOWN,
        start=start,
        method=str(method_of(run.facts) or _UNKNOWN),
        measurements=len(run.frame),
        cases=len(frame),
        source=source,
    )
    write_run_columns(frame, facts, target)
    return True


def write_run_columns(frame: pd.DataFrame, facts: ColumnarRun, target: Path) -> None:
    """Write cases with the columns of SCHEMA, and the facts of their run, into the file `target`."""
    metadata = {"dataset": DATASET_VERSION, **{name: value for name, value in asdict(facts).items() if name != "path"}}
    table = pa.Table.from_pandas(frame, SCHEMA, preserve_index=False).replace_schema_metadata(
        {_FACTS: json.dumps(metadata).encode()}
    )
    target.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(target, by_several=True) as unfinished:
        pq.write_table(table, unfinished, compression="zstd")


def columnar_runs(dataset: Path) -> list[ColumnarRun]:
    """Return the runs in a dataset, sorted by name. RecordError if there is none, or if one cannot be read."""
    found = [read_facts(path) for path in sorted(dataset.glob(f"*{SUFFIX}"))]
    if not found:
        raise RecordError(f"{dataset}: holds no run as {SUFFIX}: name runs to add")
    return found


def read_facts(path: Path) -> ColumnarRun:
    """Return what a file says about its run. RecordError if it is damaged, or not a file of this suite."""
    try:
        metadata = pq.read_metadata(path).metadata or {}
        facts = json.loads(metadata.get(_FACTS, b"{}"))
        if facts.pop("dataset", None) != DATASET_VERSION:
            raise ValueError("is none of this suite's, or of another version of it")
        return ColumnarRun(**facts, path=path)
    except (pa.ArrowException, OSError, TypeError, ValueError) as error:
        raise RecordError(f"{path}: cannot be read: {first_line(error)}") from None


def read_columns(run: ColumnarRun, device: str, columns: Sequence[str]) -> pd.DataFrame:
    """Return these columns of a run's cases on one device. RecordError if the file is damaged."""
    try:
        with pq.ParquetFile(run.path) as file:
            table = file.read(columns=list({*columns, "device"}))
    except (pa.ArrowException, OSError) as error:
        raise RecordError(f"{run.path}: cannot be read: {first_line(error)}") from None
    frame = table.to_pandas()
    return frame[frame["device"] == device]


def _columns_of(cases: pd.DataFrame) -> pd.DataFrame:
    shapes = ["x".join(map(str, shape)) for shape in cases["shape"]]
    plain = cases["plain"].eq(True) if "plain" in cases else False
    known: dict[str, Any] = {"shape": shapes, "plain": plain}
    if "label" not in cases:
        known["label"] = cases["pair"]
    frame = cases.assign(**known).reindex(columns=SCHEMA.names)
    frame["label"] = frame["label"].where(frame["label"].notna(), frame["pair"])
    return frame


def _kind(machine: dict, device: str) -> str:
    """Return the kind of machine for a device: the model of the GPU, or of the CPU with its number of cores.

    The host's name is no part of it, since shards of different hosts are merged.
    """
    gpu = text(gpu_of(machine, device).get("name"))
    if gpu and not device.startswith("cpu"):
        return gpu
    cores = number(machine.get("cores_logical"))
    return ", ".join(filter(None, (text(machine.get("cpu_model")), f"{cores:g} cores" if cores else ""))) or _UNKNOWN


def _digest(folder: Path) -> str:
    """Return a digest of run.json, of the journal's size, which changes when it is appended to or packed, and of how
    speedups are computed."""
    try:
        facts = (folder / RUN_FILE).read_bytes()
        sizes = [path.stat().st_size for path in sorted(folder.glob(f"{JOURNAL_FILE}*"))]
    except OSError as error:
        raise RecordError(f"{folder}: not a run: {error.strerror}") from None
    return hashlib.sha256(facts + repr((sizes, SPEEDUP_VERSION)).encode()).hexdigest()[:16]
