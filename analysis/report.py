"""The report of one or several runs, and the files it is written to: HTML, Markdown, SVG and PNG plots, exports."""

import re
from collections.abc import Iterable
from pathlib import Path

from markupsafe import Markup

from analysis import canvas, coverage, page
from analysis.answer import answer
from analysis.drawings import DRAWINGS
from analysis.exports.files import export_files
from analysis.geomeans import Section
from analysis.html.anchors import Anchors
from analysis.html.right import right
from analysis.html.whole import environment, html
from analysis.scenarios.growthplot import growth
from analysis.scenarios.shown import scenarios_context
from analysis.tables import duration_text, percent_text
from analysis.truth import read_truth
from analysis.walltime import wall_time

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
    files: dict[str, str | bytes] = export_files(parts, truth)
    shown: list[dict] = []
    anchors = Anchors(parts)
    for index, section in enumerate(parts):
        context = _section(section, f"s{index + 1}")
        context["first_of_run"] = all(context["name"] != other["name"] for other in shown)
        context["truth"] = right(truth, section, [other["truth"] for other in shown], context["id"], anchors)
        shown.append(context)
        files |= _plots(section, _slug(section, runs))
    files["report.html"] = html(parts, truth)
    files["report.md"] = _markdown(shown)
    for name, content in files.items():
        _write(folder / name, content)
    return folder / "report.html"


def _plots(section: Section, slug: str) -> dict[str, bytes]:
    """The figures of a section, as SVG and as PNG."""
    files: dict[str, bytes] = {}
    drawn = [(drawing.name, canvas.draw(drawing.plot, section.cases)) for drawing in DRAWINGS if len(section.cases)]
    for title, plates in [*drawn, ("growth", canvas.draw(growth, section))]:
        for number, (name, svg, png) in enumerate(plates, start=1):
            file = "-".join(filter(None, (f"plots/{title}", _plain_letters(name), slug)))
            if f"{file}.svg" in files:  # names that differ in signs only
                file += f"-{number}"
            files[f"{file}.svg"], files[f"{file}.png"] = svg, png
    return files


def _section(section: Section, prefix: str) -> dict:
    """What the Markdown shows of a section."""
    questions, groups = page.memory_rows(section)
    effect_phases, effects_ = page.effect_rows(section)
    known = coverage.coverage(section.run.facts)
    return {
        **page.run_facts(section),
        "id": prefix,
        "scenarios": scenarios_context(section),
        "answer": answer(section),
        "phases": page.phases(section),
        "families": page.matrix(section, "family"),
        "sizes": page.matrix(section, "size"),
        "odd_sizes": page.odd_sizes(section),
        "effect_phases": effect_phases,
        "effects": effects_,
        "questions": questions,
        "groups": groups,
        "problems": page.problems(section),
        "cautions": page.cautions(section),
        "wall_time": [(what, duration_text(s), percent_text(share)) for what, s, share in wall_time(section.run)],
        "coverage": coverage.sentence(section.run),
        "excused": known.kinds if known else [],
        "skipped": coverage.skipped(section.run.facts),
        "notes": coverage.notes(section.run.facts),
    }


def _markdown(shown: list[dict]) -> str:
    """The report for a job summary: lists get shorter until it fits."""
    template = environment(finalize=_markdown_value).get_template("report.md")
    for rows in _MARKDOWN_ROWS:
        text = template.render(sections=shown, rows=rows)
        if len(text.encode()) <= _MARKDOWN_BYTES:
            return text
    return "The report is too long for a summary: see report.html.\n"


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
