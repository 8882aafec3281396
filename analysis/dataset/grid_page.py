"""The page of a fleet, `fleet.html`: one file without a script, and its two tables."""

from collections.abc import Sequence
from pathlib import Path

from markupsafe import Markup

from analysis.dataset.grid_rows import fleet_changes_table, folded_changes, grid_rows, places_table
from analysis.dataset.version_grid import FleetGrid
from analysis.report.exports.csv_text import csv_text
from analysis.report.html.render import TEMPLATES, content_policy, environment
from analysis.report.palette import css_variables
from analysis.units import number_text

PAGE, PLACES, CHANGES = "fleet.html", "places.csv", "changes.csv"
#: How many changes the page shows before its list is opened, and how many in all. The table has all changes.
SHOWN, KEPT = 30, 300
_STYLES = ("1-base.css", "2-first.css", "3-tables.css", "across.css")


def write_grid(grid: FleetGrid, folder: Path, lacking: Sequence[str] = ()) -> Path:
    """Write the page and its tables into `folder`, and return the page's path. OSError if they cannot be written.

    `lacking`: what is in no run, and why, a line each.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in ((PLACES, places_table(grid)), (CHANGES, fleet_changes_table(grid))):
        (folder / name).write_text(csv_text(table), encoding="utf-8")
    page = folder / PAGE
    page.write_text(grid_html(grid, lacking), encoding="utf-8")
    return page


def grid_html(grid: FleetGrid, lacking: Sequence[str] = ()) -> str:
    """Return the page as text. `lacking`: what is in no run, and why."""
    styles = [(TEMPLATES / "styles" / name).read_text(encoding="utf-8") for name in _STYLES]
    style = css_variables() + "".join(styles)
    rows, changes = grid_rows(grid), folded_changes(grid, KEPT)
    return (
        environment()
        .get_template("fleet.html")
        .render(
            sentences=grid_sentences(grid),
            lacking=lacking,
            versions=grid.versions,
            steps=grid.versions[1:],
            rows=rows,
            shown=changes[:SHOWN],
            folded=changes[SHOWN:],
            left_out=len(grid.changes) - len(changes),
            tables=(PLACES, CHANGES),
            style=Markup(style),
            policy=content_policy(style, ""),
        )
    )


def grid_sentences(grid: FleetGrid) -> Sequence[str]:
    """Return sentences: what the fleet measured, what changed between versions, and which runs are left out."""
    versions, places = number_text(len(grid.versions), "version"), number_text(len(grid.places), "kind")
    counts = f"{grid.cases:,} cases, {grid.measurements:,} measurements"
    sentences = [f"{versions} of torch on {places} of machine and device: {counts}."]
    compared = sum(grid.compared.values())
    changed = sum(grid.changed_cases.values())
    if compared:
        ops = len({pair for _, pair, _, _ in grid.changes})
        sentences.append(
            f"From one version to the next {changed:,} of {compared:,} cases changed, of {number_text(ops, 'op')}."
        )
    if grid.left_out:
        sentences.append(f"{number_text(grid.left_out, 'run')} left out: newer runs there have the same cases.")
    return sentences
