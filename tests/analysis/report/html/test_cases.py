"""The table of every case: rows, addresses, commands, columns."""

from pathlib import Path

from analysis.cards.gather import cards
from analysis.report.html.anchors import Anchors
from analysis.report.html.cases import cases_page
from analysis.right.truth import Truth
from analysis.run.load import load_run
from analysis.section import Section, sections
from tests.analysis.invented import append_bytes, append_times, around, case, empty_run


def test_a_case_is_a_row_with_an_address_and_a_command(named_section: Section) -> None:
    made = cards(named_section, Truth())
    table = cases_page([named_section], made, Anchors([named_section]))
    rows = {row.id: row for row in table.rows}
    assert len(rows) == len(table.rows) == len(named_section.cases)
    heads = [heading.csv for heading in table.headings]
    fresh = rows["twice_as_fast.inference.4Mi.fresh"]
    assert dict(zip(heads, (cell[0] for cell in fresh.cells), strict=True))["speedup"] == "12.0x"
    for row in table.rows:
        card = next(card for card in made if row.op == f"op-{card.pair}")
        assert table.repeats[row.repeat] in {case.repeat for case in card.cases}
    assert ("dtype", "float32") in table.common
    assert "allocator" in heads and "dtype" not in heads


def test_bytes_of_one_variant_alone_keep_their_column(tmp_path: Path) -> None:
    folder = empty_run(tmp_path)
    for pair, outofplace, inplace in (("both", 8_388_609, 4_194_305), ("one", 8_388_609, None), ("other", None, 5)):
        append_times(folder, case(pair), around(2.0, 0.01))
        append_bytes(folder, case(pair), {"peak_bytes": outofplace}, {"peak_bytes": inplace})
    parts = sections([load_run(folder)])
    table = cases_page(parts, cards(parts[0], Truth()), Anchors(parts))
    place = next(n for n, head in enumerate(table.headings) if head.csv == "outofplace_peak_bytes inplace_peak_bytes")
    assert {row.op: row.cells[place][1] for row in table.rows} == {
        "op-both": "8388609,4194305",
        "op-one": "8388609,",
        "op-other": ",5",
    }
