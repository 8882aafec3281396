"""An op over several runs, as text for a terminal: its numbers per place, and what changed."""

from collections.abc import Sequence

from analysis.across.across_sentences import differs_sentence, place_names, step_title
from analysis.across.change_lists import changes_by_op
from analysis.across.side_by_side import SideBySide
from analysis.cards.card import Card
from analysis.report.html.across_page import OP_HEADS, op_cells

_INDENT = "  "


def op_over_places_text(side: SideBySide, cards: Sequence[Card]) -> str:
    """The op of `cards`, one per section that has it: ends with an empty line."""
    order = {(each.name, each.section.device): place for place, each in enumerate(side.placed)}
    names = place_names(side)
    compared = [card for card in cards if (card.run, card.device) in order]
    mine = sorted(((order[card.run, card.device], card) for card in compared), key=lambda each: each[0])
    rows = [("", *OP_HEADS), *((names[place], *op_cells(card)) for place, card in mine)]
    lines = [f"{cards[0].pair}  ({cards[0].family})", differs_sentence(side), "", *_aligned(rows)]
    for stepped, changed in changes_by_op(side).get((cards[0].family, cards[0].pair), ()):
        lines += ["", f"changed, {step_title(stepped.step, side)}:"]
        for line in changed:
            change = line.change
            what = ", ".join(filter(None, (line.where, change.what)))
            said = f" ({change.change})" if change.change else ""
            lines.append(f"{_INDENT}{change.kind}: {what}: {change.before} → {change.after}{said}")
            if change.note:
                lines.append(f"{_INDENT * 2}torch {change.note.since}: {change.note.sentence} ({change.note.source})")
    return "\n".join(lines).replace("\u00a0", " ") + "\n\n"


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        _INDENT + "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
