"""The report of one or several runs, and the files it is written to: HTML, Markdown, CSV tables, SVG and PNG plots."""

import base64
import hashlib
import re
from collections.abc import Callable, Iterable
from datetime import datetime, timezone
from pathlib import Path

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from analysis import canvas, casetable, coverage, findings, matrix, page, safety
from analysis.answer import answer
from analysis.drawings import DRAWINGS
from analysis.effects import effects
from analysis.geomeans import Section, geomeans, headline
from analysis.growthplot import growth
from analysis.load import Run
from analysis.memory import pair_bytes
from analysis.scenarios import scenarios_context
from analysis.scenariotables import scenario_files
from analysis.tables import CASES_CSV, csv_text, duration_text, number_text, percent_text
from analysis.truth import Truth, read_truth, where, where_text
from analysis.walltime import wall_time
from benchmarks.autograd.stored import CLAIMS, HAZARDS, SAFETY

_TEMPLATES = Path(__file__).parent / "templates"
#: What a CI job summary is sure to take; and how many rows of each list are tried to get there.
_MARKDOWN_BYTES = 60 * 1024
_MARKDOWN_ROWS = (60, 20, 5, 0)


class ReportError(OSError):
    """The report could not be written; the message is one line that names the file."""


def write_report(parts: list[Section], folder: Path, autograd: Iterable[Path] | None = None) -> Path:
    """Write the report of `parts` into `folder`, made where it is missing. The HTML file's path. ReportError.

    `autograd`: the folders of stored claims, hazards and safety matrices; by default those of the current folder.
    """
    truth = read_truth(autograd)
    runs = list(dict.fromkeys(section.run.name for section in parts))
    files: dict[str, str | bytes] = _csv_files(parts) | _truth_files(parts, truth)
    shown: list[dict] = []
    for index, section in enumerate(parts):
        context, plots = _section(section, f"s{index + 1}", _slug(section, runs))
        context["first_of_run"] = all(context["name"] != other["name"] for other in shown)
        context["truth"] = _truth(truth, section, [other["truth"] for other in shown], context["id"])
        shown.append(context)
        files |= plots
    files["report.html"] = _html(shown, casetable.case_rows(parts))
    files["report.md"] = _markdown(shown)
    for name, content in files.items():
        _write(folder / name, content)
    return folder / "report.html"


def _section(section: Section, prefix: str, slug: str) -> tuple[dict, dict[str, bytes]]:
    """What the templates show of a section, and its plot files."""
    figures, files = [], {}
    for drawing in DRAWINGS if len(section.cases) else ():
        svgs = []
        for number, (name, svg, png) in enumerate(canvas.draw(drawing.plot, section.cases), start=1):
            file = "-".join(filter(None, (f"plots/{drawing.name}", _plain_letters(name), slug)))
            if f"{file}.svg" in files:  # names that differ in signs only
                file += f"-{number}"
            files[f"{file}.svg"], files[f"{file}.png"] = svg, png
            about = " ".join(filter(None, (drawing.title, name)))
            svgs.append(Markup(canvas.inline_svg(svg, f"{prefix}-{drawing.name}{number}", about)))
        figures.append({"drawing": drawing, "svgs": svgs})
    for name, svg, png in canvas.draw(growth, section):
        file = "-".join(filter(None, ("plots/growth", _plain_letters(name), slug)))
        files[f"{file}.svg"], files[f"{file}.png"] = svg, png
    questions, groups = page.memory_rows(section)
    effect_phases, effects_ = page.effect_rows(section)
    known = coverage.coverage(section.run.facts)
    context = {
        **page.run_facts(section),
        "id": prefix,
        "prefix": f"{prefix}-",
        "scenarios": scenarios_context(section),
        "answer": answer(section),
        "phases": page.phases(section),
        "families": page.matrix(section, "family"),
        "sizes": page.matrix(section, "size"),
        "odd_sizes": page.odd_sizes(section),
        "effect_phases": effect_phases,
        "effects": effects_,
        "figures": figures,
        "questions": questions,
        "groups": groups,
        "problems": page.problems(section),
        "cautions": page.cautions(section),
        "wall_time": [(what, duration_text(s), percent_text(share)) for what, s, share in wall_time(section.run)],
        "coverage": f"{known.line} This run measured {number_text(_ops(section.run), 'pair')}." if known else "",
        "excused": known.kinds if known else [],
        "skipped": coverage.skipped(section.run.facts),
        "notes": coverage.notes(section.run.facts),
    }
    return context, files


def _ops(run: Run) -> int:
    """How many pairs of ops a run measured: scenarios are none of those that coverage counts."""
    return int(run.frame.loc[run.frame["scale"] == 0, "pair"].nunique())


def _truth(truth: Truth, section: Section, before: list[dict], id: str) -> dict:
    """What is stored of the section's torch and device; `same_as`: the section that shows it already."""
    place = where(section.run.facts, section.device)
    same = next((other["id"] for other in before if other["place"] == place), None)
    pairs, hazards = truth.of(SAFETY, place), truth.of(HAZARDS, place)
    claims, dangers = findings.claims(truth, place), findings.hazards(truth, place)
    beside = {kind: findings.others(truth, kind, place) for kind in (CLAIMS, HAZARDS)}
    return {
        "id": same or id,
        "place": place,
        "same_as": same,
        "where": where_text(place),
        "refused": truth.refused,
        "safety": safety.sentences(pairs) if pairs else [],
        "safety_elsewhere": safety.elsewhere(truth, place),
        "legend": safety.LEGEND,
        "by_question": safety.by_question(pairs),
        "questions": [(name, safety.QUESTIONS[name]) for name in safety.asked_questions(pairs)],
        "pairs": [] if same else matrix.matrix(pairs),
        "claims": claims,
        "claims_sentences": [findings.claims_sentence(claims), findings.differing(claims, beside[CLAIMS])],
        "claims_others": beside[CLAIMS],
        "hazards": dangers,
        "hazards_sentences": [
            *findings.hazards_sentences(dangers, hazards),
            findings.differing(dangers, beside[HAZARDS]),
        ],
        "hazards_others": beside[HAZARDS],
        "nothing": {kind: findings.nothing(kind, place) for kind in (SAFETY, CLAIMS, HAZARDS)},
    }


def _truth_files(parts: list[Section], truth: Truth) -> dict[str, str]:
    """`tables/safety.csv` for the torches and devices of the report; claims and hazards of every one that is stored."""
    places = dict.fromkeys(where(section.run.facts, section.device) for section in parts)
    tables = {"claims": findings.claims_table(truth), "hazards": findings.hazards_table(truth)}
    matrices = [
        table.assign(torch=place[0], device=place[1])[["torch", "device", *table.columns]]
        for place in places
        if len(table := safety.safety_table(truth.of(SAFETY, place)))
    ]
    if matrices:
        tables["safety"] = pd.concat(matrices)
    return {f"tables/{name}.csv": csv_text(table) for name, table in tables.items() if len(table)}


def _csv_files(parts: list[Section]) -> dict[str, str]:
    """`tables/*.csv`: cases; of those that `headline` keeps, geomeans by family, phase and size; memory; what the other
    axes change; and coverage, where a run tells it."""
    where = ["run", "device", "allocator"]
    judged = pd.concat([headline(section.cases) for section in parts])
    files = {
        "families": geomeans(judged, [*where, "family", "phase"]),
        "phases": geomeans(judged, [*where, "phase"]),
        "sizes": geomeans(judged, [*where, "phase", "size"]),
        "axes": _of_sections(parts, lambda section: effects(section.cases)),
    }
    memory = _of_sections(parts, lambda section: pair_bytes(section.plain))
    files["memory"] = memory.rename(columns={"outofplace": "outofplace_multiple", "inplace": "inplace_multiple"})
    told = {section.run.name: coverage.coverage_table(section.run.facts) for section in parts}
    covered = [table.assign(run=run)[["run", *table.columns]] for run, table in told.items() if len(table)]
    if covered:
        files["coverage"] = pd.concat(covered)
    texts = {f"tables/{name}.csv": csv_text(table) for name, table in files.items()}
    cases = pd.concat([section.every for section in parts], ignore_index=True)
    return {"tables/cases.csv": csv_text(cases, CASES_CSV), **texts, **scenario_files(parts)}


def _of_sections(parts: list[Section], make: Callable[[Section], pd.DataFrame]) -> pd.DataFrame:
    """The sections' tables below each other, `run` and `device` in front."""
    tables = [(section, make(section)) for section in parts]
    named = [table.assign(run=s.run.name, device=s.device)[["run", "device", *table.columns]] for s, table in tables]
    return pd.concat([table for table in named if len(table)] or named[:1])


def _html(shown: list[dict], cases: dict) -> str:
    script = (_TEMPLATES / "report.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        _environment()
        .get_template("report.html")
        .render(
            sections=shown,
            cases=cases,
            style=Markup((_TEMPLATES / "report.css").read_text(encoding="utf-8")),
            script=Markup(script),
            script_hash=digest,
            written=datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        )
    )


def _markdown(shown: list[dict]) -> str:
    """The report for a job summary: lists get shorter until it fits."""
    template = _environment(finalize=_markdown_value).get_template("report.md")
    for rows in _MARKDOWN_ROWS:
        text = template.render(sections=shown, rows=rows)
        if len(text.encode()) <= _MARKDOWN_BYTES:
            return text
    return "The report is too long for a summary: see report.html.\n"


def _environment(**options: object) -> Environment:
    loader = FileSystemLoader(_TEMPLATES)
    return Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, **options
    )


def _markdown_value(value: object) -> object:
    return Markup(markdown_text(value)) if isinstance(value, str) and not isinstance(value, Markup) else value


def markdown_text(text: str) -> str:
    """`text` as Markdown that shows it as it is: no table cell, tag, link or mention comes out of a name."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("@", "&#64;")
    text = text.replace("://", ":&#47;&#47;").replace("www.", "www&#46;").replace("\n", " ")
    return re.sub(r"[\\`*|~$\[\]]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])", r"\\\g<0>", text)


def _slug(section: Section, runs: list[str]) -> str:
    """What tells a section's plots apart: its device, and with several runs the run's place among them."""
    device = _plain_letters(section.device.replace(":", "")) or "device"
    return f"{device}-run{runs.index(section.run.name) + 1}" if len(runs) > 1 else device


def _plain_letters(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40]


def _write(path: Path, content: str | bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    except OSError as error:
        raise ReportError(f"{path}: cannot be written: {error.strerror or error}") from None
