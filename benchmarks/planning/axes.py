"""Cases from pairs: a preset's slices crossed with devices, or axis values given by the user in their place."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from benchmarks.catalogue import USER
from benchmarks.catalogue.pair import Pair
from benchmarks.catalogue.select import Families
from benchmarks.planning.presets import SIZES, Preset, Slice
from benchmarks.record import Case

#: Bytes an element, by torch's name: the dtypes the suite measures.
ITEM_BYTES = {"float32": 4, "float64": 8, "bfloat16": 2, "float16": 2}


@dataclass(frozen=True)
class Axes:
    """Axis values of a run. Empty: the preset's."""

    devices: tuple[str, ...]
    threads: tuple[int, ...]
    numels: tuple[int, ...] = ()
    shapes: tuple[tuple[int, ...], ...] = ()
    dtypes: tuple[str, ...] = ()


def cross(families: Families, preset: Preset, axes: Axes) -> list[Case]:
    """All cases of a run, each once, in declared order."""
    cases = {
        case: None
        for part in preset.slices
        for family, pairs in families.items()
        for pair in pairs
        for case in _cases(part, family, pair, axes, chosen=family == USER)
    }
    return list(cases)


def _cases(part: Slice, family: str, pair: Pair, axes: Axes, chosen: bool) -> Iterator[Case]:
    """The cases of one pair in one slice. A user's own pair takes part in every slice."""
    if part.pairs and pair.name not in part.pairs and not chosen:
        return
    if part.other_requires_grad and not pair.others:
        return
    operands = part.operands or pair.operands[:1]
    for device in axes.devices:
        if part.cpu_only and not device.startswith("cpu"):
            continue
        for shape in _shapes(part, pair, axes, device):
            for phase in part.phases:
                for operand in operands:
                    if phase in pair.phases and operand in pair.operands:
                        yield from _crossed(part, family, pair, phase, shape, operand, device, axes)


def _crossed(
    part: Slice, family: str, pair: Pair, phase: str, shape: tuple[int, ...], operand: str, device: str, axes: Axes
) -> Iterator[Case]:
    on_cpu = device.startswith("cpu")
    for dtype in axes.dtypes or ("float32",):
        for threads in axes.threads if on_cpu else axes.threads[:1]:
            yield Case(
                family=family,
                pair=pair.name,
                phase=phase,
                numel=math.prod(shape),
                shape=shape,
                dtype=dtype,
                layout="contiguous",
                operand=operand,
                other_requires_grad=part.other_requires_grad,
                device=device,
                allocator=part.allocator if on_cpu else "caching",
                threads=threads,
            )


def _shapes(part: Slice, pair: Pair, axes: Axes, device: str) -> Sequence[tuple[int, ...]]:
    if pair.shape is not None:
        return (pair.shape,)
    if axes.shapes or axes.numels:
        return (*axes.shapes, *((numel,) for numel in axes.numels))
    sizes = SIZES[device.split(":")[0]]
    return tuple((sizes[name],) for name in part.sizes)


def inherit_allocator(cases: Sequence[Case]) -> list[Case]:
    """The cases where no heap regime is set: one regime, the one the process found, so each case once."""
    return list({replace(case, allocator="inherited") if case.device == "cpu" else case: None for case in cases})


def case_id(case: Case) -> str:
    """A readable id: the pair, then one value for each axis. For people and -k; never parsed back."""
    shape = numel_text(case.numel) if len(case.shape) == 1 else "x".join(map(str, case.shape))
    parts = [case.pair, shape, case.dtype, case.device]
    if case.operand == "scalar":
        parts.append(case.operand)
    if case.other_requires_grad:
        parts.append("othergrad")
    if case.allocator in ("fresh", "retained"):
        parts.append(case.allocator)
    parts.append(f"{case.threads}t")
    return "-".join(parts)


def numel_text(numel: int) -> str:
    """Elements in binary thousands where they come out even: 1Ki, 64Ki, 4Mi, else the plain number."""
    for unit, size in (("Mi", 2**20), ("Ki", 2**10)):
        if numel and numel % size == 0:
            return f"{numel // size}{unit}"
    return str(numel)
