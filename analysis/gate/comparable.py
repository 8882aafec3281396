"""Which runs may be compared, and in what: bytes always, times only on one machine and by methods that time alike."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from analysis.run.description import flat_text, method_of, partial_note
from analysis.run.facts import items, part, text
from analysis.run.load import StoredRun
from benchmarks.record import RecordError
from benchmarks.record.versions import times_alike

#: The facts that identify a machine. Equal runners of a pool count as one if their runs give them one name (`--host`).
MACHINE = ("host", "cpu_model", "cores_physical", "cores_logical", "gpus")
#: The facts that, with its name, identify a GPU, where both runs have them.
GPU = ("memory_bytes", "compute_capability")
#: The facts that decide a GPU's speed: where they differ, its times do not compare. Others may differ, and are shown.
GPU_SPEED = {"driver": "driver", "power_limit_w": "power limit"}
#: May differ, as that is often the question; shown, as it moves times.
DIFFERENCES_SHOWN = (
    *("torch_version", "torch_build", "torch_cuda", "python_version", "system", "malloc"),
    *("transparent_huge_pages", "governor", "threads", "git_commit"),
)
#: The facts of the machine and of the run that a confirmation must share with HEAD. Of the suite only what measures: a
#: commit to a README or to the analysis changes no time.
SAME_VERSIONS = ("torch_version", "torch_build", "python_version")
SAME_FILES = ("suite_sha256", "pairs_sha256")


Fact = tuple[str, str | None, str | None]  #: its name, BASE's value, HEAD's value


@dataclass(frozen=True)
class Relation:
    """How two runs relate. `elsewhere`: how the machines differ (then only bytes compare). `differing`: a row per fact
    to show: its name, BASE's value, HEAD's value. `methods`: the versions that measured them. `other_gpus`: by device,
    which fact that decides a GPU's speed differs."""

    elsewhere: tuple[str, ...]
    differing: tuple[tuple[str, str, str], ...]
    methods: tuple[int | str | None, int | str | None]
    other_gpus: Mapping[str, str] = field(default_factory=dict)

    def times_meet(self, device: str) -> bool:
        """Whether times of both runs on a device may be compared."""
        return not self.elsewhere and times_alike(device, *self.methods) and device not in self.other_gpus


def relation(base: StoredRun, head: StoredRun) -> Relation:
    """How `head` relates to `base`. RecordError, one line, for runs that cannot be compared at all."""
    if _is_same_run(base, head):
        raise RecordError(f"{head.folder}: BASE and HEAD are the same run")
    for run in (base, head):
        if partial_note(run.facts, run.folder):
            raise RecordError(f"{run.folder}: is partial and cannot be compared: finish it with RESUME=, or run again")
        if method_of(run.facts) is None:
            raise RecordError(f"{run.folder}: does not store its method and cannot be compared")
    differing = [(name, was or "unknown", now or "unknown") for name, was, now in _facts(base, head) if was != now]
    methods = method_of(base.facts), method_of(head.facts)
    return Relation(tuple(_machine_differences(base, head)), tuple(differing), methods, _other_gpus(base, head))


def check_confirmation(base: StoredRun, head: StoredRun, confirmation: StoredRun) -> None:
    """RecordError unless `confirmation` is another run of HEAD's code on HEAD's machine."""
    for name, run in (("BASE", base), ("HEAD", head)):
        if _is_same_run(run, confirmation):
            raise RecordError(f"{confirmation.folder}: confirms nothing, it is {name}")
    apart = relation(head, confirmation)
    if apart.elsewhere:
        raise RecordError(f"{confirmation.folder}: confirms nothing, it is of another machine: {apart.elsewhere[0]}")
    of_head, of_confirmation = apart.methods
    if of_head != of_confirmation:
        raise RecordError(
            f"{confirmation.folder}: confirms nothing, it was measured by method {of_confirmation}, HEAD by {of_head}"
        )
    for device, what in apart.other_gpus.items():
        raise RecordError(f"{confirmation.folder}: confirms nothing, its {device} has another {what} than HEAD's")
    files = [(name, *(text(run.facts.get(name)) or "unknown" for run in (head, confirmation))) for name in SAME_FILES]
    versions = [row for row in apart.differing if row[0] in SAME_VERSIONS]
    for name, then, now in [*versions, *files]:
        if then != now:
            raise RecordError(f"{confirmation.folder}: confirms nothing, its {name} is {now}, HEAD's is {then}")


def _is_same_run(one: StoredRun, other: StoredRun) -> bool:
    """Whether two runs are the same, or copies."""
    return one.folder.resolve() == other.folder.resolve() or one.facts == other.facts


def machine_identity(run: StoredRun) -> tuple[str | None, ...]:
    """The facts that identify the machine of a run, as texts; equal for runs whose times may be compared."""
    return tuple(_machine_fact(run, name) for name in MACHINE)


def _machine_differences(base: StoredRun, head: StoredRun) -> list[str]:
    """How the machines differ: facts with different values, or with none."""
    found = []
    for name in MACHINE:
        was, now = (_machine_fact(run, name) for run in (base, head))
        if was != now:
            found.append(f"{name} {was or 'unknown'} and {now or 'unknown'}")
        elif was is None and name in ("host", "cpu_model"):
            found.append(f"{name} unknown")
    gpus = [(name, was, now) for name, was, now in _gpu_facts(base, head, of_identity=True) if was != now]
    return found + [f"{name} {was or 'unknown'} and {now or 'unknown'}" for name, was, now in gpus]


def _machine_fact(run: StoredRun, name: str) -> str | None:
    machine = part(run.facts, "machine")
    if name == "gpus":
        return flat_text([gpu.get("name") for gpu in items(machine, "gpus")])
    return flat_text(machine.get(name))


def _facts(base: StoredRun, head: StoredRun) -> Iterator[Fact]:
    """The facts that may differ, with both runs' values."""
    machines = part(base.facts, "machine"), part(head.facts, "machine")
    for name in DIFFERENCES_SHOWN:
        yield name, flat_text(machines[0].get(name)), flat_text(machines[1].get(name))
    yield from _gpu_facts(base, head, of_identity=False)
    settings = (part(machine, "cuda_settings") for machine in machines)
    yield from ((f"cuda_settings {name}", was, now) for name, was, now in _known_of_both(*settings))
    budgets = part(base.facts, "budget"), part(head.facts, "budget")
    yield from (row for row in _known_of_both(*budgets) if row[0] not in ("passes", "scenario_passes"))


def _other_gpus(base: StoredRun, head: StoredRun) -> dict[str, str]:
    """By device, the first fact of GPU_SPEED that differs, in words."""
    found: dict[str, list[str]] = {}
    for index, both in enumerate(_gpu_pairs(base, head)):
        for name, was, now in _known_of_both(*both):
            if name in GPU_SPEED and was != now:
                found.setdefault(f"cuda:{index}", []).append(GPU_SPEED[name])
    return {device: " and ".join(words) for device, words in found.items()}


def _gpu_facts(base: StoredRun, head: StoredRun, of_identity: bool) -> Iterator[Fact]:
    """The facts that identify each GPU, or the others."""
    for index, both in enumerate(_gpu_pairs(base, head)):
        for name, was, now in _known_of_both(*both):
            if name != "name" and (name in GPU) == of_identity:
                yield f"gpu {index} {name}", was, now


def _gpu_pairs(base: StoredRun, head: StoredRun) -> Iterator[tuple[dict, dict]]:
    """The GPUs of both runs side by side. Where one run has more of them, their names already differ."""
    yield from zip(*(items(part(run.facts, "machine"), "gpus") for run in (base, head)), strict=False)


def _known_of_both(base: dict, head: dict) -> Iterator[Fact]:
    """The facts that both runs have: a field of a later version says nothing about a run without it."""
    for name in base:
        if name in head:
            yield name, _text_or_none(base[name]), _text_or_none(head[name])


def _text_or_none(value: object) -> str | None:
    return "none" if value == {} else flat_text(value)
