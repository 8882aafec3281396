"""What changed in the safety matrix, hazards and claims; and that each release note is of a change that is kept."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from analysis.across.finding_changes import finding_changes
from analysis.across.place_change import BYTES_MOVED, CLAIM, HAZARD, MEMORY_CLASS, SAFETY_CELL, PlaceChange, explained
from analysis.across.release_notes import RELEASE_NOTES, release_note
from analysis.right.truth import Truth, read_truth
from benchmarks.autograd.record.files import CLAIMS, HAZARDS, SAFETY, version_key
from tests.analysis.correctness import claim, hazard, pair, store
from tests.support.commands import ROOT

OLD, NEW = ("2.6.0", "cpu"), ("2.13.0", "cpu")


def changes(folder: Path) -> list[PlaceChange]:
    return finding_changes(read_truth([folder]), OLD, NEW)


def test_a_safety_cell_a_memory_class_and_bytes_that_changed(tmp_path: Path) -> None:
    old, new = pair("relu", view="raises"), pair("relu")
    first = replace(new.saved[0], answer="only while it runs", inplace_step_peak_bytes=4096)
    store(tmp_path, SAFETY, old, torch="2.6.0+cu124")
    store(tmp_path, SAFETY, replace(new, saved=(first, *new.saved[1:])))
    found = {each.kind: each for each in changes(tmp_path)}
    assert found.keys() == {SAFETY_CELL, MEMORY_CLASS, BYTES_MOVED}
    assert (found[SAFETY_CELL].before, found[SAFETY_CELL].after) == ("raises", "works")
    assert (found[MEMORY_CLASS].before, found[MEMORY_CLASS].after) == ("yes", "only while it runs")
    moved = found[BYTES_MOVED]
    assert (moved.what, moved.before_value, moved.after_value) == ("in-place step peak", 2048, 4096)


def test_bytes_of_both_variants_that_changed_alike_are_one_change(tmp_path: Path) -> None:
    row = pair("relu")
    both = {"outofplace_held_bytes": 512, "inplace_held_bytes": 512}
    saved = replace(row.saved[0], outofplace_held_bytes=256, inplace_held_bytes=256)
    store(tmp_path, SAFETY, replace(row, saved=(saved,)), torch="2.6.0")
    store(tmp_path, SAFETY, replace(row, saved=(replace(saved, **both),)))
    (change,) = changes(tmp_path)
    assert (change.what, change.change) == ("both variants' held", "+100\u00a0%")


def test_outcomes_of_hazards_and_claims_that_changed(tmp_path: Path) -> None:
    store(tmp_path, HAZARDS, hazard(), hazard("as-before"), hazard("no-compiler", "not available"), torch="2.6.0")
    store(tmp_path, HAZARDS, hazard(status="fixed"), hazard("as-before"), hazard("no-compiler"))
    store(tmp_path, CLAIMS, claim(), torch="2.6.0")
    store(tmp_path, CLAIMS, claim(verdict="partly"))
    found = [(each.kind, each.subject, each.before, each.after) for each in changes(tmp_path)]
    assert found == [
        (HAZARD, "a-hazard", "silently wrong", "right"),
        (CLAIM, "a-belief", "false", "partly"),
    ]


def test_where_one_side_has_nothing_stored_nothing_changed(tmp_path: Path) -> None:
    store(tmp_path, HAZARDS, hazard())
    assert not changes(tmp_path)
    assert not finding_changes(read_truth([tmp_path]), NEW, NEW)


@pytest.fixture(scope="module")
def kept() -> Truth:
    return read_truth([ROOT / "results/reference/autograd"])


def kept_changes(truth: Truth) -> list[PlaceChange]:
    places = sorted(truth.safety.places, key=lambda place: version_key(place[0]))
    steps = pairwise(places)
    return [explained(each, a[0], b[0]) for a, b in steps for each in finding_changes(truth, a, b)]


@pytest.mark.parametrize("note", RELEASE_NOTES, ids=lambda note: note.source.rpartition("/")[2])
def test_each_release_note_is_of_changes_that_the_kept_results_show(note, kept: Truth) -> None:
    explained_by_it = {each.subject for each in kept_changes(kept) if each.note == note}
    assert explained_by_it == set(note.subjects)
    assert note.source.startswith("https://github.com/pytorch/pytorch/")


def test_a_note_counts_between_the_versions_around_it_only() -> None:
    note = next(each for each in RELEASE_NOTES if "clamp_tensor" in each.subjects)
    assert release_note("clamp_tensor", "2.13.0", "2.15.0") == release_note("clamp_tensor", "2.13.0", "2.14.0") == note
    assert release_note("clamp_tensor", "2.6.0", "2.13.0") is None
    assert release_note("clamp_tensor", "2.14.0", "2.15.0") is None
    assert release_note("relu", "2.6.0", "2.15.0") is None


@pytest.mark.parametrize(
    ("kind", "subject", "before", "after"),
    [
        (BYTES_MOVED, "clamp_min_tensor", "212,996 B", "294,912 B"),
        (BYTES_MOVED, "clamp_max_tensor", "212,996 B", "294,912 B"),
        (MEMORY_CLASS, "dropout", "no", "only while it runs"),
        (SAFETY_CELL, "renorm", "raises", "not implemented"),
        (HAZARD, "compiled-dropped-write", "silently wrong", "right"),
    ],
)
def test_the_kept_results_show(kind: str, subject: str, before: str, after: str, kept: Truth) -> None:
    found = [each for each in kept_changes(kept) if (each.kind, each.subject) == (kind, subject)]
    assert (before, after) in [
        (each.before.replace("\u00a0", " "), each.after.replace("\u00a0", " ")) for each in found
    ]
