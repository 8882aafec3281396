"""Cases listed one by one in a file, to measure exactly these again."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import psutil

from benchmarks.catalogue.select import Families
from benchmarks.planning.axes import Axes, cross
from benchmarks.planning.options import OptionError, Settings
from benchmarks.planning.presets import Preset, ScenarioSlice, Slice
from benchmarks.record import Case
from benchmarks.record.case_name import case_id
from benchmarks.record.reason import first_line
from benchmarks.record.regular_file import read_text


def read_cases(path: Path) -> list[Case]:
    """The cases of a JSON file, each once, in the file's order: a list of objects with the fields of `record.Case`.

    OptionError, one line that names the file and the place in it, for anything else.
    """
    try:
        rows = json.loads(read_text(path))
    except OSError as error:
        raise OptionError(f"--cases {path}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise OptionError(f"--cases {path}: not JSON: {first_line(error)}") from None
    if not isinstance(rows, list) or not rows:
        raise OptionError(f"--cases {path}: must hold a list of cases, and not be empty")
    cases: dict[Case, None] = {}
    for number, row in enumerate(rows, start=1):
        try:
            cases[Case.from_row(row)] = None
        except ValueError as error:
            raise OptionError(f"--cases {path}: case {number}: {error}") from None
    return list(cases)


def check_cases(cases: Sequence[Case], families: Families, settings: Settings) -> None:
    """Raise OptionError for the first case that cannot be measured here, or is listed twice."""
    named: set[tuple[str, str, str]] = set()
    for case in cases:
        reason = _reason_against(case, families, settings)
        if reason:
            raise OptionError(f"--cases {settings.cases_file}: {case_id(case)} ({case.phase}): {reason}")
        name = (case.family, case.phase, case_id(case))
        if name in named:
            raise OptionError(f"--cases {settings.cases_file}: {name[2]} ({case.phase}): is listed twice")
        named.add(name)


def _reason_against(case: Case, families: Families, settings: Settings) -> str | None:
    cores = psutil.cpu_count() or 1
    if case.device not in settings.axes.devices:
        return f"this run measures on {', '.join(settings.axes.devices)} only"
    if not 0 < case.threads <= cores:
        return f"needs {case.threads} threads, this machine runs {cores} at once"
    if not case.numel:
        return "has no element"
    if (case.allocator == "caching") != case.device.startswith("cuda"):
        return f"the allocator {case.allocator!r} is not one of {case.device}"
    # Crossing the case's own values gives the case itself, or nothing if no pair has it.
    part = Slice((case.phase,), (), "given", other_requires_grad=case.other_requires_grad, allocator=case.allocator)
    axes = Axes((case.device,), (case.threads,))
    if case.scale:
        axes = replace(axes, scales=(case.scale,))
    else:
        own = {"shapes": (case.shape,), "dtypes": (case.dtype,), "layouts": (case.layout,), "operands": (case.operand,)}
        axes = replace(axes, **own)
    scenarios = (ScenarioSlice((case.phase,), "given"),)
    pairs = [pair for pair in families.get(case.family, ()) if pair.name == case.pair]
    made = cross({case.family: pairs}, Preset((part,), 1, 1, 1, scenarios=scenarios), axes)
    return None if case in made else f"no pair of family {case.family!r} has this case"
