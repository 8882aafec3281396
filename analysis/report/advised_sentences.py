"""The advisor's answer in one sentence per step: what to switch, and what that saves, or why to leave it as it is."""

from collections.abc import Iterator

import pandas as pd

from analysis.run.advised_steps import DO, MAY, AdvisedStep, StoredAdvice
from analysis.section import Section
from analysis.units import and_text, bytes_text, interval_text, known, names_text, number_text, percent_text, ratio_text

#: The most places that a sentence names.
_MOST = 3


def advised_sentences(section: Section) -> list[str]:
    """What is wrong as it is, and a sentence per step, of a section whose run is an advice."""
    advice = section.advice
    if advice is None:
        return []
    wrong = list(dict.fromkeys(write.place or "a write past torch" for write in advice.overwritten))
    said = [f"Wrong as it is, and torch does not say so: {names_text(wrong, _MOST)}."] if wrong else []
    return [*said, *(advised_sentence(section, advice, step) for step in advice.steps)]


def advised_sentence(section: Section, advice: StoredAdvice, step: AdvisedStep) -> str:
    """What to do in one step."""
    chosen = advice.with_verdict(DO)
    peak = step.given_peak_bytes
    if not chosen or not advice.proved:
        return f"{step.name}: {_left(advice)}{_where(step)}"
    places = list(dict.fromkeys(each.place or each.expression for each in chosen))
    found = [*_saved(peak, step.patched_peak_bytes, "at the peak"), *_held(step), *_time(section, step.name)]
    effect = and_text(found) if found else "changes no byte of this step"
    return f"{step.name}: switch {names_text(places, _MOST)}: that {effect}.{_where(step)}"


def _left(advice: StoredAdvice) -> str:
    if advice.with_verdict(DO):
        return f"leave it as it is: the patch was not proved ({advice.unproved or 'it could not be asked'})."
    may = len(advice.with_verdict(MAY))
    if may:
        return f"nothing that is safe without a doubt saves a byte; {number_text(may, 'place')} may, at your own risk."
    return "leave it as it is: nothing that is safe saves a byte."


def _saved(given: int | None, patched: int | None, where: str) -> Iterator[str]:
    if given and patched is not None and patched < given:
        saved = given - patched
        yield f"saves {bytes_text(saved)} of {bytes_text(given)} {where} ({percent_text(saved / given)})"


def _held(step: AdvisedStep) -> Iterator[str]:
    given, patched = step.given_held_bytes, step.patched_held_bytes
    if given and patched is not None and patched < given:
        yield f"{bytes_text(given - patched)} of what is held for backward"


def _time(section: Section, name: str) -> Iterator[str]:
    case = timed_case(section, name)
    if case is None or not known(case["speedup_low"]):
        return  # without an interval nothing is claimed
    interval = interval_text(case["speedup_low"], case["speedup_high"])
    yield f"is {ratio_text(case['speedup'])} as fast ({interval}, {case['verdict']})"


def timed_case(section: Section, name: str) -> pd.Series | None:
    """The case of a step that was timed in both variants; None where it was not."""
    cases = section.scenarios
    rows = cases[(cases["pair"] == name) & cases["speedup"].notna()]
    return rows.iloc[0] if len(rows) else None


def _where(step: AdvisedStep) -> str:
    """Where its peak lies, and what most of it is."""
    peak = step.given_peak
    if peak is None or not peak.parts or not peak.peak_bytes:
        return ""
    category, most = next(iter(peak.sums(lambda each: each.category).items()))
    line = f" ({peak.place.file_and_line})" if peak.place.file_and_line else ""
    region = f"in {peak.place.region}{line}" if peak.place.region else "outside all ops"
    return (
        f" Its peak lies {region}: {bytes_text(peak.peak_bytes)} live then, {percent_text(most / peak.peak_bytes)} of "
        f"it {category}."
    )
