"""The page of several runs: it compares first and folds each run; cards, Markdown, CSV and terminal follow."""

import csv
import re
from pathlib import Path

import pytest

from analysis.cli import main
from analysis.report.write import write_report
from tests.analysis.across.invented_versions import sections_of, three_versions
from tests.analysis.correctness import hazard, store
from tests.analysis.page import Page

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the report of three versions, named in another order than their own."""
    from analysis.report import write

    parent = tmp_path_factory.mktemp("versions")
    for torch, status in (("2.6.0", "silent"), ("2.13.0", "silent"), ("2.15.0", "fixed")):
        store(parent / "autograd", "hazards", hazard("compiled-dropped-write", status), torch=torch)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(write, "DRAWINGS", ())
        oldest, middle, newest = three_versions(parent)
        write_report(sections_of(middle, newest, oldest), parent / "report", [parent / "autograd"])
    return parent / "report"


@pytest.fixture(scope="module")
def page(written: Path) -> str:
    return (written / "report.html").read_text(encoding="utf-8").replace("\u00a0", " ")


def test_the_first_screen_compares_and_the_rest_is_folded(page: str) -> None:
    first, _, rest = page.partition('<details class="each">')
    assert "What changed?" in first and "These 3 runs differ in torch (2.6.0, 2.13.0, 2.15.0)." in first
    assert "Is in-place worth it?" not in page
    assert first.index("Torch 2.6.0 to 2.13.0") < first.index("Torch 2.13.0 to 2.15.0")
    assert first.index('class="readers"') < first.index('class="compared"') and rest.count('class="run"') >= 3


def test_every_address_on_the_page_is_there(page: str) -> None:
    ids = set(re.findall(r'\bid="([^"]+)"', page))
    assert not set(re.findall(r'href="#([^"]+)"', page)) - ids


def test_a_change_has_its_release_note_and_its_scenarios(page: str) -> None:
    text = Page(page).text
    assert "reported upstream: a compiled write through what F.dropout returns" in text
    assert "https://github.com/pytorch/pytorch/issues/195422" in text
    assert "in 1 scenario: net" in text


def test_a_card_has_a_row_per_place_and_its_changes(page: str) -> None:
    card = page[page.index('id="op-exp"') : page.index("</article>", page.index('id="op-exp"'))]
    rows = re.findall(r"<tr class=part><th>([\d.]+)<td>", card)
    assert rows == ["2.6.0", "2.13.0", "2.15.0"]
    assert "Changed, torch 2.13.0 to 2.15.0: 2" in card and "1,412 B" in card
    assert "torch 2.6.0 to 2.13.0" not in card


def test_the_table_of_changes_has_every_one_with_numbers(written: Path) -> None:
    with (written / "tables/changes.csv").open(encoding="utf-8") as table:
        rows = list(csv.DictReader(table))
    assert [(row["kind"], row["subject"], row["torch_before"], row["torch_after"]) for row in rows] == [
        ("verdict", "net", "2.6.0", "2.13.0"),
        ("verdict", "relu", "2.6.0", "2.13.0"),
        ("bytes", "exp", "2.13.0", "2.15.0"),
        ("bytes", "exp", "2.13.0", "2.15.0"),
        ("hazard", "compiled-dropped-write", "2.13.0", "2.15.0"),
    ]
    assert (rows[2]["before_value"], rows[2]["after_value"]) in {("1024.0", "1412.0"), ("2048.0", "2824.0")}
    assert "## changes.csv" in (written / "tables/COLUMNS.md").read_text(encoding="utf-8")


def test_markdown_begins_with_the_comparison(written: Path) -> None:
    text = (written / "report.md").read_text(encoding="utf-8").replace("\u00a0", " ")
    assert text.index("These 3 runs differ in torch") < text.index("### torch 2.6.0 to 2.13.0") < text.index("\n## ")
    assert "| relu | inference, 64 Ki, speedup | 1.50x faster | 0.80x slower |" in text
    assert "| silently wrong | right | torch 2.15.0: reported upstream" in text, "a note alone begins the cell"
    assert text.count("In real models (1 scenario) in-place") == 3, "each run's answer says it, and nothing again"


def test_show_puts_the_places_before_the_cards(written: Path, capsys: pytest.CaptureFixture) -> None:
    folders = sorted(str(path) for path in written.parent.iterdir() if (path / "run.json").exists())
    assert main(["show", "exp", *folders]) == 0
    text = capsys.readouterr().out
    assert text.startswith("exp  (pointwise)\nThese 3 runs differ in torch")
    assert "bytes: inference, 64 Ki, in-place peak: 1,024 B → 1,412 B (+38 %)" in text
    assert text.count("measure it again:") == 3
