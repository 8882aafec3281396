"""What nobody compared is said wherever its numbers stand."""

from pathlib import Path

import pandas as pd
import pytest

from analysis.cards.gather import cards
from analysis.cards.show import card_text
from analysis.gate.change import Limits
from analysis.gate.compare import compare
from analysis.gate.sentences import comparison_sentences
from analysis.report.exports.files import export_files
from analysis.report.html.render import html
from analysis.report.markdown import report_markdown
from analysis.right.truth import Truth
from analysis.run.load import StoredRun, load_run
from analysis.section import sections
from tests.analysis.invented import append_failure, append_times, around, case, empty_run


def stored(parent: Path, **changes: object) -> StoredRun:
    """A pair that was compared, one that nobody compared, and one that failed before."""
    folder = empty_run(parent, **changes)
    append_times(folder, case("known"), around(2.0, 0.01))
    append_times(folder, case("unknown"), around(51.0, 0.01), verified=False)
    append_failure(folder, case("lost"), "crashed", "killed by signal 9")
    return load_run(folder)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> StoredRun:
    return stored(tmp_path_factory.mktemp("run"))


@pytest.mark.slow
def test_the_table_says_of_each_case_whether_it_was_compared(run: StoredRun, tmp_path: Path) -> None:
    for name, content in export_files(sections([run]), Truth()).items():
        if Path(name).name in ("cases.csv", "cases.parquet"):
            (tmp_path / Path(name).name).write_bytes(content if isinstance(content, bytes) else content.encode())
    for table in (pd.read_csv(tmp_path / "cases.csv"), pd.read_parquet(tmp_path / "cases.parquet")):
        assert dict(zip(table["pair"], table["verified"], strict=True)) == {
            "known": True,
            "unknown": False,
            "lost": False,
        }


@pytest.mark.slow
def test_page_markdown_and_card_say_so(run: StoredRun) -> None:
    (section,) = sections([run])
    told, made = "1 case of 2 were not compared (verify=False)", cards(section, Truth())
    assert told in report_markdown([section], Truth(), [made]).replace("\u00a0", " ")
    assert told in html([section], Truth(), [made]).replace("\u00a0", " ")
    by_name = {card.pair: card_text(card) for card in made}
    assert "not compared" in by_name["unknown"] and "undecided" in by_name["unknown"]
    assert "use it" not in by_name["unknown"] and "use it" in by_name["known"]
    assert "not compared" not in by_name["known"]


@pytest.mark.slow
def test_the_gate_says_so(run: StoredRun, tmp_path: Path) -> None:
    said = comparison_sentences(compare(stored(tmp_path, start="2025-12-31T00:00:00+00:00"), run, Limits()))
    assert any(line.startswith("In 1 case of HEAD the variants were not compared (verify=False)") for line in said)
