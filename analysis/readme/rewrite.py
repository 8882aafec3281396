"""Updates the numbers in every README file from the stored runs, and the kept reports."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path

from analysis.cards.gather import cards
from analysis.readme.advised_markers import advised_fillings
from analysis.readme.catalogue_markers import Suite, catalogue_fillings
from analysis.readme.finding_markers import finding_fillings
from analysis.readme.markers import Filling, Fillings, MarkerError, fill_markers
from analysis.readme.number_markers import number_fillings
from analysis.readme.quoted import REFERENCE, VERSION_RUNS, Quoted
from analysis.readme.table_markers import table_fillings
from analysis.report.html.anchors import Anchors
from analysis.report.html.context import contexts
from analysis.report.html.render import html
from analysis.report.markdown import command_of_report, report_markdown

#: The reports that the README files link to: of the runs that they quote, as a page and as a text, and of several
#: versions of torch.
PAGE, REPORT = REFERENCE / "report.html", REFERENCE / "report.md"
VERSIONS_REPORT = REFERENCE / VERSION_RUNS / "report.md"
#: The page of what was found in torch itself.
TORCH_FINDINGS = Path("results/torch-findings.md")


def readme_files(root: Path) -> list[Path]:
    """The README files of a checkout: its own, one per room that has one, and the page of what was found in torch."""
    rooms = ("benchmarks", "analysis", "results")
    of_rooms = sorted(path for room in rooms for path in (root / room).rglob("README.md"))
    return [root / "README.md", *of_rooms, root / TORCH_FINDINGS]


def fillings(root: Path) -> tuple[Quoted, Fillings]:
    """What every marker means in a checkout, and the runs that are quoted."""
    quoted = Quoted(root)
    of_runs = {**number_fillings(quoted), **table_fillings(quoted)}
    of_runs |= {**advised_fillings(quoted), **finding_fillings(quoted)}
    meanings = {**of_runs, **catalogue_fillings(Suite(root))}
    return quoted, {name: _asked_once(meaning) for name, meaning in meanings.items()}


def _asked_once(meaning: Callable[[list[str]], Filling]) -> Callable[[list[str]], Filling]:
    """Remembers a marker's text: several files hold the same markers, and some take seconds."""
    once = cache(lambda *words: meaning([*words]))
    return lambda words: once(*words)


def rewritten(root: Path, meanings: Fillings) -> Iterator[tuple[Path, str]]:
    """Each README file with its updated text. MarkerError, one line that names the file."""
    for path in readme_files(root):
        yield path, _rewritten(path, meanings)


def _rewritten(path: Path, meanings: Fillings) -> str:
    try:
        return fill_markers(path.read_text(encoding="utf-8"), meanings)
    except MarkerError as error:
        raise MarkerError(f"{path}: {error}") from error


def reports(quoted: Quoted) -> Iterator[tuple[Path, str]]:
    """Each kept report with its text. Of that of several versions no page is kept: it says what writes one."""
    parts = list({section.run.name: section for section in (quoted.ops, quoted.models)}.values())
    made = [cards(section, quoted.truth) for section in parts]
    shown = contexts(parts, quoted.truth, Anchors(parts))
    yield quoted.root / PAGE, html(parts, quoted.truth, made, shown, selftests=quoted.folder / "selftest")
    yield quoted.root / REPORT, report_markdown(parts, quoted.truth, made, shown)
    if len(quoted.versions) > 1:
        command = command_of_report(section.run.folder.relative_to(quoted.root) for section in quoted.versions)
        made = [cards(section, quoted.truth) for section in quoted.versions]
        yield quoted.root / VERSIONS_REPORT, report_markdown(quoted.versions, quoted.truth, made, command=command)


def rewrite(root: Path) -> Mapping[Path, bool]:
    """Writes all of it; returns, by file, whether it changed. Writes nothing where a marker cannot be filled."""
    quoted, meanings = fillings(root)
    changed = {}
    for path, text in [*rewritten(root, meanings), *reports(quoted)]:
        changed[path] = not path.exists() or path.read_text(encoding="utf-8") != text
        if changed[path]:
            path.write_text(text, encoding="utf-8")
    return changed
