"""Is it right: the safety matrix, claims and hazards on a section's torch and device."""

from collections.abc import Sequence

from analysis.report.html.anchors import Anchors
from analysis.right import findings, matrix, safety
from analysis.right.truth import Truth, where, where_text
from analysis.section import Section
from benchmarks.autograd.record.files import CLAIMS, HAZARDS, SAFETY


def correctness(truth: Truth, section: Section, before: Sequence[dict], prefix: str, anchors: Anchors) -> dict:
    """Correctness on the section's torch and device. `same_as`: the prefix of an earlier section with the same."""
    place = where(section.run.facts, section.device)
    same = next((other["prefix"] for other in before if other["place"] == place), None)
    pairs, hazards = truth.safety.at(place), truth.hazards.at(place)
    claims, dangers = findings.claims(truth, place), findings.hazards(truth, place)
    claims_elsewhere = findings.other_places(truth.claims, place)
    hazards_elsewhere = findings.other_places(truth.hazards, place)
    shown = [] if same is not None else matrix.matrix_rows(pairs)
    return {
        "prefix": same if same is not None else prefix,
        "place": place,
        "same_as": same,
        "where": where_text(place),
        "refused": truth.refused,
        "safety": safety.sentences(pairs) if pairs else [],
        "safety_elsewhere": safety.other_answers(truth, place),
        "legend": safety.LEGEND,
        "by_question": safety.answers_by_question(pairs),
        "questions": [(name, safety.QUESTIONS[name]) for name in safety.asked_questions(pairs)],
        "pairs": shown,
        "anchors": {(name, family): anchors.known(family, name) for name, family, *_ in shown},
        "claims": claims,
        "claims_sentences": [findings.claims_sentence(claims), findings.differences_sentence(claims, claims_elsewhere)],
        "claims_others": claims_elsewhere,
        "hazards": dangers,
        "hazards_sentences": [
            *findings.hazards_sentences(dangers, hazards),
            findings.differences_sentence(dangers, hazards_elsewhere),
        ],
        "hazards_others": hazards_elsewhere,
        "nothing": {kind: findings.nothing_stored(kind, place) for kind in (SAFETY, CLAIMS, HAZARDS)},
    }
