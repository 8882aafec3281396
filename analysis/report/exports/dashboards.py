"""A run's numbers for dashboards that watch them over time, in two existing formats of strict JSON.

- `github-action-benchmark`: a list of `{name, unit, value, range, extra}` for its tool `customSmallerIsBetter`
  (github.com/benchmark-action/github-action-benchmark, src/extract.ts)
- `bencher`: Bencher Metric Format, `{benchmark: {measure: {value, lower_value, upper_value}}}`, for its adapter `json`
  (bencher.dev/docs/reference/bencher-metric-format)

Smaller is better in both, so a speedup is exported as its inverse, in-place time / out-of-place time. This ratio is
steadier than the times, as both of its times come from the same rounds.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from analysis.numbers.quantities import QUANTITIES
from analysis.run.load import CASE_COLUMNS
from analysis.section import Section
from analysis.units import known
from benchmarks.record import VARIANTS

_NS = 1e9
#: Bencher takes names of 1,024 bytes, part of which a variant, a quantity and a number against duplicates need.
_LONGEST_NAME = 900


@dataclass(frozen=True)
class Metric:
    """One number of a case: of one variant, or of both where `variant` is empty."""

    case: str
    variant: str
    quantity: str
    unit: str
    value: float
    low: float | None
    high: float | None
    extra: str

    @property
    def benchmark(self) -> str:
        return f"{self.case}/{self.variant}" if self.variant else self.case


def dashboards(parts: list[Section]) -> dict[str, str]:
    """`dashboards/*.json`: one file per format and run. No file for a run without a number."""
    runs: dict[str, list[Section]] = {}
    for section in parts:
        runs.setdefault(section.run.name, []).append(section)
    files = {}
    for number, sections in enumerate(runs.values(), start=1):
        metrics = [metric for section in sections for metric in _metrics(section)]
        end = f"-run{number}" if len(runs) > 1 else ""
        if metrics:
            entries = ",\n".join(map(_line, _entries(metrics)))
            files[f"dashboards/github-action-benchmark{end}.json"] = f"[\n{entries}\n]\n"
            benchmarks = ",\n".join(f"{_line(name)}: {_line(found)}" for name, found in _bencher(metrics).items())
            files[f"dashboards/bencher{end}.json"] = f"{{\n{benchmarks}\n}}\n"
    return files


def _line(value: object) -> str:
    return json.dumps(value, allow_nan=False, ensure_ascii=False)


def _entries(metrics: list[Metric]) -> list[dict[str, object]]:
    found = []
    for metric in metrics:
        entry = {"name": f"{metric.benchmark} {metric.quantity}", "unit": metric.unit, "value": metric.value}
        if metric.low is not None and metric.high is not None:
            # The action needs a number of two characters or more after the sign.
            entry["range"] = f"± {(metric.high - metric.low) / 2:.6f}"
        found.append(entry | {"extra": metric.extra})
    return found


def _bencher(metrics: list[Metric]) -> dict[str, dict[str, dict[str, float]]]:
    found: dict[str, dict[str, dict[str, float]]] = {}
    for metric in metrics:
        values = {"value": metric.value}
        if metric.low is not None and metric.high is not None:
            values |= {"lower_value": metric.low, "upper_value": metric.high}
        measure = "latency" if metric.quantity == "time" else metric.quantity.replace(" ", "-")
        found.setdefault(metric.benchmark, {})[measure] = values
    return found


def _metrics(section: Section) -> Iterator[Metric]:
    cases = section.all_cases
    machine = section.machine_line
    for name, row in zip(case_names(cases), cases.to_dict("records"), strict=True):
        yield from _times(name, row, machine)
        for quantity in QUANTITIES:
            for variant, column in zip(VARIANTS, quantity.columns, strict=True):
                value = row[column]
                if quantity.metric and known(value):
                    exact = int(value) if quantity.kind == "memory" else value
                    yield Metric(name, variant, quantity.metric, quantity.unit, exact, None, None, machine)


def _times(name: str, row: dict, machine: str) -> Iterator[Metric]:
    """Both variants' times, and their ratio; none for a case that failed."""
    extra = f"{machine}\npasses: {row['passes']}" + (f"\nverdict: {row['verdict']}" if row["verdict"] else "")
    for variant in VARIANTS:
        seconds = row[f"{variant}_time_s"]
        if known(seconds):
            low, high = (_in_ns(row[f"{variant}_time_{end}_s"]) for end in ("low", "high"))
            yield Metric(name, variant, "time", "ns", seconds * _NS, low, high, extra)
    if known(row["speedup"]):
        low, high = (_inverse(row[f"speedup_{end}"]) for end in ("high", "low"))
        yield Metric(name, "", "time ratio", "in-place / out-of-place", 1 / row["speedup"], low, high, extra)


def _in_ns(seconds: float | None) -> float | None:
    return seconds * _NS if known(seconds) else None


def _inverse(ratio: float | None) -> float | None:
    return 1 / ratio if known(ratio) else None


def case_names(cases: pd.DataFrame) -> list[str]:
    """A name per case, equal in every run: `pointwise/add/step/64x64/float32/contiguous/same/cpu/retained/threads=2`.

    It does not depend on other cases, except that equal names are numbered.
    """
    columns = [column for column in CASE_COLUMNS if column != "numel"]  # the shape says it
    names: list[str] = []
    taken: dict[str, int] = {}
    for row in zip(*(cases[column].tolist() for column in columns), strict=True):
        words = (_word(column, value) for column, value in zip(columns, row, strict=True))
        name = _fitting("/".join(filter(None, words)))
        taken[name] = taken.get(name, 0) + 1
        names.append(name if taken[name] == 1 else f"{name} #{taken[name]}")
    return names


def _word(column: str, value: object) -> str:
    """A word of a name; empty for false and 0, so that names stay the same when a field is added."""
    if isinstance(value, tuple):
        return "x".join(map(str, value)) or "scalar"
    if isinstance(value, str):
        # Both dashboards put names into Markdown: between backticks, within a table.
        return re.sub(r"[`|\\]", "'", value)
    return column if value is True else f"{column}={value}" if value else ""


def _fitting(name: str) -> str:
    """`name`; one that is too long is cut, and ends in a digest that keeps it unique."""
    if len(name.encode()) <= _LONGEST_NAME:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:12]
    return name.encode()[:_LONGEST_NAME].decode(errors="ignore") + f"...{digest}"
