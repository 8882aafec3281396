"""The pages on which a section has something to show: a page on which no section has is left out of the report."""

from collections.abc import Mapping
from typing import Any

from analysis.section import Section
from benchmarks.record import USER

#: The pages that every report has: the answer, cards, cases, how far to trust them, the words.
ALWAYS = frozenset({"answer", "ops", "cases", "instrument", "machine", "glossary"})


def filled_pages(section: Section, shown: Mapping[str, Any]) -> frozenset[str]:
    """The ids of the pages of `section`, whose values for the templates are `shown`."""
    memory, causes, truth = shown["memory"], shown["causes"], shown["truth"]
    catalogued = section.cases["family"].ne(USER).any()
    filled = {
        "yours": shown["yours"],
        "faster": shown["families"] or shown["heatmap"] or shown["phase_table"],
        "memory": memory.counts or memory.groups or memory.classes,
        # Without an answer it says how to ask: of torch's ops only, as a user's own are compared before they are timed.
        "right": truth["pairs"] or truth["claims"] or truth["hazards"] or truth["refused"] or catalogued,
        "why": causes.bandwidth or causes.faults or causes.clones or causes.small_sentence,
        "models": shown["scenarios"],
        "coverage": shown["coverage"] or shown["excused"] or shown["skipped"] or shown["problems"] or shown["notes"],
    }
    return ALWAYS | {page for page, content in filled.items() if content}
