"""The report's values for scenarios, as text and places: templates only lay them out."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

import pandas as pd

from analysis.numbers.agreement import SAME_CALLS, agreement_text
from analysis.numbers.byte_relation import byte_relation
from analysis.numbers.case_row import CaseRow, case_rows
from analysis.numbers.felt import as_felt
from analysis.numbers.timelines import PhaseAt, Timeline, timelines_of
from analysis.report.html import growth_curves, memory_timelines
from analysis.report.scenario_sentence import scenario_sentence
from analysis.run.scenarios import DeclaredScenario
from analysis.scenarios.expectations import (
    CONTRADICTED,
    SAME_BYTES,
    SAME_TIME,
    ExpectationResult,
    bytes_change,
    counts_text,
    why_no_number,
)
from analysis.scenarios.growth import growing_quantities
from analysis.scenarios.judging import judge_scenario, measured_scenarios
from analysis.section import Section
from analysis.units import (
    MISSING,
    arrow_text,
    difference_text,
    interval_text,
    known,
    number_text,
    ratio_text,
    time_text,
    unnumbered_text,
)
from benchmarks.record import INPLACE, OUTOFPLACE, PHASES, USER, VARIANTS

#: The phases for a table's single memory ratio per scenario; the first that has one counts.
_TELLS = ("step", "backward", "forward", "inference")


@dataclass(frozen=True)
class ScenarioSpeed:
    """A speedup: its text, its interval, its verdict, or why there is none."""

    text: str
    interval: str
    verdict: str  #: the verdict, or the state of a case without one
    about: str  #: why there is no verdict

    @property
    def compared(self) -> bool:
        """Whether there is a speedup."""
        return self.text != MISSING


@dataclass(frozen=True)
class BytesChange:
    """The bytes of both variants, their ratio, and whether in-place needs less, more or the same."""

    text: str
    ratio: str
    word: str


_NO_BYTES = BytesChange(MISSING, MISSING, "none")


@dataclass(frozen=True)
class PhaseFigures:
    """A phase at the usual scale; on a GPU its times and speedup are what a user feels."""

    phase: str
    outofplace: str
    inplace: str
    speed: ScenarioSpeed
    peak: BytesChange
    held: BytesChange
    device: str  #: where a host decides, the device's times and speedup: "on the device 4.00 → 2.00 µs, 2.00x"


@dataclass(frozen=True)
class ScenarioBlock:
    """All values of one scenario in a run."""

    anchor: str
    name: str
    topic: str
    practice: str
    note: str
    code: tuple[str, str] | None
    labels: dict[str, str]  #: the variants' names, by variant
    about: str  #: scale, input, agreement
    figures: list[PhaseFigures]
    failed: str  #: why no phase gave a number, if the reason is the same in all; else ""
    speeds: list[ScenarioSpeed | None]  #: by phase of the section
    peak: BytesChange
    held: BytesChange
    expectations: list[ExpectationResult]
    outcomes: str
    axis: str
    growth: list[growth_curves.GrowthPanel]
    timelines: list[memory_timelines.TimelinePanel]


def scenarios_context(section: Section) -> dict:
    """The templates' values for a section's scenarios; empty where it has none."""
    cases = section.scenarios
    if cases.empty:
        return {}
    phases = [phase for phase in PHASES if (cases["phase"] == phase).any()]
    found = list(measured_scenarios(section))
    anchors = _anchors([scenario.name for scenario, _ in found])
    timelines = timelines_of(section.run.frame, section.device)
    blocks = [_block(scenario, mine, phases, anchors[scenario.name], timelines) for scenario, mine in found]
    every = [each for block in blocks for each in block.expectations]
    return {
        "sentence": scenario_sentence(section),
        "phases": phases,
        "topics": _by_topic(blocks),
        "expectations": counts_text(every),
        "contradicted": [(anchors[each.scenario], each) for each in every if each.outcome == CONTRADICTED],
        "unread": [line for each in section.declarations.values() for line in each.unread],
        "same_bytes": f"{SAME_BYTES * 100:g}\u00a0%",
        "same_time": f"{SAME_TIME * 100:g}\u00a0%",
        "size": (growth_curves.WIDTH, growth_curves.HEIGHT),
    }


def _by_topic(blocks: list[ScenarioBlock]) -> list[tuple[str, list[ScenarioBlock]]]:
    topics: dict[str, list[ScenarioBlock]] = {}
    for block in blocks:
        topics.setdefault(block.topic, []).append(block)
    return list(topics.items())


def _anchors(names: list[str]) -> dict[str, str]:
    """An id per scenario, from its name; equal ones are numbered."""
    found: dict[str, str] = {}
    taken: Counter[str] = Counter()
    for name in names:
        slug = "model-" + re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40]
        taken[slug] += 1
        found[name] = f"{slug}--{taken[slug]}" if taken[slug] > 1 else slug
    return found


def _block(
    scenario: DeclaredScenario,
    cases: pd.DataFrame,
    phases: list[str],
    anchor: str,
    timelines: dict[PhaseAt, dict[str, Timeline]],
) -> ScenarioBlock:
    usual = {case.phase: case for case in case_rows(cases[cases["usual"]])}
    felt = {case.phase: case for case in case_rows(as_felt(cases[cases["usual"]]))}
    figures = {p: _figures(felt[p], usual[p], scenario.phase_text(p)) for p in phases if p in usual}
    found = [replace(each, phase=scenario.phase_text(each.phase)) for each in judge_scenario(scenario, cases)]
    called: dict[str, str] = dict(zip(VARIANTS, scenario.labels, strict=True))
    return ScenarioBlock(
        anchor=anchor,
        name=scenario.name,
        topic=_topic_text(scenario.topic),
        practice=scenario.practice,
        note=scenario.note,
        code=scenario.code if scenario.code and scenario.code[0] != scenario.code[1] else None,
        labels=called,
        about=_scenario_line(scenario, list(usual.values())),
        figures=list(figures.values()),
        failed=_failed(list(figures.values())),
        speeds=[figures[phase].speed if phase in figures else None for phase in phases],
        peak=_first_known(figures[phase].peak for phase in _TELLS if phase in figures),
        held=_first_known(figures[phase].held for phase in _TELLS if phase in figures),
        expectations=found,
        outcomes=counts_text(found),
        axis=scenario.axis,
        growth=[
            growth_curves.growth_panel(scenario.phase_text(phase), quantity, mine, scenario.axis, called)
            for phase, quantity, mine in growing_quantities(cases, scenario)
        ],
        timelines=memory_timelines.timeline_panels(scenario, {p: int(usual[p].scale) for p in usual}, timelines),
    )


def _topic_text(topic: str) -> str:
    """'Custom autograd' of `custom_autograd`."""
    words = topic.replace("_", " ")
    return "Your own" if topic == USER else words[:1].upper() + words[1:] or "Other"


def _scenario_line(scenario: DeclaredScenario, usual: list[CaseRow]) -> str:
    """'batch 4 · input 4x3x32x32 float32 · 2 threads · both variants agree to 1.2e-07 of the largest magnitude'."""
    case = usual[0]
    agree = agreement_text(usual)
    inexact = any(case.agreement_error > 0 for case in usual)
    allowed = f" (allowed: {difference_text(scenario.tolerance)})" if scenario.tolerance and inexact else ""
    agreement = f"both variants agree {agree}{allowed}" if agree else "agreement not stored"
    parts = [
        f"{scenario.axis} {case.scale:,}",
        f"input {'x'.join(map(str, case.shape))} {case.dtype}",
        number_text(int(case.threads), "thread") if case.device.startswith("cpu") else "",
        agreement,
        SAME_CALLS if any(case.same_calls for case in usual) else "",
    ]
    return " · ".join(filter(None, parts))


def _failed(figures: list[PhaseFigures]) -> str:
    reasons = {each.speed.about for each in figures}
    numbers = any(each.speed.text != MISSING or each.peak is not _NO_BYTES for each in figures)
    return "" if numbers or len(reasons) != 1 else reasons.pop()


def _figures(case: CaseRow, device: CaseRow, phase: str) -> PhaseFigures:
    times = arrow_text(time_text(device.outofplace_time_s), time_text(device.inplace_time_s))
    return PhaseFigures(
        phase=phase,
        outofplace=time_text(case.outofplace_time_s),
        inplace=time_text(case.inplace_time_s),
        speed=_speed(case),
        peak=_bytes(case, "peak"),
        held=_bytes(case, "held"),
        device=f"on the device {times}, {ratio_text(device.speedup)}" if device.host_decides is True else "",
    )


def _speed(case: CaseRow) -> ScenarioSpeed:
    if not isinstance(case.verdict, str):
        return ScenarioSpeed(MISSING, "", unnumbered_text(case), why_no_number(case))
    interval = interval_text(case.speedup_low, case.speedup_high) if known(case.speedup_low) else ""
    return ScenarioSpeed(ratio_text(case.speedup), interval, case.verdict, case.reason or "")


def _bytes(case: CaseRow, name: str) -> BytesChange:
    out, into = (getattr(case, f"{variant}_{name}_bytes") for variant in (OUTOFPLACE, INPLACE))
    if not (known(out) and known(into)):
        return _NO_BYTES
    out, into = int(out), int(into)
    ratio = ratio_text(1.0) if out == into else ratio_text(out / into) if into else "∞"
    return BytesChange(bytes_change(out, into), ratio, byte_relation(out, into, SAME_BYTES))


def _first_known(some: Iterable[BytesChange]) -> BytesChange:
    return next((each for each in some if each is not _NO_BYTES), _NO_BYTES)
