"""The report put together: one page of HTML with its own style and script, and a policy that lets nothing else in."""

import base64
import hashlib
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from analysis.cards.card import Card
from analysis.cards.gather import cards
from analysis.report import tables
from analysis.report.answer import answer
from analysis.report.html import first_page, runs
from analysis.report.html.anchors import Anchors, plain_letters
from analysis.report.html.cases import case_table
from analysis.report.html.heatmap import heat
from analysis.report.html.instrument import instrument
from analysis.report.html.memory import saves
from analysis.report.html.ops import op_cards
from analysis.report.html.phases import beside
from analysis.report.html.right import right
from analysis.report.html.scatter import picture
from analysis.report.html.scenarios import scenarios_context
from analysis.report.html.sizes import by_size
from analysis.report.html.why import why
from analysis.report.palette import css_variables
from analysis.right.truth import Truth
from analysis.run import coverage
from analysis.section import Section

TEMPLATES = Path(__file__).parent.parent / "templates"


def html(sections: Sequence[Section], truth: Truth, made: Sequence[list[Card]] | None = None) -> str:
    """The whole report of `sections` as one file of HTML; `made`: their cards, where they are at hand."""
    anchors = Anchors(sections)
    names, prefixes = runs.names(sections), [f"s{n}-" if n > 1 else "" for n in range(1, len(sections) + 1)]
    made = made or [cards(section, truth) for section in sections]
    shown: list[dict] = []
    for section, mine, name, prefix in zip(sections, made, names, prefixes, strict=True):
        context = _section(section, mine, anchors)
        context |= {"prefix": prefix, "name": name, "run": section.run.name}
        context["first_of_run"] = all(context["run"] != other["run"] for other in shown)
        context["truth"] = right(truth, section, [other["truth"] for other in shown], prefix, anchors)
        shown.append(context)
    style, script = _style(), _script()
    several = len(shown) > 1
    return (
        environment()
        .get_template("report.html")
        .render(
            sections=shown,
            several=several,
            runs=runs.side_by_side(sections, prefixes, anchors),
            ops=op_cards(made, names if several else [""], [each["truth"]["prefix"] for each in shown], anchors),
            cases=case_table(sections, [card for mine in made for card in mine], anchors),
            style=Markup(style),
            script=Markup(script),
            policy=_policy(style, script),
            written=datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        )
    )


def environment(**options: object) -> Environment:
    """Where templates come from; what is put into them is escaped, and none of it may be missing."""
    loader = FileSystemLoader(TEMPLATES)
    found = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, **options
    )
    found.filters["strong"] = first_page.strong
    found.filters["slug"] = plain_letters
    return found


def _section(section: Section, mine: list[Card], anchors: Anchors) -> dict:
    """What the templates show of a section, by the part of the report that shows it."""
    effect_phases, effects = tables.effect_rows(section)
    size_phases, by_sizes = by_size(section)
    known = coverage.coverage(section.run.facts)
    mine = [card for card in mine if not card.is_scenario]
    return {
        **tables.run_facts(section),
        "answer": answer(section),
        "picture": picture(mine, anchors),
        "advised": first_page.advised(mine, anchors),
        "phases": tables.phases(section),
        "families": tables.matrix(section, "family"),
        "sizes": tables.matrix(section, "size"),
        "odd_sizes": tables.odd_sizes(section),
        "heat": heat(section, anchors),
        "beside": beside(section, anchors),
        "by_size": by_sizes,
        "by_size_phases": size_phases,
        "effect_phases": effect_phases,
        "effects": effects,
        "saves": saves(section, mine, anchors),
        "why": why(section, mine, anchors),
        "scenarios": scenarios_context(section),
        "problems": tables.problems(section),
        "cautions": tables.cautions(section),
        "instrument": instrument(section),
        "coverage": coverage.sentence(section.run),
        "excused": known.kinds if known else [],
        "skipped": coverage.skipped(section.run.facts),
        "notes": coverage.notes(section.run.facts),
    }


def _style() -> str:
    return css_variables() + _joined("*.css")


def _script() -> str:
    """One function around all parts, so that they share names with each other and with nothing else."""
    return f'(() => {{\n"use strict";\n{_joined("*.js")}}})();\n'


def _joined(pattern: str) -> str:
    return "".join(path.read_text(encoding="utf-8") for path in sorted(TEMPLATES.glob(pattern)))


def _policy(style: str, script: str) -> str:
    """Nothing but this style and this script, by their digests; no request ever leaves the page."""
    rules = {
        "default-src": "'none'",
        "style-src": _digest(style),
        "script-src": _digest(script),
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
        "require-trusted-types-for": "'script'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
