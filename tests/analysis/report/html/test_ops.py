"""An op's card as the page shows it."""

from pathlib import Path

from analysis.cards.gather import cards
from analysis.report.html.anchors import Anchors
from analysis.report.html.ops import op_cards
from analysis.report.html.runs import section_names
from analysis.right.truth import Truth
from analysis.run.load import load_runs
from analysis.section import sections
from tests.analysis.invented import append_bytes, append_times, around, case, empty_run


def test_a_card_has_a_part_a_section(tmp_path: Path) -> None:
    folders = [empty_run(tmp_path, name=name, label=name) for name in ("first", "second")]
    for folder in folders:
        append_times(folder, case("relu"), around(2.0, 0.01))
    append_bytes(folders[0], case("relu"), {"peak_bytes": 8 * 65536}, {"peak_bytes": 4 * 65536})
    parts = sections(load_runs(folders))
    made = [cards(section, Truth()) for section in parts]
    (card,) = op_cards(made, section_names(parts), ["", "s2-"], Anchors(parts))
    assert [part.where.partition(" ")[0] for part in card.parts] == ["first", "second"]
    assert card.parts[0].needs == [("peak, no graph", "2N → 1N")]
    assert card.parts[1].needs == []
    assert [word for _, word, _ in card.parts[1].advice] == ["use it"]
