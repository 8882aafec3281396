"""The report of one or several runs, and the files it is written to: HTML, Markdown, CSV tables, SVG and PNG plots."""

import base64
import hashlib
import re
from datetime import datetime, timezone
from pathlib import Path

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from analysis import canvas, casetable, page
from analysis.answer import answer
from analysis.geomeans import Section, geomeans, headline
from analysis.memory import pair_bytes
from analysis.tables import CASES_CSV, csv_text, duration_text, percent_text
from analysis.walltime import wall_time

_TEMPLATES = Path(__file__).parent / "templates"
#: What a CI job summary is sure to take; and how many rows of each list are tried to get there.
_MARKDOWN_BYTES = 60 * 1024
_MARKDOWN_ROWS = (60, 20, 5, 0)


class ReportError(OSError):
    """The report could not be written; the message is one line that names the file."""


def write_report(parts: list[Section], folder: Path) -> Path:
    """Write the report of `parts` into `folder`, made where it is missing. The HTML file's path. ReportError."""
    runs = list(dict.fromkeys(section.run.name for section in parts))
    files: dict[str, str | bytes] = _csv_files(parts)
    shown = []
    for index, section in enumerate(parts):
        context, plots = _section(section, f"s{index + 1}", _slug(section, runs))
        context["first_of_run"] = all(context["name"] != other["name"] for other in shown)
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
    for drawing in page.DRAWINGS:
        figure = canvas.draw(drawing.plot, section.cases)
        svg = None
        if figure is not None:
            name = f"plots/{drawing.name}-{slug}"
            files[f"{name}.svg"], files[f"{name}.png"] = figure
            svg = Markup(canvas.inline_svg(figure[0], f"{prefix}-{drawing.name}", f"{drawing.title} {drawing.caption}"))
        figures.append({"drawing": drawing, "svg": svg})
    questions, groups = page.memory_rows(section)
    context = {
        **page.run_facts(section),
        "id": prefix,
        "answer": answer(section),
        "phases": page.phases(section),
        "families": page.matrix(section, "family"),
        "sizes": page.matrix(section, "numel"),
        "figures": figures,
        "questions": questions,
        "groups": groups,
        "problems": page.problems(section),
        "cautions": page.cautions(section),
        "wall_time": [(what, duration_text(s), percent_text(share)) for what, s, share in wall_time(section.run)],
    }
    return context, files


def _csv_files(parts: list[Section]) -> dict[str, str]:
    """`tables/*.csv`: cases, and geomeans by family, phase and size of the cases that `headline` keeps."""
    where = ["run", "device", "allocator"]
    judged = pd.concat([headline(section.cases) for section in parts])
    files = {
        "families": geomeans(judged, [*where, "family", "phase"]),
        "phases": geomeans(judged, [*where, "phase"]),
        "sizes": geomeans(judged, [*where, "phase", "numel"]),
    }
    needs = [pair_bytes(s.cases).assign(run=s.run.name, device=s.device) for s in parts]
    memory = pd.concat(needs)[["run", "device", "label", "question", "outofplace", "inplace"]]
    files["memory"] = memory.rename(columns={"outofplace": "outofplace_multiple", "inplace": "inplace_multiple"})
    texts = {f"tables/{name}.csv": csv_text(table) for name, table in files.items()}
    cases = pd.concat([section.cases for section in parts], ignore_index=True)
    return {"tables/cases.csv": csv_text(cases, CASES_CSV), **texts}


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
    device = re.sub(r"[^a-z0-9]+", "", section.device.lower())[:20] or "device"
    return f"{device}-run{runs.index(section.run.name) + 1}" if len(runs) > 1 else device


def _write(path: Path, content: str | bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    except OSError as error:
        raise ReportError(f"{path}: cannot be written: {error.strerror or error}") from None
