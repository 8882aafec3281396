"""The scenarios of a run in sentences: time, memory, and expectations."""

import pandas as pd

from analysis.numbers.felt import as_felt
from analysis.report.advised_sentences import advised_sentences
from analysis.report.own_models import own_model_sentences
from analysis.report.phase_words import PHASE_WORDS
from analysis.scenarios.expectations import SAME_BYTES, counts_text
from analysis.scenarios.judging import judge_all, representative_cases
from analysis.section import Section
from analysis.units import and_text, number_text
from benchmarks.record import PHASES, USER, VARIANTS
from benchmarks.record.interval import FASTER, INCONCLUSIVE, NO_DIFFERENCE, SLOWER

#: The phases that sentences mention; if neither was compared, any phase.
_SPOKEN = ("inference", "step")
_SAID = {FASTER: "faster", SLOWER: "slower", NO_DIFFERENCE: "no different"}


def scenario_sentence(section: Section) -> str:
    """On the scenarios at their usual scale: how often in-place is faster, needs less, is as expected; "" for none."""
    cases = representative_cases(section)
    cases = cases[cases["usual"]]
    if cases.empty:
        return ""
    expectations = counts_text(judge_all(section))
    models = f"In real models ({number_text(cases['pair'].nunique(), 'scenario')})"
    if section.advice is not None:
        return " ".join(advised_sentences(section))
    if set(cases["family"]) == {USER}:
        found = own_model_sentences(cases, {name: each.labels for name, each in section.declarations.items()})
    else:
        needs = memory_counts(cases)
        found = [*_time_sentences(models, cases), f"It {needs}." if needs else ""]
    sentences = [*found, f"Expectations: {expectations}." if expectations else ""]
    return " ".join(filter(None, sentences))


def _time_sentences(models: str, cases: pd.DataFrame) -> list[str]:
    """Sentences on time. Where the host of a GPU decides in some cases: by felt times, then by the device's."""
    decides = int(cases.loc[cases["verdict"].notna(), "host_decides"].eq(True).sum())
    if not decides:
        return [_time_sentence(models, cases)]
    return [
        _time_sentence(f"{models}, as a user feels them,", as_felt(cases)),
        _time_sentence(f"On the device alone (the host decides in {number_text(decides, 'case')})", cases),
    ]


def _time_sentence(models: str, cases: pd.DataFrame) -> str:
    compared = cases[cases["verdict"].notna()]
    spoken = _SPOKEN if compared["phase"].isin(_SPOKEN).any() else PHASES
    by_phase = {PHASE_WORDS[phase]: compared.loc[compared["phase"] == phase, "verdict"] for phase in spoken}
    parts = [f"{_verdicts(verdicts)} {where}" for where, verdicts in by_phase.items() if len(verdicts)]
    some = any(len(verdicts) < cases["pair"].nunique() for verdicts in by_phase.values())
    others = " The others were not timed so, or gave no verdict." if some and len(parts) > 1 else ""
    return f"{models} in-place is {', and '.join(parts)}.{others}" if parts else f"{models} no times can be compared."


def _verdicts(verdicts: pd.Series) -> str:
    """'faster in 12, slower in 2 and no different in 20 of 44 (10 inconclusive)'."""
    counts = verdicts.value_counts()
    parts = [f"{word} in {counts[name]}" for name, word in _SAID.items() if counts.get(name, 0)]
    open_ = int(counts.get(INCONCLUSIVE, 0))
    if not parts:
        return f"inconclusive in {f'all {open_}' if open_ > 1 else 'the one'}"
    return f"{and_text(parts)} of {len(verdicts)}" + (f" ({open_} inconclusive)" if open_ else "")


def memory_counts(cases: pd.DataFrame) -> str:
    """'holds less memory for backward in 5 of 40 and needs the same memory at the peak in all 40': in a training
    step or, for a scenario without one, in the phase nearest to it; empty where no bytes are known."""
    parts = []
    for name, verb, where in (("held", "holds", "for backward"), ("peak", "needs", "at the peak")):
        columns = [f"{variant}_{name}_bytes" for variant in VARIANTS]
        known = cases[cases[columns].notna().all(axis=1)]
        known = known.sort_values("phase", key=lambda phases: phases.map(PHASES.index), kind="stable")
        if len(known):
            last = known.drop_duplicates("pair", keep="last")
            outofplace, inplace = (last[column].astype(float) for column in columns)
            counts = _less_more(outofplace, inplace, where)
            parts.append(f"{verb} {counts}")
    return and_text(parts) if parts else ""


def _less_more(outofplace: pd.Series, inplace: pd.Series, where: str) -> str:
    """'less memory for backward in 5 and more in 1 of 40'. Bytes that are nearly the same are the same."""
    less, more = inplace < outofplace * (1 - SAME_BYTES), outofplace < inplace * (1 - SAME_BYTES)
    counts = [(word, int(some.sum())) for word, some in (("less", less), ("more", more)) if some.any()]
    if not counts:
        return f"the same memory {where} in {f'all {len(inplace)}' if len(inplace) > 1 else 'the one'}"
    texts = [f"{word}{'' if place else f' memory {where}'} in {count}" for place, (word, count) in enumerate(counts)]
    return f"{and_text(texts)} of {len(inplace)}"
