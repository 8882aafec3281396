"""The values that the HTML and the Markdown report both show for a section, by their names in the templates."""

from collections.abc import Sequence
from typing import Any

from analysis.report import tables
from analysis.report.answer import answer_sentences, time_sentences
from analysis.report.gpu_notes import peaks_note, timing_sentences
from analysis.report.html.anchors import Anchors
from analysis.report.html.right import correctness
from analysis.report.html.scenario_blocks import scenarios_context
from analysis.report.html.your_code import your_code
from analysis.right.truth import Truth
from analysis.run import coverage
from analysis.section import Section


def prefixes(sections: Sequence[Section]) -> list[str]:
    """The prefix of each section's ids: empty for the first, so that ids of the usual report are short."""
    return [f"s{number}-" if number > 1 else "" for number in range(1, len(sections) + 1)]


def contexts(sections: Sequence[Section], truth: Truth, anchors: Anchors) -> list[dict[str, Any]]:
    """A context per section. Facts that several sections share, of a run or a torch, are shown by the first of them."""
    shown: list[dict[str, Any]] = []
    for section, prefix in zip(sections, prefixes(sections), strict=True):
        shown.append(
            {
                **_context(section),
                "prefix": prefix,
                "first_of_run": all(section.run.name != other["run"] for other in shown),
                "truth": correctness(truth, section, [other["truth"] for other in shown], prefix, anchors),
            }
        )
    return shown


def section_prefixes(
    sections: Sequence[Section], shown: Sequence[dict[str, Any]]
) -> dict[tuple[str, str], tuple[str, str]]:
    """By run and device: the prefix of the ids of its section, and of its claims and hazards."""
    pairs = zip(sections, shown, strict=True)
    return {(each.run.name, each.device): (of["prefix"], of["truth"]["prefix"]) for each, of in pairs}


def _context(section: Section) -> dict[str, Any]:
    facts, covered = section.run.facts, coverage.run_coverage(section.run.facts)
    effect_phases, effects = tables.effect_rows(section)
    times = time_sentences(section)
    return {
        **tables.run_facts(section),
        "run": section.run.name,
        "answer": answer_sentences(section, times),
        "times": times,
        "phases": tables.compared_phases(section),
        "families": tables.geomean_rows(section, "family"),
        "sizes": tables.geomean_rows(section, "size"),
        "odd_sizes": tables.odd_sizes(section),
        "effect_phases": effect_phases,
        "effects": effects,
        "yours": your_code(section),
        "scenarios": scenarios_context(section) if section.advice is None else {},
        "problems": tables.problems(section),
        "cautions": tables.cautions(section),
        "host_decides": section.host_decides,
        "peaks_note": peaks_note(section),
        "gpu_timing": timing_sentences(section),
        "coverage": coverage.coverage_sentence(section.run),
        "excused": covered.kinds if covered else [],
        "skipped": coverage.skipped_pairs(facts),
        "notes": coverage.pair_notes(facts),
    }
