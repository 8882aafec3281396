"""Claims and hazards as text: the outcome of each on a run's torch, its evidence, and the outcomes elsewhere."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.right.truth import RowT, StoredRows, Truth, Where, where_text
from analysis.run.load import printable
from analysis.units import MISSING, number_text
from benchmarks.autograd.record.findings import (
    EVIDENCE_WORDS,
    FIXED,
    GUARD,
    NOT_AVAILABLE,
    RAISES,
    SILENT,
    STATUSES,
    VERDICTS,
    ClaimRow,
    HazardRow,
    Outcome,
    outcome_text,
)
from benchmarks.record.reason import without_hint

#: A hazard's status in words.
WORDS = {SILENT: "silently wrong", RAISES: "raises", FIXED: "right"}


@dataclass(frozen=True)
class Finding:
    """A claim or a hazard: its outcome on this torch in a word, its title, its outcomes elsewhere, and details as
    (label, text)."""

    name: str
    title: str
    word: str
    elsewhere: list[str]  #: its outcome on each of `other_places`
    details: list[tuple[str, str]]
    programs: list[tuple[str, str]]
    changed: str = ""
    true: str = ""
    obtained: str = ""
    instead: str = ""
    left_out: str = ""  #: what is not here, as another section shows the same
    same: bool = False  #: another section shows all of it


def other_places(stored: StoredRows[RowT], where: Where) -> list[str]:
    """The other torches and devices with stored rows: the headings of further columns."""
    return [f"{version} {device}" for version, device in stored.places if (version, device) != where]


def claims(truth: Truth, where: Where) -> list[Finding]:
    """The claims as decided on a torch and device."""
    return [
        Finding(
            name=row.name,
            title=printable(row.belief),
            word=row.verdict,
            elsewhere=_outcomes_elsewhere(truth.claims, row.name, where),
            details=_details(
                ("people say", row.said),
                *((EVIDENCE_WORDS[o.holds], f"{o.what}  =>  {without_hint(o.seen)}") for o in row.observations),
                ("because", row.reason),
                ("program", row.place),
            ),
            programs=_programs(("the program", row.program)),
        )
        for row in truth.claims.at(where)
    ]


def differences_sentence(found: Sequence[Finding], heads: Sequence[str]) -> str:
    """A sentence on outcomes that differ on another torch or device; empty where none is stored."""
    texts = [
        f"{each.name}: {each.word} here, {word} on {head}"
        for each in found
        for word, head in zip(each.elsewhere, heads, strict=True)
        if word not in (each.word, MISSING)
    ]
    if not texts:
        return f"The same on {' and '.join(heads)}." if heads else ""
    return f"Different elsewhere: {'; '.join(texts)}."


def claims_sentence(found: Sequence[Finding]) -> str:
    """'16 claims: 8 false, 6 partly, 2 true.'"""
    return f"{number_text(len(found), 'claim')}: {_counts([each.word for each in found], VERDICTS)}."


def hazards(truth: Truth, where: Where) -> list[Finding]:
    """The hazards on a torch and device; those silently wrong here first."""
    order = [SILENT, *(status for status in STATUSES if status != SILENT)]
    rows = sorted(truth.hazards.at(where), key=lambda row: (order.index(row.status), row.kind == GUARD))
    return [_hazard(row, _outcomes_elsewhere(truth.hazards, row.name, where)) for row in rows]


def _hazard(row: HazardRow, elsewhere: list[str]) -> Finding:
    return Finding(
        name=row.name,
        title=("once: " if row.kind == GUARD else "") + printable(row.title),
        word=_word(row),
        elsewhere=elsewhere,
        details=_details(
            ("error" if row.status == RAISES else "because", without_hint(row.reason)),
            *(("warned", without_hint(warning)) for warning in row.warned),
            *(("variation", f"{each.what}  =>  {outcome_text(each, WORDS)}") for each in row.beside),
            ("reported", row.reference),
            ("program", row.place),
        ),
        programs=_programs(("the program", row.program), ("written instead", row.rewrite_program)),
        changed=_changed(row),
        true=printable(row.true) or MISSING,
        obtained=printable(row.obtained) or ("an error" if row.status == RAISES else MISSING),
        instead=_instead(row),
    )


def hazards_sentences(found: Sequence[Finding], rows: Sequence[HazardRow]) -> list[str]:
    """How many hazards have which status, which changed, and whether the replacements were run and right."""
    words = [WORDS.get(status, status) for status in STATUSES]
    texts = [f"{number_text(len(found), 'hazard')}: {_counts([each.word for each in found], words)}."]
    changed = [f"{row.name}: {_changed(row)}" for row in rows if row.changed]
    texts.append(f"Changed: {'; '.join(changed)}." if changed else "Each result is as the suite has it on record.")
    tried = [row.rewrite for row in rows if row.rewrite is not None and row.rewrite.status != NOT_AVAILABLE]
    right = sum(each.status == FIXED for each in tried)
    if tried:
        texts.append(f"What to write instead was run as well: right in {right:,} of {len(tried):,}.")
    return texts


def claims_table(truth: Truth) -> pd.DataFrame:
    """`tables/claims.csv`: a row per claim, torch and device."""
    return _table(truth.claims, _claim_csv)


def hazards_table(truth: Truth) -> pd.DataFrame:
    """`tables/hazards.csv`: a row per hazard, torch and device."""
    return _table(truth.hazards, _hazard_csv)


def _table(stored: StoredRows[RowT], values: Callable[[RowT], dict[str, Any]]) -> pd.DataFrame:
    rows = [
        {"torch": version, "device": device} | {name: _plain(value) for name, value in values(row).items()}
        for version, device in stored.places
        for row in stored.at((version, device))
    ]
    return pd.DataFrame(rows)


def _plain(value: object) -> object:
    return printable(value) if isinstance(value, str) else value


def _claim_csv(row: ClaimRow) -> dict[str, Any]:
    evidence = "; ".join(f"{EVIDENCE_WORDS[o.holds]}: {o.what} => {without_hint(o.seen)}" for o in row.observations)
    found = {n: getattr(row, n) for n in ("name", "belief", "said", "verdict", "reason", "place")}
    return found | {"evidence": evidence}


def _hazard_csv(row: HazardRow) -> dict[str, Any]:
    names = ("name", "title", "kind", "status", "last_known", "last_known_torch", "changed", "true", "obtained")
    found = {name: getattr(row, name) for name in (*names, "reason", "instead", "reference", "place")}
    rewrite = row.rewrite or Outcome("", "", "", "")
    return found | {"rewrite_status": rewrite.status, "rewrite_obtained": rewrite.obtained}


def _outcomes_elsewhere(stored: StoredRows[ClaimRow] | StoredRows[HazardRow], name: str, where: Where) -> list[str]:
    others = [rows for place, rows in stored.by_place.items() if place != where]
    return [_word(rows[name]) if name in rows else MISSING for rows in others]


def _word(row: ClaimRow | HazardRow) -> str:
    return WORDS.get(row.word, row.word)


def _changed(row: HazardRow) -> str:
    if not row.changed:
        return ""
    before = WORDS.get(row.last_known, row.last_known)
    return f"{_word(row)}, but {before} on torch {printable(row.last_known_torch)}"


def _instead(row: HazardRow) -> str:
    if not row.instead:
        return ""
    if row.rewrite is None:
        return printable(row.instead)
    wrong = f"run, and NOT RIGHT: {outcome_text(row.rewrite, WORDS)}"
    tried = "run, and right" if row.rewrite.status == FIXED else wrong
    if row.rewrite.status == NOT_AVAILABLE:
        tried = f"not run: {row.rewrite.reason}"
    return printable(f"{row.instead} ({tried})")


def _counts(words: Sequence[str], order: Sequence[str]) -> str:
    counts = Counter(words)
    return ", ".join(f"{counts[word]:,} {word}" for word in order if counts[word])


def _details(*details: tuple[str, str]) -> list[tuple[str, str]]:
    return [(label, printable(said)) for label, said in details if said]


def _programs(*programs: tuple[str, str]) -> list[tuple[str, str]]:
    return [(label, "\n".join(map(printable, code.splitlines()))) for label, code in programs if code]


def nothing_stored(kind: str, where: Where) -> str:
    """A sentence for where nothing is stored, with the command that makes it."""
    device = "" if where[1] == "cpu" else f" DEVICE={where[1]}"
    return f"Nothing is stored for {where_text(where)}. It is made with: make {kind}{device}"
