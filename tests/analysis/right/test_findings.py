"""Claims and hazards in the report, and what holds for all that is stored: damaged or hostile files, several runs."""

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.report.write import write_report
from analysis.right import findings, safety
from analysis.right.truth import read_truth
from analysis.run.load import load_runs
from analysis.section import sections
from benchmarks.autograd.record.findings import Outcome
from benchmarks.autograd.record.safety import QUESTIONS
from tests.analysis.correctness import claim, hazard, pair, store
from tests.analysis.hostile import HOSTILE, SEEN
from tests.analysis.invented import append_times, around, case, empty_run
from tests.analysis.page import Page

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("no_figures")]

HERE = ("2.13.0", "cpu")


def report(tmp_path: Path, stored: Path, *names: str) -> tuple[Page, str, Path]:
    """The report of runs on torch 2.13.0: its page, its Markdown and its folder."""
    texts = {"relu": {"outofplace": "x.relu()", "inplace": "x.relu_()"}}
    runs = [empty_run(tmp_path, name=name, pairs=texts) for name in names or ("run",)]
    for folder in runs:
        append_times(folder, case("relu"), around(2.0, 0.01))
    to = tmp_path / "report"
    html = write_report(sections(load_runs(runs)), to, [stored]).read_text(encoding="utf-8")
    return Page(html), (to / "report.md").read_text(encoding="utf-8"), to


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as table:
        return list(csv.DictReader(table))


def test_claims_and_hazards_stand_beside_those_of_other_versions(tmp_path: Path) -> None:
    stored = tmp_path / "stored"
    store(stored, "claims", claim())
    store(stored, "claims", claim(verdict="partly"), torch="2.9.0")
    store(stored, "hazards", hazard(), hazard("gone", "fixed"))
    store(stored, "hazards", hazard(), torch="2.9.0")
    page, markdown, to = report(tmp_path, stored)
    assert "1 claim: 1 false. Different elsewhere: a-belief: false here, partly on 2.9.0 cpu." in page.text
    assert "against x.grad => some say so seen a counter => 1" in page.text
    assert (
        "2 hazards: 1 silently wrong, 1 right. Changed: gone: right, but silently wrong on torch 2.12.0." in page.text
    )
    assert "changed: right, but silently wrong on torch 2.12.0" in page.text
    assert "silently wrong 2, 4 1, 3 a write (run, and right) silently wrong" in page.text
    assert "right in 2 of 2" in page.text
    assert "| 2, 4 | 1, 3 | a write (run, and right) |" in markdown
    assert [(row["torch"], row["name"], row["status"]) for row in rows_of(to / "tables/hazards.csv")] == [
        ("2.9.0", "a-hazard", "silent"),
        ("2.13.0", "a-hazard", "silent"),
        ("2.13.0", "gone", "fixed"),
    ]


def test_a_rewrite_that_is_not_right_says_so(tmp_path: Path) -> None:
    wrong = replace(hazard(), rewrite=Outcome("y + 1", "silent", "1, 3", ""))
    store(tmp_path, "hazards", wrong)
    (found,) = findings.hazards(read_truth([tmp_path]), HERE)
    assert "NOT RIGHT: silently wrong: 1, 3" in found.instead
    assert "right in 0 of 1" in " ".join(findings.hazards_sentences([found], [wrong]))


def test_another_torch_or_device_does_not_speak_for_the_run(tmp_path: Path) -> None:
    stored = tmp_path / "stored"
    store(stored, "safety", pair(), torch="2.13.1+cpu")
    store(stored, "claims", claim(), torch="2.13.0+cu130", device="cuda:0")
    page, _, to = report(tmp_path, stored)
    assert page.text.count("Nothing is stored for torch 2.13.0 on cpu") >= 3
    assert not (to / "tables/safety.csv").exists()
    assert [(row["torch"], row["device"]) for row in rows_of(to / "tables/claims.csv")] == [("2.13.0", "cuda")]


def test_statuses_are_words_and_signs_and_not_colour_alone(tmp_path: Path) -> None:
    store(tmp_path / "stored", "safety", pair(leaf="raises"))
    page, _, _ = report(tmp_path, tmp_path / "stored")
    classes = [a.get("class") or "" for tag, a in page.elements if tag == "td"]
    cells = [name for name in classes if name.startswith("is-")]
    assert cells == ["is-raises", *["is-works"] * (len(QUESTIONS) - 1)]
    assert "raises works works" in page.text
    assert "yes no, it costs a copy where the other operand requires grad 2N → 1N 2N → 2N" in page.text
    for status in safety.LEGEND:
        assert f".is-{status.replace(' ', '-')}::before" in page.code["style"]


def test_a_wrong_cell_tells_by_how_much_and_why(tmp_path: Path) -> None:
    store(tmp_path / "stored", "safety", pair("logical_not", nonleaf="wrong"), pair("relu", second="wrong"))
    page, markdown, _ = report(tmp_path, tmp_path / "stored")
    told = [a["title"] for tag, a in page.elements if tag == "td" and a.get("class") == "is-wrong" and "title" in a]
    assert told[0].startswith("largest relative difference 0.25; autograd does not see the write")
    assert len(told) == 1, "that of an op with a card is told there"
    assert "Silently wrong: 1 pair (relu), second derivative" in markdown and "Why: not explained." in markdown


def test_a_torch_that_two_runs_share_is_shown_once(tmp_path: Path) -> None:
    store(tmp_path / "stored", "safety", pair())
    store(tmp_path / "stored", "hazards", hazard("second-derivative-of-view"))
    page, _, to = report(tmp_path, tmp_path / "stored", "first", "second")
    assert page.text.count("The whole matrix") == 1
    assert "The same as above : torch 2.13.0 on cpu" in page.text
    assert len(rows_of(to / "tables/safety.csv")) == 1
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = {a["href"][1:] for tag, a in page.elements if tag == "a" and a.get("href", "").startswith("#")}
    assert links <= set(ids) and "hazard-second-derivative-of-view" in links  # from the op's cards


def damaged(change: Callable[[dict], object]) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        content = json.loads(path.read_text())
        change(content)
        path.write_text(json.dumps(content))

    return damage


DAMAGES = (
    lambda path: path.write_text(path.read_text()[:100]),
    lambda path: path.write_bytes(b"\xff\xfe"),
    lambda path: path.write_text("[" * 100_000),
    lambda path: (path.unlink(), path.mkdir()),
    damaged(lambda content: content.update(truth=99)),
    damaged(lambda content: content["rows"][0].update(verdict=HOSTILE)),
    damaged(lambda content: content["rows"].append(7)),
)


def test_each_file_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    stored = tmp_path / "stored"
    store(stored, "hazards", hazard())
    bad = [store(stored, "claims", claim(), torch=f"2.{number}.0") for number in range(len(DAMAGES))]
    for damage, path in zip(DAMAGES, bad, strict=True):
        damage(path)
    page, markdown, _ = report(tmp_path, stored)
    assert page.text.count("Left out:") == markdown.count("> Left out:") == len(DAMAGES)
    assert all(path.name in page.text for path in bad)
    assert "1 hazard: 1 silently wrong" in page.text
    assert page.count("script") == 1


def test_hostile_files_stay_text(tmp_path: Path) -> None:
    stored = tmp_path / "stored"
    store(stored, "claims", claim(said=HOSTILE), torch="2.13.0+<b>")
    of_relu = hazard("second-derivative-of-view", said=HOSTILE)  # so that the op's card says it too
    store(stored, "hazards", replace(of_relu, true=HOSTILE, obtained=HOSTILE, last_known="raises"))
    store(stored, "hazards", hazard(), torch='2.9<b onclick="x">|')
    store(stored, "safety", pair(HOSTILE, HOSTILE, vmap="wrong"))
    (stored / '<b onclick="x">.json').write_text("{")
    page, markdown, to = report(tmp_path, stored)
    assert page.count("script") == 1
    assert "alert" not in page.code["script"]
    assert not any(name.startswith("on") for _, attributes in page.elements for name in attributes)
    assert SEEN in page.text
    assert "62615533" not in page.text
    assert not any(sign in markdown for sign in ("<script", "<b", "://", "@team"))
    assert all(line.endswith("|") for line in markdown.splitlines() if line.startswith("|"))
    tables = "".join((to / f"tables/{name}.csv").read_text() for name in ("safety", "claims", "hazards"))
    assert "\u202e" not in page.text + markdown + tables
