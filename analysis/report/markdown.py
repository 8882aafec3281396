"""The report as Markdown, for pull requests and job summaries: the answer, then the rest folded; limited in size."""

import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from analysis.across.side_by_side import SideBySide, side_by_side
from analysis.cards.card import Card
from analysis.escaping import markdown_text
from analysis.report import tables
from analysis.report.html.across_page import PLACE_HEADS, across_page
from analysis.report.html.advice_lists import AdviceList, advice_lists
from analysis.report.html.anchors import Anchors
from analysis.report.html.context import contexts, prefixes, section_prefixes
from analysis.report.html.readers import readers
from analysis.report.html.render import environment
from analysis.report.html.runs import section_names
from analysis.right.truth import Truth
from analysis.run.load import printable
from analysis.run.wall_time import wall_time
from analysis.section import Section
from analysis.units import duration_text, names_text, number_text, percent_text

#: The size that a comment and a CI job summary accept.
_MOST_BYTES = 60 * 1024
#: Ops that a row of advice names at most; a list that opens names all of them, where that fits.
_FIRST_NAMED = 14
#: What is tried: rows per list of what changed between several runs, rows per list of a run, ops per word of advice.
_LIMITS = ((60, 60, 1_000), (25, 25, 1_000), (60, 60, 8), (20, 20, 8), (20, 5, 8), (20, 0, 8), (5, 0, 8), (0, 0, 8))


def report_markdown(
    parts: Sequence[Section],
    truth: Truth,
    made: Sequence[Sequence[Card]],
    shown: Sequence[dict[str, Any]] | None = None,
    command: str = "",
    side: SideBySide | None = None,
    lacking: Sequence[str] = (),
) -> str:
    """The report of `parts`: lists get shorter until it fits. `made`: their cards; `shown`: contexts, if already made;
    `command`: what writes it with the page, tables and figures; without one the page alone lies next to it; `side`: the
    runs side by side, if already made; `lacking`: what is in no run, and why."""
    anchors = Anchors(parts)
    shown = [dict(context) for context in shown or contexts(parts, truth, anchors)]
    for context, section, of_section in zip(shown, parts, made, strict=True):
        context |= _folded(section, [card for card in of_section if not card.is_scenario], context, anchors)
    side = side or side_by_side(parts, truth)
    across = side and across_page(side, truth, section_prefixes(parts, shown), anchors)
    names = section_names(parts) if len(parts) > 1 else [""]
    answers = readers(parts, names, prefixes(parts))
    template = environment(finalize=_escaped).get_template("report.md")
    for changes, rows, named in _LIMITS:
        limits = {"changes": changes, "rows": rows, "named": named}
        text = template.render(
            **{"sections": shown, "command": command, "across": across, "lacking": lacking},
            **{"place_heads": PLACE_HEADS, "names": names_text, "first_named": _FIRST_NAMED, **limits},
            readers=answers,
        )
        if len(text.encode()) <= _MOST_BYTES:
            return text
    return _answers(shown, lacking)


def command_of_report(folders: Iterable[Path]) -> str:
    """The command that writes a report of the runs in these folders, each named once, as it is given."""
    return shlex.join(["python", "-m", "analysis", "report", *map(printable, dict.fromkeys(map(str, folders)))])


def _answers(shown: Sequence[dict], lacking: Sequence[str]) -> str:
    """What is lacking and the answers alone, as many lines as fit."""
    lines = ["The report is too long for a summary: report.html has all of it. Its answers:", ""]
    answers = (f"**{markdown_text(each['name'])}**: {' '.join(map(markdown_text, each['answer']))}" for each in shown)
    for text in (*map(markdown_text, lacking), *answers):
        line = f"- {text}"
        if len("\n".join([*lines, line]).encode()) >= _MOST_BYTES:
            break
        lines.append(line)
    return "\n".join(lines) + "\n"


def _folded(section: Section, ops: list[Card], context: dict[str, Any], anchors: Anchors) -> dict[str, Any]:
    """The values that only Markdown shows for a section: tables in place of drawings; `context` has the others."""
    questions, groups = tables.memory_rows(section)
    families, problems = context["families"], context["problems"]
    advice = list(_advice(advice_lists(ops, anchors)))
    return {
        # With several families, the last row is of all of them.
        "overall": next(
            (cells for name, cells in reversed(families) if name == "all"), families[0][1] if families else []
        ),
        "advice": advice,
        "many": [(word, where, names) for word, where, _, names in advice if len(names) > _FIRST_NAMED + 1],
        "questions": questions,
        "groups": groups,
        "failed": number_text(len(problems), "row") if problems else "",
        "wall_time": [(what, duration_text(s), percent_text(share)) for what, s, share in wall_time(section.run)],
    }


def _advice(lists: dict[str, list[AdviceList]]) -> Iterable[tuple[str, str, str, list[str]]]:
    """(word, situation, how many ops of how many, these, the strongest first)."""
    for word, situations in lists.items():
        for each in situations:
            named = [f"{op.pair} {op.speedup}{' (memory)' if op.by_bytes_alone else ''}".strip() for op in each.ops]
            wrong = [f"{op.pair} (not right)" for op in each.wrong]
            count = f"{len(named) + len(wrong):,} of {number_text(each.total, 'op')}"
            yield word, each.situation, count, [*wrong, *named]


def _escaped(value: object) -> object:
    return Markup(markdown_text(value)) if isinstance(value, str) and not isinstance(value, Markup) else value
