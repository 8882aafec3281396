"""An op's card as text for a terminal."""

import textwrap
from collections.abc import Sequence

from analysis.cards.card import Card, CardCase
from analysis.numbers.agreement import agreement_text, gradient_text
from analysis.numbers.quantities import ON_CARD, Quantity
from analysis.numbers.remarks import remarks
from analysis.right.findings import Finding
from analysis.run.load import printable
from analysis.units import (
    arrow_text,
    interval_text,
    multiple_text,
    ratio_text,
    size_text,
    time_text,
    variants_text,
)
from benchmarks.autograd.record.known_wrong import explanation
from benchmarks.autograd.record.questions import SHORT_QUESTIONS
from benchmarks.autograd.record.safety import NO_CASE, STATUSES, WORKS, WRONG, SafetyCell, SafetyRow
from benchmarks.record import OK, VARIANTS

_WIDTH = 100
_INDENT = "  "
#: Columns of the table of cases; variants are named as on the card. A column without any value is not shown.
_HEADINGS = (
    *("phase", "size", "which", *VARIANTS, "speedup", "interval", ""),
    *(quantity.heading for quantity in ON_CARD),
    *("host time", "host speedup", "host interval", "felt", "felt interval", "felt verdict"),
)
#: The columns of words; all others hold numbers and are right-aligned.
_WORDS = ("phase", "which", "interval", "", "host interval", "felt interval", "felt verdict")


def card_text(card: Card) -> str:
    """The whole card, in lines of at most 100 columns unless a word or a table is wider; ends with a line break."""
    blocks = [
        [f"{card.pair}  ({card.family}, {card.device})", card.machine],
        _pairs(
            [
                *zip(card.labels, (card.outofplace, card.inplace), strict=True),
                ("note", card.note),
                ("agree", agreement_text(card.cases)),
                ("gradient", gradient_text(card.cases)),
            ]
        ),
        _titled("what to do", _pairs([(each.situation, f"{each.word}: {each.why}") for each in card.advice])),
        _titled("times, and bytes at the peak; above 1x in-place is faster", _case_lines(card.cases, card.labels)),
        _titled("memory in N, the bytes of the input: out-of-place → in-place", _memory_lines(card)),
        _titled(f"is it right? {card.torch}", _safety_lines(card.safety) if card.safety else []),
        _titled("hazards that mention it", _finding_lines(card.hazards)),
        _titled("claims that mention it", _finding_lines(card.claims)),
        ["measure it again:", _INDENT + card.command],
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block).replace("\u00a0", " ") + "\n"


def _titled(title: str, lines: Sequence[str]) -> list[str]:
    return [f"{title}:", *lines] if lines else []


def _pairs(rows: Sequence[tuple[str, str | None]]) -> list[str]:
    """One line or more per (name, text), with the texts aligned."""
    known = [(name, text) for name, text in rows if text]
    width = max((len(name) for name, _ in known), default=0)
    return [line for name, text in known for line in _wrapped(f"{name:<{width}}  ", text)]


def _wrapped(head: str, text: str) -> list[str]:
    head = _INDENT + head
    return textwrap.wrap(
        text.replace("\u00a0", " "),
        _WIDTH,
        initial_indent=head,
        subsequent_indent=" " * len(head),
        break_on_hyphens=False,
    )


def _case_lines(cases: Sequence[CardCase], labels: Sequence[str]) -> list[str]:
    """The table of cases: the op's plain ones first, then those on a fresh heap, then those that differ in an axis."""
    ordered = sorted(cases, key=lambda case: (not case.plain, case.case.allocator == "fresh"))
    called: dict[str, str] = dict(zip(VARIANTS, labels, strict=True))
    rows = [tuple(called.get(heading, heading) for heading in _HEADINGS), *(_case_row(case) for case in ordered)]
    shown = [place for place in range(len(_HEADINGS)) if any(row[place] for row in rows[1:])]
    widths = {place: max(len(row[place]) for row in rows) for place in shown}
    lines = [_INDENT + "  ".join(_set(row[place], place, widths[place]) for place in shown).rstrip() for row in rows]
    notes = dict.fromkeys(f"{_place(case)}: {case.reason}" for case in ordered if case.reason)
    return lines + [line for note in notes for line in _wrapped("", note)]


def _set(text: str, place: int, width: int) -> str:
    return text.ljust(width) if _HEADINGS[place] in _WORDS else text.rjust(width)


def _case_row(case: CardCase) -> tuple[str, ...]:
    words = [case.verdict or ("bistable" if case.bistable else case.state.replace("_", " ")), *remarks(case)]
    return (
        case.case.phase,
        size_text(case.case.numel, case.case.shape),
        _difference_text(case),
        time_text(case.outofplace_time_s) if case.outofplace_time_s else "",
        time_text(case.inplace_time_s) if case.inplace_time_s else "",
        ratio_text(case.speedup) if case.speedup else "",
        interval_text(case.speedup_low, case.speedup_high) if case.speedup_low else "",
        ", ".join(word for word in words if word != OK),
        *(_quantity(case, quantity) for quantity in ON_CARD),
        _host_time(case),
        ratio_text(case.host_speedup) if case.host_speedup else "",
        interval_text(case.host_speedup_low, case.host_speedup_high) if case.host_speedup_low else "",
        ratio_text(case.felt_speedup) if case.felt_speedup else "",
        interval_text(case.felt_speedup_low, case.felt_speedup_high) if case.felt_speedup_low else "",
        case.felt_verdict or "",
    )


def _quantity(case: CardCase, quantity: Quantity) -> str:
    values = case.quantities[quantity.name]
    if None in values or (quantity.fault and not any(values)):
        return ""
    return variants_text(*map(quantity.text, values))


def _host_time(case: CardCase) -> str:
    if case.outofplace_host_time_s is None or case.inplace_host_time_s is None:
        return ""
    return arrow_text(time_text(case.outofplace_host_time_s), time_text(case.inplace_host_time_s))


def _difference_text(case: CardCase) -> str:
    """How the case differs from the op's plain one: 'bfloat16', 'fresh pages', '1 thread'."""
    words = [*case.qualifiers]
    words.append("fresh pages" if case.case.allocator == "fresh" else "")
    words.append(f"scale {case.case.scale:,}" if case.case.scale else "")
    return ", ".join(filter(None, words))


def _place(case: CardCase) -> str:
    return " ".join(
        filter(None, (case.case.phase, size_text(case.case.numel, case.case.shape), _difference_text(case)))
    )


def _memory_lines(card: Card) -> list[str]:
    rows = [
        (each.question, arrow_text(multiple_text(each.outofplace), multiple_text(each.inplace))) for each in card.needs
    ]
    answers = set()
    for saved in card.safety.saved if card.safety else ():
        kinds = (" and ".join(each) or "nothing" for each in (saved.outofplace, saved.inplace))
        answer = f"{saved.answer}; {saved.reason or f'saves for backward {arrow_text(*kinds)}'}"
        if answer not in answers:  # for most pairs it makes no difference whether the other operand requires grad
            condition = " where the other operand requires grad" if answers else ""
            rows.append((f"less in training{condition}?", printable(answer)))
        answers.add(answer)
    return _pairs(rows)


def _safety_lines(row: SafetyRow) -> list[str]:
    """Situations grouped by answer and reason; those that work first."""
    alike: dict[tuple[str, str], list[str]] = {}
    for question, cell in row.cells.items():
        if cell.status != NO_CASE:
            alike.setdefault((cell.status, _why(row.name, question, cell)), []).append(question)
    ordered = sorted(alike.items(), key=lambda item: STATUSES.index(item[0][0]))
    return _pairs(
        [
            *(
                (
                    "silently wrong" if status == WRONG else status,
                    _questions_text(questions) + (f" ({why})" if why else ""),
                )
                for (status, why), questions in ordered
            ),
            ("asked with", printable(row.inputs)),
        ]
    )


def _why(pair: str, question: str, cell: SafetyCell) -> str:
    if cell.status == WORKS:
        return ""
    if cell.status == WRONG:
        return explanation(pair, question) or ""
    return printable(cell.short)


def _questions_text(questions: Sequence[str]) -> str:
    """A single question in words, several by their names."""
    return SHORT_QUESTIONS[questions[0]] if len(questions) == 1 else ", ".join(questions)


def _finding_lines(findings: Sequence[Finding]) -> list[str]:
    return _pairs([(each.word, f"{each.title} ({each.name})") for each in findings])
