"""Which runs may meet, and in what: bytes always, times only where machine and method are the same."""

from dataclasses import dataclass

from analysis.run.description import flat_text, partial_note
from analysis.run.facts import items, part, text
from analysis.run.load import Run
from benchmarks.record import RecordError

#: What makes a machine the same one. Equal runners of a pool are one if their runs name them alike (`--host`).
MACHINE = ("host", "cpu_model", "cores_physical", "cores_logical", "gpus")
#: May differ, as it is often what is asked; said, as it moves times.
DIFFERENCES_SHOWN = (
    *("torch_version", "torch_build", "torch_cuda", "cuda_settings", "python_version", "system", "malloc"),
    *("transparent_huge_pages", "governor", "threads", "git_commit"),
)
#: What must not have changed before a case of HEAD is measured again in its name: of the machine, and of the run. Of
#: the suite only what measures: a commit to its README or to the analysis changes no time.
SAME_VERSIONS = ("torch_version", "torch_build", "python_version")
SAME_FILES = ("suite_sha256", "pairs_sha256")


@dataclass(frozen=True)
class Relation:
    """How two runs relate: `elsewhere` names what of the machine differs (then only bytes compare); `differing` is a
    row a told fact that differs: its name, BASE's value, HEAD's value."""

    elsewhere: tuple[str, ...]
    differing: tuple[tuple[str, str, str], ...]


def relation(base: Run, head: Run) -> Relation:
    """How `head` relates to `base`. RecordError, one line, for runs that may not meet at all."""
    if _same(base, head):
        raise RecordError(f"{head.folder}: BASE and HEAD are the same run")
    for run in (base, head):
        if partial_note(run.facts, run.folder):
            raise RecordError(f"{run.folder}: is partial and cannot be compared: finish it with RESUME=, or run again")
        if text(run.facts.get("method")) is None:
            raise RecordError(f"{run.folder}: does not tell its method and cannot be compared")
    methods = [text(run.facts.get("method")) for run in (base, head)]
    if methods[0] != methods[1]:
        raise RecordError(
            f"{head.folder}: was measured by method {methods[1]}, BASE by method {methods[0]}: measure BASE again"
        )
    differing = [(name, was or "unknown", now or "unknown") for name, was, now in _facts(base, head) if was != now]
    return Relation(tuple(_elsewhere(base, head)), tuple(differing))


def check_confirmation(base: Run, head: Run, confirmation: Run) -> None:
    """RecordError where `confirmation` did not measure HEAD's code anew on HEAD's machine, or is BASE."""
    for name, run in (("BASE", base), ("HEAD", head)):
        if _same(run, confirmation):
            raise RecordError(f"{confirmation.folder}: confirms nothing, it is {name}")
    apart = relation(head, confirmation)
    if apart.elsewhere:
        raise RecordError(f"{confirmation.folder}: confirms nothing, it is of another machine: {apart.elsewhere[0]}")
    files = [(name, *(text(run.facts.get(name)) or "unknown" for run in (head, confirmation))) for name in SAME_FILES]
    versions = [row for row in apart.differing if row[0] in SAME_VERSIONS]
    for name, then, now in [*versions, *files]:
        if then != now:
            raise RecordError(f"{confirmation.folder}: confirms nothing, its {name} is {now}, HEAD's is {then}")


def _same(one: Run, other: Run) -> bool:
    """Whether two runs are one, or copies."""
    return one.folder.resolve() == other.folder.resolve() or one.facts == other.facts


def _elsewhere(base: Run, head: Run) -> list[str]:
    """What of the machine differs, or is not told, so that nobody knows."""
    found = []
    for name in MACHINE:
        was, now = (_machine_fact(run, name) for run in (base, head))
        if was != now:
            found.append(f"{name} {was or 'unknown'} and {now or 'unknown'}")
        elif was is None and name in ("host", "cpu_model"):
            found.append(f"{name} unknown")
    return found


def _machine_fact(run: Run, name: str) -> str | None:
    machine = part(run.facts, "machine")
    if name == "gpus":
        return flat_text([gpu.get("name") for gpu in items(machine, "gpus")])
    return flat_text(machine.get(name))


def _facts(base: Run, head: Run) -> list[tuple[str, str | None, str | None]]:
    machines = part(base.facts, "machine"), part(head.facts, "machine")
    rows = [(name, flat_text(machines[0].get(name)), flat_text(machines[1].get(name))) for name in DIFFERENCES_SHOWN]
    budgets = part(base.facts, "budget"), part(head.facts, "budget")
    names = ("seconds", "precision")
    return rows + [(name, flat_text(budgets[0].get(name)), flat_text(budgets[1].get(name))) for name in names]
