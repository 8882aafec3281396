"""Renders the report: one HTML page with its own style and script, and a policy that lets nothing else in."""

import base64
import hashlib
import re
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from analysis.across.side_by_side import SideBySide, side_by_side
from analysis.cards.advice import RULES
from analysis.cards.card import Card
from analysis.cards.gather import cards
from analysis.numbers.gpu_text import on_gpu
from analysis.report.html import runs
from analysis.report.html.across_page import PLACE_HEADS, across_page, short_names
from analysis.report.html.advice_lists import advice_lists
from analysis.report.html.alike import folded_alike, folded_scenarios
from analysis.report.html.anchors import Anchors, plain_letters
from analysis.report.html.card_places import card_places
from analysis.report.html.cases import cases_page
from analysis.report.html.compact import compact
from analysis.report.html.context import contexts, prefixes, section_prefixes
from analysis.report.html.filled_pages import filled_pages
from analysis.report.html.heatmap import heatmap
from analysis.report.html.instrument import instrument
from analysis.report.html.memory_page import memory_page
from analysis.report.html.ops import op_cards, shared_reasons
from analysis.report.html.phases import phase_table
from analysis.report.html.readers import readers
from analysis.report.html.scatter import scatter_plot
from analysis.report.html.size_panels import size_panels
from analysis.report.html.why import causes
from analysis.report.palette import css_variables
from analysis.right.truth import Truth
from analysis.section import Section
from analysis.units import number_text
from benchmarks.record import PROSE

TEMPLATES = Path(__file__).parent.parent / "templates"
#: Its folders with templates; each is called by its name alone.
_RENDERED = [TEMPLATES / folder for folder in ("pages", "parts", "markdown")]
#: Numbers to emphasise: ratios and shares.
_NUMBER = re.compile(r"\d[\d,.]*(?:x|\u00a0%)")

#: Code in a text, as self-tests store it.
_CODE = re.compile(r"`([^`]+)`")


def html(
    sections: Sequence[Section],
    truth: Truth,
    made: Sequence[list[Card]] | None = None,
    shown: Sequence[dict[str, Any]] | None = None,
    side: SideBySide | None = None,
    lacking: Sequence[str] = (),
    selftests: Path | None = None,
) -> str:
    """The whole report of `sections` as one HTML file; the same for the same runs, to the byte.

    `made`, `shown`, `side`: their cards, contexts and comparison, if already made. `lacking`: what is in no run, and
    why. `selftests`: the folder of the self-tests that are shown; None: the newest made here, or else the kept ones.
    """
    anchors, names = Anchors(sections), runs.section_names(sections)
    made = made or [cards(section, truth) for section in sections]
    shown = [dict(context) for context in shown or contexts(sections, truth, anchors)]
    for context, section, of_section, name in zip(shown, sections, made, names, strict=True):
        context |= _pages(section, [card for card in of_section if not card.is_scenario], anchors, selftests)
        context |= {"name": name, "pages": filled_pages(section, context), "card_of": _scenario_cards(section, anchors)}
    alike = zip(folded_alike([each["truth"] for each in shown]), folded_scenarios(shown), strict=True)
    for context, (of_truth, of_scenarios) in zip(shown, alike, strict=True):
        context |= {"truth": of_truth, "scenarios": of_scenarios}
    style, script = _style(), _script()
    side = side or side_by_side(sections, truth)
    short = short_names(side, sections, names) if side else names
    several, truths = len(shown) > 1, [each["truth"]["prefix"] for each in shown]
    ops = op_cards(made, card_places(sections, short, truths), anchors)
    return compact(
        environment()
        .get_template("report.html")
        .render(
            sections=shown,
            several=several,
            lacking=lacking,
            pages=frozenset().union(*(context["pages"] for context in shown)),
            readers=readers(sections, names if several else [""] * len(names), prefixes(sections)),
            models=_models(shown),
            across=side and across_page(side, truth, section_prefixes(sections, shown), anchors),
            place_heads=PLACE_HEADS,
            runs=runs.runs_page(sections, prefixes(sections), anchors),
            ops=ops,
            reasons=shared_reasons(ops),
            cases=cases_page(sections, [card for of_section in made for card in of_section], anchors, short),
            style=Markup(style),
            script=Markup(script),
            policy=content_policy(style, script),
            on_gpu=any(on_gpu(section.device) for section in sections),
        )
    )


@cache
def environment(finalize: Callable[[object], object] | None = None) -> Environment:
    """The environment of the templates, compiled once: values are escaped, and a missing one is an error."""
    made = Environment(
        loader=FileSystemLoader(_RENDERED),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=finalize,
    )
    made.globals |= {"PROSE": PROSE, "advice_rules": RULES}
    made.filters["strong"] = strong
    made.filters["coded"] = coded
    made.filters["number"] = number_text
    made.filters["slug"] = plain_letters
    return made


def strong(sentence: str) -> Markup:
    """`sentence` with its ratios and shares emphasised."""
    return Markup(_NUMBER.sub(r"<b>\g<0></b>", str(escape(sentence))))


def coded(text: str) -> Markup:
    """`text` with what stands between backticks as code."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))


def _pages(section: Section, ops: list[Card], anchors: Anchors, selftests: Path | None) -> dict[str, Any]:
    """The values that only the page shows for a section, and the cards of its ops."""
    size_phases, by_sizes = size_panels(section)
    return {
        "picture": scatter_plot(ops, anchors),
        "advised": advice_lists(ops, anchors),
        "heatmap": heatmap(section.felt, anchors),
        "phase_table": phase_table(section.felt, anchors),
        "by_size": by_sizes,
        "by_size_phases": size_phases,
        "memory": memory_page(section, ops, anchors),
        "causes": causes(section, ops, anchors),
        "instrument": instrument(section, selftests),
    }


def _scenario_cards(section: Section, anchors: Anchors) -> dict[str, str]:
    """The id of the card of each scenario, by the scenario's name."""
    owners = section.scenarios[["family", "pair"]].drop_duplicates()
    return {pair: anchors.op(family, pair) for family, pair in owners.itertuples(index=False)}


def _models(shown: Sequence[dict[str, Any]]) -> dict[str, str]:
    """The id of each scenario on the page of models, by the id of its card: in the first section that has it."""
    found: dict[str, str] = {}
    for context in shown:
        for _, blocks in context["scenarios"].get("topics", []):
            for block in blocks:
                found.setdefault(context["card_of"][block.name], f"{context['prefix']}{block.anchor}")
    return found


def _style() -> str:
    return css_variables() + _joined("styles/*.css")


def _script() -> str:
    """One function around all scripts: they share names with each other and with nothing else."""
    return f'(() => {{\n"use strict";\n{_joined("scripts/*.js")}}})();\n'


def _joined(pattern: str) -> str:
    return "".join(path.read_text(encoding="utf-8") for path in sorted(TEMPLATES.glob(pattern)))


def content_policy(style: str, script: str) -> str:
    """The content security policy: only this style and this script, by their digests, and no request."""
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
