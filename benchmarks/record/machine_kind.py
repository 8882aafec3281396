"""Which facts of a machine define its kind: shards of machines of one kind may make one run."""

from collections.abc import Mapping
from typing import Any, cast

from benchmarks.record.run_facts import RunFacts

#: Facts of a machine that define its kind; its name is not among them.
SAME_KIND = (
    *("cpu_model", "cores_physical", "cores_logical", "torch_version", "torch_build", "torch_cuda", "python_version"),
    *("cuda_settings",),
)


def machine_kind(facts: RunFacts) -> dict[str, Any]:
    """The facts that define the kind of a run's machine, by name."""
    told = cast("list[dict]", facts["machine"].get("gpus", []))
    gpus = [tuple(gpu.get(name) for name in ("name", "memory_bytes", "compute_capability", "driver")) for gpu in told]
    return {**{name: facts["machine"].get(name) for name in SAME_KIND}, "GPUs": gpus}


def other_kind_text(here: Mapping[str, Any], there: Mapping[str, Any]) -> str:
    """The first fact in which two kinds of machines differ; "" if they are of one kind."""
    return next((f"{name} {here.get(name)}, {value}" for name, value in there.items() if here.get(name) != value), "")
