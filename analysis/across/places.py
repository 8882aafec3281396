"""Where a section was measured: its values on the axes torch version, machine and device."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from analysis.gate.comparable import machine_identity
from analysis.run.description import gpu_of
from analysis.run.facts import moment, part, text
from analysis.section import Section
from benchmarks.autograd.record.files import version_key
from benchmarks.record.versions import release

#: The axes in words, in the order of the fields of `Place`.
AXES = TORCH, MACHINE, DEVICE = ("torch", "machine", "device")
_UNKNOWN = "unknown"


@dataclass(frozen=True)
class MeasuredPlace:
    """The values of a section on the axes, as texts."""

    torch: str  #: the version without its build
    machine: str
    device: str

    def differing(self, other: "MeasuredPlace") -> list[str]:
        """The axes on which the two differ."""
        return [axis for axis in AXES if getattr(self, axis) != getattr(other, axis)]


@dataclass(frozen=True, eq=False)
class PlacedSection:
    """A section and its place. Sections of one place are repetitions, or hold other cases."""

    section: Section
    place: MeasuredPlace

    @property
    def name(self) -> str:
        """The run's name, which is unique in a report."""
        return self.section.run.name


def placed(sections: Sequence[Section]) -> list[PlacedSection]:
    """The sections with their places, by machine, device, version, then start: the same in whatever order they come."""
    machines = _machine_texts(sections)
    found = [
        PlacedSection(each, MeasuredPlace(_torch(each), machines[machine_identity(each.run)], _device(each)))
        for each in sections
    ]
    return sorted(found, key=_order)


def _order(each: PlacedSection) -> tuple:
    place = each.place
    started = moment(each.section.run.facts.get("start"))
    return (place.machine, place.device, version_key(place.torch), str(started or ""), each.name)


def values_on(axis: str, found: Iterable[PlacedSection]) -> list[str]:
    """The values on an axis, each once; versions in ascending order."""
    values = {getattr(each.place, axis) for each in found}
    return sorted(values, key=version_key if axis == TORCH else str)


def _torch(section: Section) -> str:
    version = text(part(section.run.facts, "machine").get("torch_version"))
    return release(version) if version else _UNKNOWN


def _device(section: Section) -> str:
    """'cpu', 'cuda:0 (NVIDIA H200)'."""
    gpu = text(gpu_of(part(section.run.facts, "machine"), section.device).get("name"))
    return f"{section.device} ({gpu})" if gpu and not section.device.startswith("cpu") else section.device


def _machine_texts(sections: Iterable[Section]) -> dict[tuple[str | None, ...], str]:
    """A text per machine; machines that would read alike are numbered."""
    found: dict[tuple[str | None, ...], str] = {}
    for each in sections:
        machine = part(each.run.facts, "machine")
        parts = (text(machine.get("host")), text(machine.get("cpu_model")))
        found[machine_identity(each.run)] = ", ".join(filter(None, parts)) or "an unknown machine"
    taken: dict[str, int] = {}
    texts = {}
    for identity in sorted(found, key=repr):
        name = found[identity]
        taken[name] = taken.get(name, 0) + 1
        texts[identity] = f"{name} #{taken[name]}" if taken[name] > 1 else name
    return texts
