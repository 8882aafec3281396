"""JSON in the formats of others: as their readers take it, and nothing that they would misread."""

import json
import math
from pathlib import Path

import pytest

from analysis.numbers.ratios import case_table
from analysis.report.exports.dashboards import case_names, dashboards
from analysis.run.load import StoredRun, load_run, load_runs
from analysis.section import Section, sections
from tests.analysis.hostile import HOSTILE
from tests.analysis.invented import TIME_S, append_bytes, append_failure, append_times, around, case, empty_run

RELU = "pointwise/relu/inference/65536/float32/contiguous/none/cpu/retained/threads=2"


def strict(text: str) -> object:
    def refuse(name: str) -> float:
        raise AssertionError(f"{name} is not strict JSON")

    def once(pairs: list[tuple[str, object]]) -> dict:
        assert len(dict(pairs)) == len(pairs), "a name twice"
        return dict(pairs)

    return json.loads(text, parse_constant=refuse, object_pairs_hook=once)


def both(parts: list[Section]) -> tuple[list[dict], dict[str, dict]]:
    files = dashboards(parts)
    return tuple(strict(files[f"dashboards/{name}.json"]) for name in ("github-action-benchmark", "bencher"))


@pytest.fixture
def one(tmp_path: Path) -> list[Section]:
    folder = empty_run(tmp_path)
    append_times(folder, case("relu"), around(2.0, 0.1))
    append_bytes(folder, case("relu"), {"peak_bytes": 2048, "held_bytes": 0}, {"peak_bytes": 1024, "held_bytes": 0})
    return sections([load_run(folder)])


def test_github_action_benchmark(one: list[Section]) -> None:
    entries, _ = both(one)
    values = {entry["name"]: (entry["value"], entry["unit"]) for entry in entries}
    assert values == {
        f"{RELU}/outofplace time": (pytest.approx(TIME_S * 1e9), "ns"),
        f"{RELU}/inplace time": (pytest.approx(TIME_S * 1e9 / 2), "ns"),
        f"{RELU} time ratio": (pytest.approx(0.5), "in-place / out-of-place"),
        f"{RELU}/outofplace peak memory": (2048, "bytes"),
        f"{RELU}/inplace peak memory": (1024, "bytes"),
        f"{RELU}/outofplace held memory": (0, "bytes"),
        f"{RELU}/inplace held memory": (0, "bytes"),
    }
    ratio = next(entry for entry in entries if entry["name"].endswith("time ratio"))
    assert ratio["range"] == f"± {math.sinh(0.1) / 2:.6f}"
    assert ratio["extra"] == "Invented CPU · 2 threads · torch 2.13.0 · 2026-01-02\npasses: 7\nverdict: faster"
    for entry in entries:
        assert {"name", "unit", "value"} <= set(entry) <= {"name", "unit", "value", "range", "extra"}
        assert type(entry["value"]) in (int, float)
        assert all(isinstance(entry[name], str) for name in set(entry) - {"value"})


def test_bencher(one: list[Section]) -> None:
    _, benchmarks = both(one)
    assert set(benchmarks) == {RELU, f"{RELU}/outofplace", f"{RELU}/inplace"}
    assert set(benchmarks[f"{RELU}/inplace"]) == {"latency", "peak-memory", "held-memory"}
    assert benchmarks[f"{RELU}/inplace"]["peak-memory"] == {"value": 1024}
    latency = benchmarks[f"{RELU}/inplace"]["latency"]
    assert latency["lower_value"] < latency["value"] < latency["upper_value"]
    assert latency["upper_value"] == pytest.approx(TIME_S * 1e9 / 2 * math.exp(0.1))
    ratio = benchmarks[RELU]["time-ratio"]
    assert [ratio[name] for name in ("lower_value", "value", "upper_value")] == [
        pytest.approx(0.5 * math.exp(x)) for x in (-0.1, 0.0, 0.1)
    ]


def test_too_few_passes_have_no_interval(tmp_path: Path) -> None:
    folder = empty_run(tmp_path)
    append_times(folder, case("relu"), [2.0])
    entries, benchmarks = both(sections([load_run(folder)]))
    assert not any("range" in entry for entry in entries)
    assert benchmarks[RELU]["time-ratio"] == {"value": pytest.approx(0.5)}


def test_a_failed_case_has_no_number(tmp_path: Path) -> None:
    folder = empty_run(tmp_path)
    append_times(folder, case("relu"), [2.0])
    append_failure(folder, case("add"), "crashed", "killed")
    _, benchmarks = both(sections([load_run(folder)]))
    assert not any("/add/" in name for name in benchmarks)


@pytest.mark.slow
def test_names_are_unique_stable_and_fit(run: StoredRun, tmp_path: Path) -> None:
    names = case_names(case_table(run))
    assert len(set(names)) == len(names)
    folder = empty_run(tmp_path)
    # A separator within a name, and a shape that a name pretends to have.
    for family, pair in (("a/b", "c"), ("a", "b/c"), ("a", "x" * 3000 + "1"), ("a", "x" * 3000 + "2"), ("", HOSTILE)):
        append_times(folder, case(pair, family=family, other_requires_grad=True), [2.0])
    entries, benchmarks = both(sections([load_run(folder)]))
    assert len({entry["name"] for entry in entries}) == len(entries) == 15
    assert len(benchmarks) == 15
    assert all(0 < len(name.encode()) <= 1024 for name in benchmarks)
    assert not any("`" in name or "|" in name for name in benchmarks)
    assert any("/other_requires_grad/" in name for name in benchmarks)


@pytest.mark.slow
def test_several_runs_are_several_files(tmp_path: Path) -> None:
    folders = [empty_run(tmp_path, name=name) for name in ("a", "b")]
    for folder in folders:
        append_times(folder, case("relu"), [2.0])
        append_times(folder, case("relu", device="cuda:0", allocator="caching"), [3.0])
    files = dashboards(sections(load_runs(folders)))
    assert set(files) == {
        f"dashboards/{name}-run{n}.json" for name in ("github-action-benchmark", "bencher") for n in (1, 2)
    }
    assert len(strict(files["dashboards/bencher-run1.json"])) == 6
