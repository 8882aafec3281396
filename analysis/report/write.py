"""Writes the report of one or several runs: HTML, Markdown, SVG and PNG plots, exports."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from analysis.across.side_by_side import SideBySide, side_by_side
from analysis.cards.gather import cards
from analysis.output_file import write_output
from analysis.report.exports.files import export_files
from analysis.report.figures import canvas
from analysis.report.figures.drawings import DRAWINGS, captions
from analysis.report.html.anchors import Anchors
from analysis.report.html.context import contexts
from analysis.report.html.render import html
from analysis.report.markdown import command_of_report, report_markdown
from analysis.right.truth import read_truth
from analysis.section import Section

#: The most sections with figure files, which take longer than the rest of a section: enough for a CPU and eight GPUs.
#: The page shows every section.
MOST_DRAWN = 9


def write_report(
    parts: list[Section],
    folder: Path,
    autograd: Iterable[Path] | None = None,
    side: SideBySide | None = None,
    lacking: Sequence[str] = (),
) -> Path:
    """Writes the report of `parts` into `folder`, which is made if missing; returns the HTML file's path. OutputError.

    `autograd`: the folders of stored claims, hazards and safety matrices; by default those of the current folder.
    `side`: the runs side by side, if already made. `lacking`: what is in no run, and why, a line each.
    """
    truth = read_truth(autograd)
    side = side or side_by_side(parts, truth)
    made = [cards(section, truth) for section in parts]
    runs = list(dict.fromkeys(section.run.name for section in parts))
    files: dict[str, str | bytes] = export_files(parts, truth, side)
    for section in parts[:MOST_DRAWN]:
        files |= _plots(section, _slug(section, runs))
    files["plots/FIGURES.md"] = captions(any(section.host_decides for section in parts), MOST_DRAWN, len(parts))
    shown = contexts(parts, truth, Anchors(parts))  # half of the time of a run with many devices
    files["report.html"] = html(parts, truth, made, shown, side, lacking)
    command = command_of_report(section.run.folder for section in parts)
    files["report.md"] = report_markdown(parts, truth, made, shown, command, side, lacking)
    for name, content in files.items():
        write_output(folder / name, content)
    return folder / "report.html"


def _plots(section: Section, slug: str) -> dict[str, bytes]:
    """The figures of a section, as SVG and as PNG."""
    files: dict[str, bytes] = {}
    for title, plates in [(drawing.name, canvas.draw(drawing.plot, section)) for drawing in DRAWINGS]:
        for number, (name, as_files) in enumerate(plates, start=1):
            file = "-".join(filter(None, (f"plots/{title}", _plain_letters(name), slug)))
            if f"{file}.svg" in files:  # names that differ in signs only
                file += f"-{number}"
            files |= {f"{file}.{kind}": content for kind, content in as_files.items()}
    return files


def _slug(section: Section, runs: list[str]) -> str:
    """The part of plot file names that names a section: its device, and with several runs the run's number."""
    device = _plain_letters(section.device.replace(":", "")) or "device"
    return f"{device}-run{runs.index(section.run.name) + 1}" if len(runs) > 1 else device


def _plain_letters(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40]
