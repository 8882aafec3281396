"""The run in sentences with numbers: one on time and one on memory; on a GPU whose host decides, three on time.

They state only what the run shows.
"""

import pandas as pd

from analysis.numbers.felt import MOSTLY
from analysis.numbers.geomeans import geomean
from analysis.numbers.memory import HELD, PEAK_FORWARD, PEAK_NO_GRAPH
from analysis.numbers.sizes import COMMON, common_sizes
from analysis.report.phase_words import PHASE_WORDS
from analysis.report.scenario_sentence import scenario_sentence
from analysis.section import Section
from analysis.units import and_text, count_text, interval_text, number_text, percent_text, ratio_text
from benchmarks.record import OK
from benchmarks.record.interval import FASTER, INCONCLUSIVE, NO_DIFFERENCE, SLOWER

#: Below this number of cases a count is shown ("3 of 5"), not a percentage.
_FEW = 20


def answer_sentences(section: Section, times: list[str] | None = None) -> list[str]:
    """Sentences on a section's ops and scenarios; the last counts what they leave out, if anything. `times`: the
    section's `time_sentences`, if already made."""
    sentences = (
        *(times or time_sentences(section)),
        memory_sentence(section),
        *(scenario_sentence(section), left_out_sentence(section)),
    )
    return [sentence for sentence in sentences if sentence]


def time_sentences(section: Section) -> list[str]:
    """How often in-place is faster, and by how much without autograd and in training. Where the host of a GPU decides
    in some of the cases: by felt times, then by the device's, then for these cases alone."""
    if not section.headline["host_decides"].eq(True).any():
        return [_time_sentence(section)]
    both = (("As a user feels it", section.felt), ("On the device alone", section))
    sentences = [f"{by}, {sentence[0].lower()}{sentence[1:]}" for by, of in both for sentence in [_time_sentence(of)]]
    return [*sentences, _host_sentence(section)]


def _host_sentence(section: Section) -> str:
    """In how many cases the host decides, at which sizes it does in most, and both geomeans of these cases."""
    shown, felt = section.headline, section.felt.headline
    decides = shown["host_decides"].eq(True)
    if decides.all():
        return f"The host decides in {'the one case' if len(shown) == 1 else f'all {len(shown):,} cases'}."
    shares = decides.groupby(shown["size"]).mean()
    sizes = [count_text(int(size)) for size in sorted(shares.index[shares >= MOSTLY])]
    where = f", in most of those at {and_text(sizes)} elements" if sizes else ""
    device, as_felt = (ratio_text(geomean(cases.loc[decides, "speedup"])) for cases in (shown, felt))
    return (
        f"The host decides in {decides.sum():,} of {number_text(len(shown), 'case')}{where}. Where it decides, the "
        f"geomean speedup is {device} on the device and {as_felt} as a user feels it."
    )


def _time_sentence(section: Section) -> str:
    cases, shown = section.cases, section.headline
    if shown.empty:
        return "" if not cases["timed"].any() else "No case has times that can be compared."
    if len(shown) == 1:
        return _one_case(shown.iloc[0], alone=cases["verdict"].notna().sum() == 1)
    return " ".join(filter(None, (_verdicts_and_speeds(shown), _fresh_sentence(section))))


def _verdicts_and_speeds(shown: pd.DataFrame) -> str:
    """The verdicts and the geomean of each phase apart: an op can gain without autograd and lose in training."""
    phases = _by_phase(shown)
    if len(phases) == 1 or shown["verdict"].eq(INCONCLUSIVE).all():
        speeds = [f"{ratio_text(geomean(of['speedup']))} {name}{_by_size(of)}" for name, of in phases.items()]
        return f"{_verdicts(shown)}; the geomean speedup is {and_text(speeds)}."
    parts = [
        f"{name}, {'it' if number else 'in-place'} {_judged(of)}, with a {'geomean ' if len(of) > 1 else ''}speedup of "
        f"{ratio_text(geomean(of['speedup']))}{_by_size(of)}"
        for number, (name, of) in enumerate(phases.items())
    ]
    return f"{parts[0][0].upper()}{'; '.join(parts)[1:]}."


def _fresh_sentence(section: Section) -> str:
    """The geomeans where every call faults fresh pages in, by phase; "" where nothing was timed so."""
    parts = []
    for phase, name in PHASE_WORDS.items():
        mine = section.fresh.loc[section.fresh["phase"] == phase, "speedup"]
        if len(mine):
            parts.append(f"{ratio_text(geomean(mine))} {name} ({number_text(len(mine), 'case')})")
    return f"Where every call faults fresh pages in, the geomean speedup is {and_text(parts)}." if parts else ""


def _one_case(case: pd.Series, alone: bool) -> str:
    where = f"{case.label}, {case.phase}, {count_text(case.numel)} elements"
    speed = ratio_text(case.speedup)
    if pd.notna(case.speedup_low):
        speed += f" (interval {interval_text(case.speedup_low, case.speedup_high)})"
    reason = f", {case.reason}" if case.reason else ""
    one = "case" if alone else "plain case"
    return f"The one {one} compared ({where}) has a speedup of {speed}: {case.verdict}{reason}."


def _verdicts(shown: pd.DataFrame) -> str:
    counts = shown["verdict"].value_counts()
    total, open_ = len(shown), int(counts.get(INCONCLUSIVE, 0))
    if open_ == total:
        few = shown["speedup_low"].isna().all()
        why = "measured in too few passes" if few else "the intervals are too wide"
        return f"None of the {number_text(total, 'case')} has a verdict ({why})"
    return f"In-place {_judged(shown)}"


def _judged(shown: pd.DataFrame) -> str:
    """'is faster in 36 % and slower in 35 % of 148 cases (29 % inconclusive)'."""
    counts = shown["verdict"].value_counts()
    total, open_ = len(shown), int(counts.get(INCONCLUSIVE, 0))
    if open_ == total:
        return f"is inconclusive in {'the one case' if total == 1 else f'all {total:,} cases'}"
    said = {FASTER: "faster", SLOWER: "slower", NO_DIFFERENCE: "no different"}
    if total == 1:
        return f"is {said[shown['verdict'].iloc[0]]} in the one case"
    parts = [f"{word} in {share_text(int(counts[name]), total)}" for name, word in said.items() if counts.get(name, 0)]
    rest = f" ({share_text(open_, total)} inconclusive)" if open_ else ""
    return f"is {and_text(parts)} of {number_text(total, 'case')}{rest}"


def share_text(count: int, total: int) -> str:
    """A share of cases: '86 %'; '3' where there are few."""
    return percent_text(count / total) if total >= _FEW else f"{count}"


def _by_phase(shown: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The cases without autograd, and in training (whole steps, else the phases that were run), by their name."""
    steps = (shown["phase"] == "step").any()
    names = {phase: name for phase, name in PHASE_WORDS.items() if not steps or phase in ("inference", "step")}
    found = {name: shown[shown["phase"] == phase] for phase, name in names.items()}
    return {name: cases for name, cases in found.items() if len(cases)}


def _by_size(cases: pd.DataFrame) -> str:
    """Geomeans at the smallest and the largest common size, as overhead and bandwidth give different answers.

    Both are over the ops measured at both sizes: else they would compare ops, not sizes.
    """
    sizes = common_sizes(cases)
    ends = [cases[cases["size"] == size] for size in (sizes[0], sizes[-1])]
    shared = set(ends[0]["pair"]) & set(ends[1]["pair"])
    if len(sizes) < 2 or len(shared) < COMMON * cases["pair"].nunique():
        return ""
    means = [ratio_text(geomean(end.loc[end["pair"].isin(shared), "speedup"])) for end in ends]
    texts = [f"{mean} at {count_text(sizes[end])}" for mean, end in zip(means, (0, -1), strict=True)]
    ops = "one op" if len(shared) == 1 else f"{len(shared):,} ops"
    which = "" if len(shared) == cases["pair"].nunique() else f"of the {ops} measured at both sizes: "
    return f" ({which}{texts[0]} elements, {texts[1]})"


def memory_sentence(section: Section) -> str:
    """For how many ops in-place needs less, the same or more: at the peak without autograd, and held in training."""
    needs = section.bytes
    if section.plain.empty:
        return ""
    if needs.empty:
        return "Memory was not measured."
    parts = []
    peak, where = needs[needs["question"] == PEAK_NO_GRAPH], "without autograd"
    if peak.empty:
        peak, where = needs[needs["question"] == PEAK_FORWARD], "in forward"
    if len(peak):
        ratio = ratio_text(geomean(peak["outofplace"] / peak["inplace"]))
        parts.append(f"needs {less_same_more(peak, f'at the peak of a call {where}')} (memory ratio {ratio})")
    held = needs[needs["question"] == HELD]
    if len(held):
        parts.append(f"holds {less_same_more(held, 'for backward')}")
    return f"In-place {' and '.join(parts)}." if parts else ""


def less_same_more(needs: pd.DataFrame, where: str) -> str:
    """'less memory for backward in 5, the same in 64 and more in 1 of 70 ops', where `where` is 'for backward'."""
    less = int((needs["inplace"] < needs["outofplace"]).sum())
    more = int((needs["inplace"] > needs["outofplace"]).sum())
    counts = {"less": less, "the same": len(needs) - less - more, "more": more}
    parts = [(word, count) for word, count in counts.items() if count]
    if len(parts) == 1:
        return f"{parts[0][0]} memory {where} in {f'all {len(needs):,} ops' if len(needs) > 1 else 'the one op'}"
    texts = [f"{word}{'' if place else f' memory {where}'} in {count:,}" for place, (word, count) in enumerate(parts)]
    return f"{and_text(texts)} of {number_text(len(needs), 'op')}"


def left_out_sentence(section: Section) -> str:
    """How many cases represent an axis and not their op, and how many, scenarios included, have no verdict, by state;
    else empty."""
    others, cases = section.other_axes_count, section.all_cases
    not_counted = (
        f"Not counted above: {number_text(others, 'case')} of another dtype, layout or operand. " if others else ""
    )
    states = [state for state in cases["state"] if state != OK]
    counts = {state: states.count(state) for state in sorted(set(states))}
    counts["bistable"] = int(cases["bistable"].sum())
    without = cases["timed"].astype(bool) & cases["state"].eq(OK) & ~cases["bistable"] & cases["verdict"].isna()
    counts["without a number"] = int(without.sum())
    parts = [f"{count:,} {state.replace('_', ' ')}" for state, count in counts.items() if count]
    failed = f"Not compared: {number_text(sum(counts.values()), 'case')} ({', '.join(parts)})." if parts else ""
    return (not_counted + failed).strip()
