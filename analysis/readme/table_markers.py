"""Markers for a table or a sentence from a stored run."""

import json
from collections.abc import Callable, Sequence

from analysis.numbers.geomeans import geomean
from analysis.numbers.memory import HELD, PEAK_NO_GRAPH
from analysis.readme.markers import Filling, Fillings
from analysis.readme.quoted import REFERENCE, Quoted, later_runs
from analysis.report.html.instrument import measured_by
from analysis.report.phase_words import PHASE_WORDS
from analysis.report.scenario_sentence import scenario_sentence
from analysis.report.tables import GeomeanCell, compared_phases, effect_rows, geomean_rows
from analysis.run.description import method_of
from analysis.run.facts import moment, part, text
from analysis.scenarios.expectations import CONFIRMED, CONTRADICTED, OPEN, counts_text
from analysis.scenarios.judging import judge_all
from analysis.section import Section
from analysis.units import MISSING, duration_text, number_text, percent_text, ratio_text
from benchmarks.autograd.record.safety import NO_CASE, WORKS, WRONG
from benchmarks.record.interval import FASTER, INCONCLUSIVE, NO_DIFFERENCE, SLOWER


def table_fillings(quoted: Quoted) -> Fillings:
    """What each of these markers means, for the quoted runs."""
    return {
        "case-counts": _without_words(lambda: case_counts(quoted.ops)),
        "answer": _without_words(lambda: answer_table(quoted)),
        "measured-on": _without_words(lambda: quoted.ops.machine_line),
        "models-measured-on": _without_words(lambda: models_machine(quoted)),
        "by": lambda words: Filling(_geomeans_by(quoted.ops, *words)),
        "effects": _without_words(lambda: _effects(quoted.ops)),
        "models-sentence": _without_words(lambda: scenario_sentence(quoted.models)),
        "decided-later": _without_words(lambda: decided_later(quoted)),
        "selftest-table": _without_words(lambda: _results(quoted, "selftest")),
        "selftest-method": _without_words(lambda: measured_by(quoted.folder / "selftest/selftest.json")),
        "gate-method": _without_words(lambda: measured_by(quoted.folder / "selftest/gate.json")),
        "took": lambda words: Filling(_took(quoted, *words)),
        "gate-table": _without_words(lambda: _results(quoted, "gate")),
        "judge-programs-table": _without_words(lambda: _results(quoted, "judge-programs")),
        "judge-traps-table": _without_words(lambda: _results(quoted, "judge-traps")),
        "judge-models-table": _without_words(lambda: _judged_models(quoted)),
        "halves-table": _without_words(lambda: _results(quoted, "halves")),
        "engine-table": _without_words(lambda: _results(quoted, "engine")),
        "kept-runs": _without_words(lambda: kept_runs(quoted)),
        "ops-run": _without_words(lambda: (REFERENCE / quoted.ops.run.name).as_posix()),
        "models-run": _without_words(lambda: (REFERENCE / quoted.models.run.name).as_posix()),
    }


def _without_words(made: Callable[[], str]) -> Callable[[list[str]], Filling]:
    def filling(words: list[str]) -> Filling:
        if words:
            raise ValueError(f"takes no words, not {' '.join(words)!r}")
        return Filling(made())

    return filling


def _took(quoted: Quoted, part_name: str) -> str:
    """How long `make reference` took to measure a part, as it stored it."""
    parts = json.loads((quoted.folder / "parts.json").read_text(encoding="utf-8"))
    if "took_s" not in parts.get(part_name, {}):
        raise ValueError(f"no time of the part {part_name!r} is stored")
    return duration_text(parts[part_name]["took_s"])


def markdown_table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Rows of cells as a Markdown table."""
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def answer_table(quoted: Quoted) -> str:
    """The four questions, each answered by one set of cases or ops that its row names."""
    rows = [
        ("Is it faster without autograd?", *_time_row(quoted.ops, "inference")),
        ("Is it faster in a training step?", *_time_row(quoted.ops, "step")),
        ("Does it save memory?", *_memory_row(quoted.ops)),
        ("Are gradients still right?", *_gradients_row(quoted)),
    ]
    return markdown_table(("question", "asked of", "in-place is"), [(f"**{q}**", *rest) for q, *rest in rows])


def case_counts(section: Section) -> str:
    """How the cases of a run divide: those that share one number, by phase; those on fresh pages; all others."""
    phases = section.headline["phase"].value_counts()
    by_phase = ", ".join(f"{phases[phase]:,} {name}" for phase, name in PHASE_WORDS.items() if phase in phases)
    return (
        f"{len(section.all_cases):,} cases: {by_phase}, each with the op's usual dtype, layout and operand; "
        f"{len(section.fresh):,} on fresh pages; {section.other_axes_count:,} with another dtype, layout or operand"
    )


_MOST_SHOWN = 40  #: characters of an option's value

_VERDICTS = {FASTER: "faster", NO_DIFFERENCE: "no different", SLOWER: "slower", INCONCLUSIVE: "inconclusive"}


def _time_row(section: Section, phase: str) -> tuple[str, str]:
    cases = section.headline[section.headline["phase"] == phase]
    shares = (f"{said} in {percent_text((cases['verdict'] == verdict).mean())}" for verdict, said in _VERDICTS.items())
    return (
        f"{len(cases):,} cases of {cases['pair'].nunique():,} ops",
        f"{', '.join(shares)}; geomean speedup {ratio_text(geomean(cases['speedup']))}",
    )


def _memory_row(section: Section) -> tuple[str, str]:
    """The row on memory: each of its two questions is asked of the ops that have an answer."""
    peak, held = (section.bytes[section.bytes["question"] == question] for question in (PEAK_NO_GRAPH, HELD))
    less = [f"{(of['inplace'] < of['outofplace']).sum():,} of {len(of):,}" for of in (peak, held)]
    return (
        f"{len(peak):,} ops; the {len(held):,} that training uses",
        f"smaller at the peak of a call without autograd for {less[0]}; in what is held for backward for {less[1]}",
    )


def _gradients_row(quoted: Quoted) -> tuple[str, str]:
    """The row on normal use: in the middle of a graph and on a view, first and second derivative."""
    rows = [row for row in quoted.truth.safety.at(quoted.where) if row.status("first") != NO_CASE]
    wrong = [row for row in rows if any(row.status(question) == WRONG for question in _NORMAL_USE)]
    refused = [row for row in rows if row not in wrong and row.status("first") != WORKS]
    right = [row for row in rows if row not in wrong and row not in refused]
    lossy = sum(row.status("agreement") == WRONG for row in right)
    return (
        f"{len(rows):,} ops that take floats, in normal use",
        f"right in {len(right):,} ({lossy:,} of these differ in float32 at some inputs), refused by torch in "
        f"{len(refused):,}, wrong without an error in {len(wrong):,}",
    )


_NORMAL_USE = ("nonleaf", "view", "first", "second")


def _geomeans_by(section: Section, column: str) -> str:
    """`by family`, `by size`: geomeans, by phase."""
    rows = [(name, *map(_cell, cells)) for name, cells in geomean_rows(section, column)]
    return markdown_table(({"family": "family", "size": "elements"}[column], *compared_phases(section)), rows)


def _cell(cell: GeomeanCell | None) -> str:
    return f"**{cell.ratio}** ({cell.basis})" if cell else "not measured"


def _effects(section: Section) -> str:
    phases, axes = effect_rows(section)
    rows = []
    for title, values in axes:
        for value, cells in values:
            texts = [
                f"**{each.speedup}** instead of {each.plain} ({each.basis}"
                f"{f'; memory {each.memory}' if each.memory else ''})"
                if each
                else "not measured"
                for each in cells
            ]
            rows.append((f"{title}: {value}", *texts))
    return markdown_table(("", *phases), rows)


def _results(quoted: Quoted, name: str) -> str:
    rows = [
        (what, str(value))
        for what, value in quoted.selftest(name).items()
        if not what.endswith((", by op", ", per op"))
    ]
    return markdown_table(("what", "measured"), rows)


def _judged_models(quoted: Quoted) -> str:
    """A row per model that the advisor was asked about; bytes are those of the step's peak."""
    rows = quoted.judged_models()
    cells = [[f"{value:,}" if isinstance(value, int) else str(value) for value in row.values()] for row in rows]
    return markdown_table(list(rows[0]), cells)


def models_machine(quoted: Quoted) -> str:
    """Where and when the scenarios were measured; the method only where the ops have another."""
    method = method_of(quoted.models.run.facts)
    same = method == method_of(quoted.ops.run.facts)
    return quoted.models.machine_line + ("" if same else f" (method {method})")


def kept_runs(quoted: Quoted) -> str:
    """A row per kept run: what it measured, by which method, in which time, and how expectations came out."""
    rows = []
    for section in quoted.sections:
        facts = section.run.facts
        start, end = moment(facts.get("start")), moment(facts.get("end"))
        took = duration_text((end - start).total_seconds()) if start and end else MISSING
        options = " ".join(f"{name}={_shortened(value)}" for name, value in part(facts, "options").items() if value)
        timed = [each for each in facts.get("passes", ()) if each.get("kind") == "time" and each.get("cases") != 0]
        rows.append(
            (
                f"[`{section.run.name}`](reference/{section.run.name}/run.json)",
                f"`{options}`",
                f"{number_text(len(section.all_cases), 'case')}, {number_text(len(timed), 'timed process')}, "
                f"{_case_times(section)}",
                f"{took.replace(chr(160), ' ')}, method {method_of(facts)}",
                counts_text(judge_all(section)) or MISSING,
            )
        )
    return markdown_table(("run", "options", "measured", "took", "expectations of scenarios"), rows)


def _case_times(section: Section) -> str:
    """What a case may take in a pass, as the run was told: 'op 22 ms'."""
    budget = part(section.run.facts, "budget")
    kinds = (("op", "seconds", section.cases), ("scenario", "scenario_seconds", section.scenarios))
    return ", ".join(f"{kind} {budget[name] * 1e3:.0f} ms" for kind, name, cases in kinds if len(cases))


def _shortened(value: object) -> str:
    """An option's value; of a long list its first name, and how many there are: a cell cannot break it."""
    first, *others = str(value).split(",")
    return f"{first},... ({len(others) + 1} names)" if len(str(value)) > _MOST_SHOWN and others else str(value)


def decided_later(quoted: Quoted) -> str:
    """How the expectations came out; what `quoted.models` left open, as later runs decided it."""
    outcomes = {_key(each): each.outcome for each in judge_all(quoted.models)}
    for section in later_runs(quoted):
        for each in judge_all(section):
            if outcomes.get(_key(each)) == OPEN:
                outcomes[_key(each)] = each.outcome
    found = list(outcomes.values())
    counts = {outcome: found.count(outcome) for outcome in (CONFIRMED, CONTRADICTED, OPEN)}
    return ", ".join(f"{count:,} {outcome}" for outcome, count in counts.items() if count)


def _key(each: object) -> tuple[str, ...]:
    return tuple(text(getattr(each, name)) or "" for name in ("scenario", "kind", "phase", "quantity", "expected"))
