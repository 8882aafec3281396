"""Runs side by side in sentences: on which axes they differ, and how much changed in each step."""

from analysis.across.place_change import BYTES_MOVED, KIND_WORDS, SPEEDUP_MOVED, TIME_MOVED, VERDICT
from analysis.across.place_steps import PlaceStep
from analysis.across.places import AXES, values_on
from analysis.across.side_by_side import SideBySide, SteppedChanges
from analysis.units import and_text, names_text, number_text

#: The most values of an axis that are named.
_MOST_VALUES = 6
#: Of which kinds a sentence names what changed, and the most names of each.
_NAMED, _MOST_NAMES = (VERDICT, SPEEDUP_MOVED, TIME_MOVED, BYTES_MOVED), 3


def differs_sentence(side: SideBySide) -> str:
    """'These 3 runs differ in torch (2.6.0, 2.13.0, 2.15.0). They agree in machine (vm, AMD EPYC) and device (cpu).'"""
    values = {axis: values_on(axis, side.placed) for axis in AXES}
    many = [f"{axis} ({names_text(some, _MOST_VALUES)})" for axis, some in values.items() if len(some) > 1]
    one = [f"{axis} ({some[0]})" for axis, some in values.items() if len(some) == 1]
    runs = len({each.name for each in side.placed})
    who = f"These {runs:,} runs" if runs > 1 else "The devices of this run"
    differ = f"{who} differ in {and_text(many)}" if many else f"{who} repeat one another"
    return f"{differ}. They agree in {and_text(one)}." if one else f"{differ}."


def place_names(side: SideBySide) -> list[str]:
    """A short name per place: its values on the axes on which the places differ; the run's name where this would name
    several."""
    axes = [axis for axis in AXES if len(values_on(axis, side.placed)) > 1]
    names = [" · ".join(getattr(each.place, axis) for axis in axes) for each in side.placed]
    return [
        name if name and names.count(name) == 1 else " · ".join(filter(None, (name, each.name)))
        for name, each in zip(names, side.placed, strict=True)
    ]


def step_title(step: PlaceStep, side: SideBySide) -> str:
    """'torch 2.6.0 to 2.13.0', with the machine and device where there are several."""
    was, now = step.before.place, step.after.place
    pairs = [f"{axis} {getattr(was, axis)} to {getattr(now, axis)}" for axis in step.differs]
    same = [getattr(was, axis) for axis in AXES if axis not in step.differs and len(values_on(axis, side.placed)) > 1]
    moved = ", ".join(pairs) or f"{step.before.name} to {step.after.name}"
    return f"{moved} on {', '.join(same)}" if same else moved


def step_sentence(stepped: SteppedChanges) -> str:
    """'3 verdicts, 12 counts of bytes and 24 safety cells changed; 712 cases were compared.'"""
    words = [f"{count:,} {KIND_WORDS[kind][count > 1]}" for kind, count in stepped.counts.items()]
    changed = f"{and_text(words)} changed" if words else "nothing changed"
    cases = stepped.cases
    alone = f", {cases.alone:,} more are in one of the two only" if cases.alone else ""
    sentence = f"{changed[0].upper()}{changed[1:]}; {number_text(cases.compared, 'case')} compared{alone}."
    if cases.note:
        return f"{sentence} Only reversed verdicts are compared: {cases.note}."
    if cases.compared and not cases.times_meet:
        return f"{sentence} Times are not compared: they are of different machines, devices or methods."
    return sentence


def _foremost_sentence(stepped: SteppedChanges) -> str:
    """'Foremost: verdicts of eq, lt, le and 10 more; times of dropout and elu.'; empty where none of these changed."""
    parts = []
    for kind in _NAMED:
        names = list(dict.fromkeys(each.subject for each in stepped.changes if each.kind == kind))
        if names:
            parts.append(f"{KIND_WORDS[kind][1]} of {names_text(names, _MOST_NAMES)}")
    return f"Foremost: {'; '.join(parts)}." if parts else ""


def step_notes(stepped: SteppedChanges) -> list[str]:
    """Of what most changed, other facts that differ in a step, and by how much most times moved together."""
    facts = [f"{name.replace('_', ' ')} {was} → {now}" for name, was, now in stepped.cases.facts]
    also = f"Also different: {'; '.join(facts)}." if facts else ""
    return [note for note in (_foremost_sentence(stepped), also, *stepped.cases.drift) if note]


def side_by_side_sentences(side: SideBySide) -> list[str]:
    """What differs, then a sentence per step."""
    steps = [f"{step_title(each.step, side)}: {step_sentence(each)}" for each in side.steps]
    return [differs_sentence(side), *steps]
