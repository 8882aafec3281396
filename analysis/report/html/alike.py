"""What several sections share: one of them shows it in full, the others only where they differ, with a link to it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from analysis.report.html.scenario_blocks import ScenarioBlock
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
    if replace(found, elsewhere=full.elsewhere) == full:
        return replace(found, same=True)
    same = [name for name in ("details", "programs") if getattr(found, name) == getattr(full, name) != []]
    return replace(found, **{name: [] for name in same}, left_out=" and ".join(same).replace("details", "evidence"))


def folded_scenarios(shown: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The contexts of scenarios, with `first`: by name, the id of the block of an earlier section that says what a
    scenario is; then a block leaves out its text, code and sources, and each figure that is the same there."""
    full: dict[str, tuple[str, ScenarioBlock]] = {}
    folded = []
    for context in shown:
        scenarios, first = context["scenarios"], {}
        topics = []
        for topic, blocks in scenarios.get("topics", []):
            mine = []
            for block in blocks:
                address, earlier = full.setdefault(block.name, (f"{context['prefix']}{block.anchor}", block))
                if earlier is not block and _described(earlier) == _described(block):
                    first[block.name] = address
                    block = _without_what_is_there(block, earlier)
                mine.append(block)
            topics.append((topic, mine))
        folded.append({**scenarios, "topics": topics, "first": first} if scenarios else scenarios)
    return folded


def _described(block: ScenarioBlock) -> tuple:
    return (
        block.practice,
        block.note,
        block.code,
        [(e.phase, e.expected, e.source, e.about) for e in block.expectations],
    )


def _without_what_is_there(block: ScenarioBlock, earlier: ScenarioBlock) -> ScenarioBlock:
    expected = [replace(each, source="", about="") for each in block.expectations]
    timelines = [each for each in block.timelines if each not in earlier.timelines]
    growth = [each for each in block.growth if each not in earlier.growth]
    return replace(block, practice="", note="", code=None, expectations=expected, timelines=timelines, growth=growth)
