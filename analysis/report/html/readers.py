"""The first lines of the page: for each kind of reader a sentence with numbers, and where to read on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pandas as pd

from analysis.cards.advice import TRAINING, WITHOUT_AUTOGRAD
from analysis.numbers.felt import as_felt
from analysis.numbers.geomeans import geomean
from analysis.numbers.gpu_text import on_gpu
from analysis.numbers.memory import HELD, PEAK_FORWARD, PEAK_NO_GRAPH
from analysis.report.advised_sentences import advised_sentence
from analysis.report.answer import less_same_more, share_text, time_sentences
from analysis.report.own_models import own_model_sentences
from analysis.report.scenario_sentence import memory_counts, scenario_sentence
from analysis.report.tables import geomean_rows
from analysis.scenarios.judging import representative_cases
from analysis.section import Section
from analysis.units import and_text, names_text, number_text, ratio_text
from benchmarks.record import USER
from benchmarks.record.interval import FASTER, INCONCLUSIVE, SLOWER

#: The phases of a reader's situation; of several only those that were compared count.
_PHASES = {WITHOUT_AUTOGRAD: ("inference",), TRAINING: ("step", "forward", "backward")}
#: By situation: which of `memory.QUESTIONS` counts, and where those bytes are needed.
_BYTES = {WITHOUT_AUTOGRAD: (PEAK_NO_GRAPH, PEAK_FORWARD), TRAINING: (HELD,)}
_NEEDS = {PEAK_NO_GRAPH: ("needs", "at the peak of a call"), PEAK_FORWARD: ("needs", "in forward")}
_NEEDS[HELD] = ("holds", "for backward")
#: What scenarios are, in a few words.
_KINDS = "models, losses, optimizers"
_MOST_OWN = 2  #: own models or steps with a sentence; their page has the rest

Where = tuple[Section, str, str]  #: a section, its name where there are several, the prefix of its ids


@dataclass(frozen=True)
class ReaderAnswer:
    """A kind of reader: the answer in a sentence or two, which section it is of, and links as (words, id)."""

    who: str
    sentence: str
    where: str = ""
    links: list[tuple[str, str]] = field(default_factory=list)
    command: str = ""  #: what measures it, where this report cannot answer


def readers(sections: Sequence[Section], names: Sequence[str], prefixes: Sequence[str]) -> list[ReaderAnswer]:
    """An answer per kind of reader, from the first section that has one; of CPUs before GPUs."""
    every: list[Where] = list(zip(sections, names, prefixes, strict=True))
    if all(section.advice is not None for section in sections):  # nobody else's question was asked
        return [_with_own_code(every)]
    by_device = sorted(every, key=lambda each: on_gpu(each[0].device))
    found = [_in_situation("I write inference code", WITHOUT_AUTOGRAD, by_device)]
    found += [_in_situation("I train", TRAINING, by_device), _with_gpu(every), _with_own_code(every)]
    return [each for each in found if each]


def _in_situation(who: str, situation: str, every: Sequence[Where]) -> ReaderAnswer | None:
    """Ops in a sentence, and models in the words of a link; without ops, models in the sentence. None where no section
    has cases of these phases."""
    ops = next(((each, said) for each in every if (said := _ops_sentence(each[0], situation))), None)
    models = next(((each, said) for each in every if (said := _models_judged(each[0], situation))), None)
    if ops:
        links = [("Which ops", f"{ops[0][2]}do")]
        links.append(("Which save memory", "memory") if situation == TRAINING else _by_size(*ops[0]))
        links += [(f"In scenarios: {models[1]}", "models")] if models else []
        names = [each[0][1] for each in (ops, models) if each]
        return ReaderAnswer(who, ops[1], "; ".join(name for name in dict.fromkeys(names) if name), links)
    if models:
        said = f"In scenarios ({_KINDS}) in-place is {models[1]}."
        return ReaderAnswer(who, said, models[0][1], [("Which models", "models")])
    return None


def _by_size(section: Section, _: str, prefix: str) -> tuple[str, str]:
    """The table of sizes; without one, as there is one size, the page it would be on."""
    several = len(geomean_rows(section, "size")) > 1
    return ("By size", f"{prefix}sizes") if several else ("How much faster", "faster")


def _ops_sentence(section: Section, situation: str) -> str:
    shown = section.felt.headline
    phase = next((phase for phase in _PHASES[situation] if (shown["phase"] == phase).any()), "")
    mine = shown[shown["phase"] == phase]
    needs = _needs_text(section, situation)
    said = [part for part in (_speed_text(mine) if len(mine) else "", needs) if part]
    return f"In-place {', and '.join(said)}." if said else ""


def _speed_text(cases: pd.DataFrame) -> str:
    speed = f"{ratio_text(geomean(cases['speedup']))} as fast"
    if len(cases) == 1:
        return f"is {speed} in the one case of this kind ({cases['verdict'].iloc[0]})"
    if (cases["verdict"] == INCONCLUSIVE).all():
        return f"is {speed} in the geomean of {len(cases):,} cases, none of which has a verdict"
    return f"is {_faster_slower(cases['verdict'])} of {len(cases):,} cases, {speed} in the geomean"


def _faster_slower(verdicts: pd.Series) -> str:
    """'faster in 86 % and slower in 1 %': the shares of two verdicts."""
    return and_text(
        [f"{word} in {share_text(int((verdicts == word).sum()), len(verdicts))}" for word in (FASTER, SLOWER)]
    )


def _needs_text(section: Section, situation: str) -> str:
    for question in _BYTES[situation]:
        mine = section.bytes[section.bytes["question"] == question]
        if len(mine):
            verb, where = _NEEDS[question]
            return f"{verb} {less_same_more(mine, where)}"
    return ""


def _models_judged(section: Section, situation: str) -> str:
    """'faster in 62 % and slower in 13 % of 61': of a section's scenarios, without those of the user."""
    cases = _usual(section)
    compared = as_felt(cases[cases["verdict"].notna() & cases["family"].ne(USER)])
    for phase in _PHASES[situation]:
        verdicts = compared.loc[compared["phase"] == phase, "verdict"]
        if (verdicts != INCONCLUSIVE).any():
            return f"{_faster_slower(verdicts)} of {len(verdicts):,}"
    return ""


def _usual(section: Section) -> pd.DataFrame:
    """The scenarios of a section at their usual scale."""
    cases = representative_cases(section)
    return cases[cases["usual"]]


def _with_gpu(every: Sequence[Where]) -> ReaderAnswer:
    who = "I use a GPU"
    for section, _, prefix in every:
        if not on_gpu(section.device):
            continue
        said = time_sentences(section)[0] or scenario_sentence(section)
        page = "faster" if len(section.headline) else "models"
        links = [("What the host decides", page), ("How it was timed", f"{prefix}gpu")]
        return ReaderAnswer(who, said, f"{section.device}: {section.machine_line}", links)
    said = "No GPU was measured here. On one, a call has two times, the device's and the host's; the report shows both."
    return ReaderAnswer(who, said, links=[("What was measured", "machine")], command="make bench DEVICE=cuda")


def _with_own_code(every: Sequence[Where]) -> ReaderAnswer:
    who = "I bring my own model"
    for section, name, _ in every:
        if section.advice is not None and section.advice.steps:
            steps = section.advice.steps[:_MOST_OWN]
            said = [advised_sentence(section, section.advice, step) for step in steps]
            return ReaderAnswer("My own code", " ".join(said), name, [("What to switch, and the proof", "yours")])
        if own := list(_own_sentences(section)):
            links = [("Its card", "models" if (section.scenarios["family"] == USER).any() else "ops")]
            return ReaderAnswer("My own code", " ".join(own), name, links)
    command = "make advise STEP=train.py:make"
    for section, name, _ in every:
        cases = _usual(section)
        if len(cases) and (counts := memory_counts(cases)):
            of = number_text(cases["pair"].nunique(), "scenario")
            said = f"Of {of} ({_KINDS}) written in both variants, in-place {counts}."
            return ReaderAnswer(who, said, name, [("Compare with yours", "models")], command)
    return ReaderAnswer(
        who, "No whole model was measured here. Yours can be: op by op, proved, in bytes.", command=command
    )


def _own_sentences(section: Section) -> Iterator[str]:
    """On a user's own models, then on the user's own ops."""
    cases = _usual(section)
    mine = cases[cases["family"] == USER]
    if len(mine):
        said = own_model_sentences(mine, {name: each.labels for name, each in section.declarations.items()})
        yield from said[:_MOST_OWN]
        if (more := mine["pair"].nunique() - _MOST_OWN) > 0:
            yield f"{number_text(more, 'more model')}: see the page of models."
    ops = section.cases.loc[section.cases["family"] == USER, "pair"].unique().tolist()
    if ops:
        yield f"Measured: {names_text(ops, 6)}."
