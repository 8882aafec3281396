"""Correctness of several sections: what one of them shows in full, the others show only where they differ from it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from analysis.right.findings import Finding


def folded_alike(truths: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The contexts of `right.correctness`, with `alike`: None, or what is left out of a section, with the section that
    has it: the one whose matrix asks most. What is shown of a section names the other as a link."""
    own = [truth for truth in truths if truth["same_as"] is None and (truth["pairs"] or truth["hazards"])]
    if len(own) < 2:
        return [{**truth, "alike": None} for truth in truths]
    full = max(own, key=lambda truth: len(truth["questions"]))  # the first of several
    return [{**truth, "alike": None} if truth not in own or truth is full else _folded(truth, full) for truth in truths]


def _folded(truth: dict[str, Any], full: dict[str, Any]) -> dict[str, Any]:
    questions = [name for name, _ in truth["questions"]]
    asked = [name for name, _ in full["questions"]]
    known = {row[:2]: row for row in full["pairs"]}
    left = []
    for row in truth["pairs"]:
        other, has_card = known.get(row[:2]), bool(truth["anchors"].get(row[:2]))
        same = other and _answers(other, asked, questions, has_card) == _answers(row, questions, questions, has_card)
        left += [] if same else [row]
    return {
        **truth,
        "pairs": left,
        "hazards": _folded_findings(truth["hazards"], full["hazards"]),
        "claims": _folded_findings(truth["claims"], full["claims"]),
        "alike": {"prefix": full["prefix"], "where": full["where"], "pairs": len(truth["pairs"]) - len(left)},
    }


def _answers(row: Any, asked: Sequence[str], wanted: Sequence[str], has_card: bool) -> tuple:
    """A row of the matrix without its name, with only the cells that are `wanted`, in that order. The reasons of an op
    that has a card stand there."""
    _, _, code, cells, memory = row
    cells = [replace(cell, about="") for cell in cells] if has_card else cells
    by_question = dict(zip(asked, cells, strict=True))
    return code, [by_question.get(name) for name in wanted], memory


def _folded_findings(found: Sequence[Finding], full: Sequence[Finding]) -> list[Finding]:
    known = {each.name: each for each in full}
    return [_folded_finding(each, known.get(each.name)) for each in found]


def _folded_finding(found: Finding, full: Finding | None) -> Finding:
    if full is None:
        return found
    same = [name for name in ("details", "programs") if getattr(found, name) and getattr(found, name) == getattr(full, name)]
    return replace(found, **{name: [] for name in same}, left_out=" and ".join(same).replace("details", "evidence"))
