"""The presets as a Markdown table: what each measures, and how much time it spends per case."""

from benchmarks.catalogue.scenarios import FAMILY
from benchmarks.catalogue.select import select_families
from benchmarks.planning.axes import Axes, cross
from benchmarks.planning.estimate import gpu_run_s
from benchmarks.planning.presets import PRESETS, Preset

_SHOWN = ("smoke", "quick", "full")
_TITLES = ("preset", "on a CPU", "passes", "time of a case in a pass", "on a GPU", "estimated for a GPU")


def preset_table() -> str:
    """A row per preset that users name; counts are for this torch's catalogue, on one device and thread count."""
    rows = [_TITLES, ("---",) * len(_TITLES), *(_row(name, PRESETS[name]) for name in _SHOWN)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in rows)


def _row(name: str, preset: Preset) -> tuple[str, ...]:
    on_cpu, on_gpu = (cross(select_families(), preset, Axes((device,), (1,))) for device in ("cpu", "cuda"))
    by_kind = {"op": preset.seconds, "scenario": preset.scenario_seconds, "on a GPU": preset.gpu_seconds}
    seconds = ", ".join(f"{kind} {each * 1e3:g} ms" for kind, each in by_kind.items())
    gpu_s = gpu_run_s(on_gpu, preset.gpu_passes, preset.gpu_seconds)
    passes = f"{preset.looks[0].passes} to {preset.passes}" if preset.looks else f"{preset.passes}"
    passes += f", scenario at most {preset.scenario_passes}" if preset.scenario_passes else ""
    passes += f" (GPU {preset.gpu_passes})" if preset.passes != preset.gpu_passes else ""
    return (f"`{name}`", _counts(on_cpu), passes, seconds, _counts(on_gpu), _minutes(gpu_s))


def _counts(cases: list) -> str:
    scenarios = sum(case.scale > 0 for case in cases)
    return f"{len(cases) - scenarios:,} cases of ops, {scenarios:,} of {FAMILY}"


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
