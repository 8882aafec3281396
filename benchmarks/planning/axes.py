"""Cases from pairs: a preset's slices crossed with devices, or axis values that the user gives instead."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from benchmarks.catalogue.pair import Pair
from benchmarks.catalogue.scenarios import Scenario, topic_of
from benchmarks.catalogue.select import Families
from benchmarks.catalogue.shapes import KINDS
from benchmarks.planning.presets import HEAVY, HEAVY_SIZES, SIZES, Preset, ScenarioSlice, Slice
from benchmarks.record import USER, Case

#: The shape kind that a layout or an operand needs, from a pair that takes any shape.
_NEEDED = {"transposed": "square", "channels_last": "image", "broadcast": "square"}
#: The fewest dimensions that a shape must have for it.
_DIMENSIONS = {"transposed": 2, "channels_last": 4, "broadcast": 2}


@dataclass(frozen=True)
class Axes:
    """Axis values of a run. Empty: the preset's."""

    devices: tuple[str, ...]
    threads: tuple[int, ...]
    numels: tuple[int, ...] = ()
    shapes: tuple[tuple[int, ...], ...] = ()
    dtypes: tuple[str, ...] = ()
    layouts: tuple[str, ...] = ()
    operands: tuple[str, ...] = ()
    scales: tuple[int, ...] = ()  #: of scenarios

    def admits(self, scenario: Scenario) -> bool:
        """Whether the scenario runs under these axes: options that only ops have exclude it."""
        of_ops = self.numels or self.shapes or self.layouts or self.operands
        return bool(self.scales) or not (of_ops or (self.dtypes and not set(self.dtypes) & set(scenario.dtypes)))


def cross(families: Families, preset: Preset, axes: Axes) -> list[Case]:
    """All cases of a run, each once, in declared order."""
    declared = [(family, pair) for family, pairs in families.items() for pair in pairs]
    scenarios = [(family, each) for family, each in declared if isinstance(each, Scenario) and axes.admits(each)]
    cases = {
        case: None
        for part in preset.slices
        for family, pair in declared
        if isinstance(pair, Pair) and _takes(part, family, pair)
        for case in _cases(part, family, pair, axes)
    }
    cases |= {
        case: None
        for part in preset.scenarios
        for family, scenario in scenarios
        if family == USER or _takes_scenario(part, scenario)
        for case in _scenario_cases(part, family, scenario, axes)
    }
    return list(cases)


def _takes(part: Slice, family: str, pair: Pair) -> bool:
    """Whether a slice takes a pair. A user's is in every slice without other dtypes, layouts or operands."""
    if part.other_requires_grad and not pair.others:
        return False
    if family == USER:
        return not (part.dtypes or part.layouts) and (pair.scalar or not part.operands)
    return (not part.families or family in part.families) and (not part.pairs or pair.name in part.pairs)


def _cases(part: Slice, family: str, pair: Pair, axes: Axes) -> Iterator[Case]:
    """The cases of one pair in one slice: the values that the slice or the user asks for and the pair supports."""
    dtypes = _possible_values(axes.dtypes or part.dtypes, pair.dtypes)
    layouts = _possible_values(axes.layouts or part.layouts, pair.layouts)
    operands = _possible_values(axes.operands or part.operands, pair.operands)
    for device in axes.devices:
        if device.split(":")[0] not in part.devices:
            continue
        for layout in layouts:
            for operand in operands:
                for shape in _shapes(part, pair, axes, device, layout, operand):
                    for dtype in dtypes:
                        for phase in part.phases:
                            if phase in pair.phases_in(dtype):
                                base = Case(
                                    family=family,
                                    pair=pair.name,
                                    phase=phase,
                                    numel=math.prod(shape),
                                    shape=shape,
                                    dtype=dtype,
                                    layout=layout,
                                    operand=operand,
                                    other_requires_grad=part.other_requires_grad,
                                    device=device,
                                    allocator=part.allocator,
                                    threads=axes.threads[0],
                                )
                                yield from _on_device(base, axes)


def _takes_scenario(part: ScenarioSlice, scenario: Scenario) -> bool:
    in_topic = not part.topics or topic_of(scenario.name) in part.topics
    return in_topic and (not part.names or scenario.name in part.names)


def _is_wanted(part: ScenarioSlice, scenario: Scenario, phase: str) -> bool:
    """Whether a slice takes a phase of a scenario of the catalogue."""
    if part.grows:
        return scenario.expects_growth_of(phase)
    return not part.timed or scenario.expects_time_of(phase)


def _scenario_cases(part: ScenarioSlice, family: str, scenario: Scenario, axes: Axes) -> Iterator[Case]:
    """The cases of one scenario in one slice: at its usual scale, all its scales, or the user's scales."""
    for device in axes.devices:
        kind = device.split(":")[0]
        if kind not in part.devices:
            continue
        for scale in axes.scales or scenario.scales_on(kind)[: part.scales]:
            shape = scenario.shape_at(scale, kind)
            for phase in part.phases:
                if phase in scenario.phases and (family == USER or _is_wanted(part, scenario, phase)):
                    base = Case(
                        family=family,
                        pair=scenario.name,
                        phase=phase,
                        numel=math.prod(shape),
                        shape=shape,
                        dtype=scenario.dtypes[0],
                        layout="contiguous",
                        operand="none",
                        other_requires_grad=False,
                        device=device,
                        allocator="retained",
                        threads=axes.threads[0],
                        scale=scale,
                    )
                    yield from _on_device(base, axes)


def _possible_values(wanted: tuple[str, ...], possible: tuple[str, ...]) -> list[str]:
    """The wanted values that are possible; the first (usual) one where none is asked for."""
    return [value for value in wanted if value in possible] if wanted else [possible[0]]


def _on_device(case: Case, axes: Axes) -> Iterator[Case]:
    """On a CPU a case per number of threads; on a GPU one case with the caching allocator."""
    if case.device.startswith("cpu"):
        yield from (replace(case, threads=threads) for threads in axes.threads)
    else:
        yield replace(case, allocator="caching")


def _shapes(part: Slice, pair: Pair, axes: Axes, device: str, layout: str, operand: str) -> Iterator[tuple[int, ...]]:
    """The input's shapes: of the pair's kind at each size, unless a layout or operand needs more dimensions."""
    if not isinstance(pair.shape, str):
        yield pair.shape
        return
    kind = pair.shape
    if kind == "vector":
        kind = _NEEDED.get(layout) or _NEEDED.get(operand) or kind
    numels = axes.numels
    if not axes.numels and not axes.shapes:
        sizes = SIZES[device.split(":")[0]]
        takes_all = device != "cpu" or pair.name not in HEAVY
        numels = [sizes[name] for name in part.sizes if takes_all or name in HEAVY_SIZES]
    for shape in (*axes.shapes, *map(KINDS[kind], numels)):
        if len(shape) >= max(_DIMENSIONS.get(layout, 1), _DIMENSIONS.get(operand, 1)):
            yield (math.prod(shape),) if layout == "parameters" else shape


def inherit_allocator(cases: Sequence[Case]) -> list[Case]:
    """The cases of a process whose heap is not set: its own heap replaces all others, so each case comes once."""
    return list({replace(case, allocator="inherited") if case.device == "cpu" else case: None for case in cases})
