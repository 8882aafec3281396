"""The report as Markdown, for pull requests and job summaries: the answer first, the rest folded, never too long."""

import re
from collections.abc import Iterable, Sequence

from markupsafe import Markup

from analysis.cards.card import Card
from analysis.report import tables
from analysis.report.answer import answer
from analysis.report.html.anchors import Anchors
from analysis.report.html.first_page import Advised, advised
from analysis.report.html.render import environment
from analysis.report.html.right import right
from analysis.report.html.scenarios import scenarios_context
from analysis.right.truth import Truth
from analysis.run import coverage
from analysis.run.wall_time import wall_time
from analysis.section import Section
from analysis.units import duration_text, names_text, number_text, percent_text

#: What a comment takes, and a CI job summary; and how many rows of each list are tried to get there.
_MOST_BYTES = 60 * 1024
_ROWS = (60, 20, 5, 0)
_MOST_NAMED = 8  #: ops beside a word of advice


def markdown(parts: Sequence[Section], truth: Truth, made: Sequence[Sequence[Card]]) -> str:
    """The report of `parts`, `made` their cards: lists get shorter until it fits."""
    anchors = Anchors(parts)
    shown: list[dict] = []
    for number, (section, mine) in enumerate(zip(parts, made, strict=True), start=1):
        context = _section(section, mine, anchors)
        context["first_of_run"] = all(context["name"] != other["name"] for other in shown)
        context["truth"] = right(truth, section, [other["truth"] for other in shown], f"s{number}", anchors)
        shown.append(context)
    template = environment(finalize=_escaped).get_template("report.md")
    for rows in _ROWS:
        text = template.render(sections=shown, rows=rows)
        if len(text.encode()) <= _MOST_BYTES:
            return text
    return _answers(shown)


def _answers(shown: Sequence[dict]) -> str:
    """The answers alone, as many as fit."""
    lines = ["The report is too long for a summary: report.html has all of it. Its answers:", ""]
    for each in shown:
        line = f"- **{markdown_text(each['name'])}**: {' '.join(map(markdown_text, each['answer']))}"
        if len("\n".join([*lines, line]).encode()) >= _MOST_BYTES:
            break
        lines.append(line)
    return "\n".join(lines) + "\n"


def _section(section: Section, mine: Sequence[Card], anchors: Anchors) -> dict:
    """What the template shows of a section."""
    questions, groups = tables.memory_rows(section)
    effect_phases, effects = tables.effect_rows(section)
    families = tables.matrix(section, "family")
    known = coverage.coverage(section.run.facts)
    ops = [card for card in mine if not card.is_scenario]
    problems = tables.problems(section)
    return {
        **tables.run_facts(section),
        "scenarios": scenarios_context(section),
        "answer": answer(section),
        "phases": tables.phases(section),
        # Several families have a row for all of them, which comes after theirs.
        "overall": next(
            (cells for name, cells in reversed(families) if name == "all"), families[0][1] if families else []
        ),
        "advice": list(_advice(advised(ops, anchors))),
        "families": families,
        "sizes": tables.matrix(section, "size"),
        "odd_sizes": tables.odd_sizes(section),
        "effect_phases": effect_phases,
        "effects": effects,
        "questions": questions,
        "groups": groups,
        "problems": problems,
        "failed": number_text(len(problems), "row") if problems else "",
        "cautions": tables.cautions(section),
        "wall_time": [(what, duration_text(s), percent_text(share)) for what, s, share in wall_time(section.run)],
        "coverage": coverage.sentence(section.run),
        "excused": known.kinds if known else [],
        "skipped": coverage.skipped(section.run.facts),
        "notes": coverage.notes(section.run.facts),
    }


def _advice(found: dict[str, list[Advised]]) -> Iterable[tuple[str, str, str, str]]:
    """(word, situation, how many ops of how many, the most telling of them)."""
    for word, situations in found.items():
        for each in situations:
            named = [f"{op.pair} {op.speedup}".strip() for op in each.ops]
            wrong = [f"{op.pair} (not right)" for op in each.wrong]
            count = f"{len(named) + len(wrong):,} of {number_text(each.total, 'op')}"
            yield word, each.situation, count, names_text([*wrong, *named], _MOST_NAMED)


def _escaped(value: object) -> object:
    return Markup(markdown_text(value)) if isinstance(value, str) and not isinstance(value, Markup) else value


def markdown_text(text: str) -> str:
    """`text` as Markdown that shows it as it is: no heading, list, table cell, tag, link or mention comes of a name."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = text.replace("://", ":&#47;&#47;").replace("www.", "www&#46;").replace("\n", " ")
    text = re.sub(r"[\\`*|~$\[\]]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])", r"\\\g<0>", text)
    text = re.sub(r"^(\s*\d*)([#+.)-](?=\s|$)|#{2,6}(?=\s|$)|-{3,}$|=+$)", r"\1\\\2", text)
    # Where a page turns names and numbers into mentions and links it reads the text, whatever that was written as: an
    # empty comment parts it.
    return re.sub(r"@|#(?=\d)", r"\g<0><!-- -->", text)
