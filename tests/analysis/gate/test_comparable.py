"""Of which devices times meet, and which facts of a GPU make it another machine or are said."""

import json
from pathlib import Path

import pytest

from analysis.gate import sentences
from analysis.gate.change import Limits
from analysis.gate.ci_files import as_json
from analysis.gate.comparable import relation
from analysis.gate.compare import Comparison, compare, with_confirmation
from analysis.run.load import load_run
from tests.analysis.invented import MACHINE, append_bytes, append_times, around, case, empty_run
from tests.analysis.invented_gpu import append_gpu_times
from tests.analysis.invented_gpu import gpu_case as on_gpu

GPU = {"name": "Invented GPU", "driver": "580.1", "memory_bytes": 2**37, "compute_capability": "9.0"}
SETTINGS = {"matmul_tf32": False, "allocator": "native"}


def stored(parent: Path, name: str, speedup: float, devices: str = "cpu cuda", **changes: object) -> Path:
    folder = empty_run(parent, name, **changes)
    if "cpu" in devices:
        append_times(folder, case("relu"), around(speedup, 0.005))
    if "cuda" in devices:
        append_gpu_times(folder, on_gpu("relu"), around(speedup, 0.005))
        append_bytes(folder, on_gpu("relu"), {"peak_bytes": 8}, {"peak_bytes": 4 if speedup > 1 else 5})
    return folder


def compared(parent: Path, methods: tuple[object, object], devices: str = "cpu cuda") -> Comparison:
    """A run of speedup 2 against one of speedup 0.5 whose in-place variant needs a byte more on the GPU."""
    runs = zip(("base", "head"), (2.0, 0.5), methods, strict=True)
    folders = [stored(parent, name, s, devices, method=m, label=name) for name, s, m in runs]
    base, head = map(load_run, folders)
    return compare(base, head, Limits())


def quantities(comparison: Comparison) -> dict[str, set[str]]:
    return {j.case.device: {change.quantity for change in j.changes} for j in comparison.cases}


def test_methods_that_time_a_device_alike_meet_there_alone(tmp_path: Path) -> None:
    comparison = compared(tmp_path, (1, 2))
    found = quantities(comparison)
    assert found["cpu"] == {"speedup"}, "too few cases tell the drift of times"
    assert found["cuda:0"] == {"outofplace_peak_bytes", "inplace_peak_bytes"}
    assert {j.case.device: (j.state, j.reason) for j in comparison.cases} == {
        "cpu": ("worse", ""),
        "cuda:0": ("worse", ""),
    }
    said = sentences.comparison_sentences(comparison)
    assert "Method 1 in BASE and 2 in HEAD time cuda:0 differently: bytes only there." in said
    assert any("speedups from" in line for line in said)
    assert json.loads(as_json(comparison))["times_compared"] is True


@pytest.mark.slow
def test_one_method_compares_all(tmp_path: Path) -> None:
    comparison = compared(tmp_path, (2, 2))
    assert "speedup" in quantities(comparison)["cuda:0"]
    assert not any("Method" in line for line in sentences.comparison_sentences(comparison))


@pytest.mark.slow
def test_a_confirmation_judges_no_times_that_did_not_meet(tmp_path: Path) -> None:
    comparison = compared(tmp_path, (1, 2))
    again = load_run(stored(tmp_path, "again", 0.5, method=2, label="again"))
    found = with_confirmation(comparison, again)
    (on_cpu, on_cuda) = found.cases
    assert [change.note for change in on_cpu.changes] == ["confirmed in fresh processes"]
    assert {change.quantity for change in on_cuda.changes} == {"outofplace_peak_bytes", "inplace_peak_bytes"}


@pytest.mark.slow
@pytest.mark.parametrize(("devices", "methods"), [("cuda", (1, 2)), ("cpu cuda", (2, 99)), ("cuda", ("2", 2))])
def test_other_methods_compare_bytes_only(tmp_path: Path, devices: str, methods: tuple) -> None:
    comparison = compared(tmp_path, methods, devices)
    assert quantities(comparison)["cuda:0"] == {"outofplace_peak_bytes", "inplace_peak_bytes"}
    assert comparison.regressed, "a byte more"
    assert json.loads(as_json(comparison))["times_compared"] is False
    (line,) = sentences.comparison_sentences(comparison)
    assert line.startswith(f"Method {methods[0]} in BASE and {methods[1]} in HEAD time ")
    assert line.endswith("cuda:0 differently: bytes only there.")


def relate(parent: Path, base: dict, head: dict) -> tuple[tuple, tuple]:
    """What of the machine differs, and what else."""
    folders = [
        stored(parent, name, 2.0, "cpu", machine={**MACHINE, **machine}, label=name, budget=budget)
        for name, machine, budget in (
            ("base", base, {"passes": 6, "scenario_passes": 6, "seconds": 1.0}),
            ("head", head, {"passes": 9, "scenario_passes": 9, "seconds": 1.0, "most": 3}),
        )
    ]
    base_run, head_run = map(load_run, folders)
    how = relation(base_run, head_run)
    return how.elsewhere, how.differing


@pytest.mark.parametrize(
    ("gpus", "elsewhere", "differing"),
    [
        ([{**GPU, "power_limit_w": 700.0, "mig": False}], (), ()),
        ([{**GPU, "l2_cache_bytes": 1}], (), ()),
        ([{**GPU, "driver": "580.2"}], (), (("gpu 0 driver", "580.1", "580.2"),)),
        ([{**GPU, "memory_bytes": 1}], ("gpu 0 memory_bytes 137438953472 and 1",), ()),
        ([{"name": "Invented GPU"}], (), ()),
        ([{**GPU, "name": "Another"}], ("gpus Invented GPU and Another",), ()),
        ([], ("gpus Invented GPU and unknown",), ()),
        ([GPU, GPU], ("gpus Invented GPU and Invented GPU, Invented GPU",), ()),
    ],
)
def test_a_gpu_is_the_same_by_what_both_runs_tell(tmp_path: Path, gpus: list, elsewhere: tuple, differing: tuple):
    assert relate(tmp_path, {"gpus": [GPU]}, {"gpus": gpus}) == (elsewhere, differing)


def test_what_else_of_a_gpu_differs_is_said(tmp_path: Path) -> None:
    gpus = [[{**GPU, "power_limit_w": watts, "persistence": True}] for watts in (700.0, 500.0)]
    elsewhere, differing = relate(tmp_path, {"gpus": gpus[0]}, {"gpus": gpus[1]})
    assert (elsewhere, differing) == ((), (("gpu 0 power_limit_w", "700.0", "500.0"),))


def test_settings_compare_where_both_runs_tell_them(tmp_path: Path) -> None:
    newer = {**SETTINGS, "environment": {"CUDA_MODULE_LOADING": "EAGER"}}
    assert relate(tmp_path, {"cuda_settings": SETTINGS}, {"cuda_settings": newer}) == ((), ())


def test_settings_that_differ_are_said_by_name(tmp_path: Path) -> None:
    base = {**SETTINGS, "environment": {}}
    head = {**SETTINGS, "matmul_tf32": True, "environment": {"CUDA_MODULE_LOADING": "EAGER"}}
    assert relate(tmp_path, {"cuda_settings": base}, {"cuda_settings": head})[1] == (
        ("cuda_settings matmul_tf32", "false", "true"),
        ("cuda_settings environment", "none", "CUDA_MODULE_LOADING EAGER"),
    )
