"""The README files say what is stored; which runs they quote; what a marker of a stored run means."""

import contextlib
import io
import json
import re
import shutil
from importlib.metadata import version
from itertools import islice
from pathlib import Path

import pytest

from analysis.readme.catalogue_markers import Suite
from analysis.readme.markers import MarkerError, filling_of
from analysis.readme.quoted import REFERENCE, Quoted
from analysis.readme.rewrite import PAGE, REPORT, VERSIONS_REPORT, fillings, readme_files, reports, rewritten
from benchmarks.catalogue import WRITTEN_FOR
from benchmarks.cli import main
from benchmarks.record.packed_file import open_stored
from benchmarks.record.versions import release
from tests.support.commands import ROOT

pytestmark = pytest.mark.slow

PRINTED, STARTED = Suite.printed, ("list", "--presets")


@pytest.fixture(scope="module")
def stored():
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)  # the reports name files as seen from here
        yield fillings(Path())


def _printed_here(suite: Suite, arguments: tuple[str, ...]) -> str:
    """What a process of the suite prints; all but one run here, as each takes two seconds to start."""
    if arguments == STARTED:
        return PRINTED(suite, arguments)
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        assert main([*arguments]) == 0
    return out.getvalue()


@pytest.fixture(scope="module")
def texts(stored):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Suite, "printed", _printed_here)
        return dict(rewritten(ROOT, stored[1]))


@pytest.mark.skipif(
    not version("torch").startswith(f"{WRITTEN_FOR}."), reason="counts of the catalogue are this torch's"
)
@pytest.mark.parametrize("path", readme_files(ROOT), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_numbers_are_those_of_the_stored_runs(texts, path):
    assert path.read_text(encoding="utf-8") == texts[path], "stale: make readme"


def test_the_kept_reports_are_of_the_kept_runs_and_by_the_present_templates(stored):
    written = dict(reports(stored[0]))
    assert written.keys() == {PAGE, REPORT, VERSIONS_REPORT}
    for path, text in written.items():
        assert path.read_text(encoding="utf-8") == text, f"{path}: stale: make readme"


def test_of_the_gates_rows_those_of_each_op_stay_in_its_file(stored):
    quoted, meanings = stored
    rows = quoted.selftest("gate")
    long = {what for what in rows if "add" in str(rows[what]) and "relu" in str(rows[what])}
    shown = filling_of("gate-table", meanings).text
    assert long and all(f"| {what} |" in shown for what in rows.keys() - long)
    assert not any(what in shown for what in long)


def test_the_newest_complete_run_is_quoted(stored, tmp_path):
    """Not a partial one, one of some pairs, one of a quick look, or one of another torch than the Makefile's."""
    quoted = stored[0].ops.run
    folder = tmp_path / REFERENCE
    for name, changes in {
        "older": {"start": "2020-01-01T00:00:00+00:00"},
        "newest": {"start": "2030-01-01T00:00:00+00:00"},
        "partial": {"start": "2031-01-01T00:00:00+00:00", "state": "partial"},
        "smoke": {"start": "2031-01-01T00:00:00+00:00", "preset": "smoke"},
        "some": {"start": "2031-01-01T00:00:00+00:00", "options": {"preset": "quick", "pair": "add"}},
        "torch": {"start": "2031-01-01T00:00:00+00:00", "machine": {"torch_version": "2.15.0+cpu"}},
        "steps": {"start": "2031-01-01T00:00:00+00:00", "options": {"preset": "quick", "select": "step"}},
    }.items():
        made = folder / name
        made.mkdir(parents=True)
        with open_stored(quoted.folder / "measurements.jsonl") as journal:
            (made / "measurements.jsonl").write_bytes(b"".join(islice(journal, 100)))
        (made / "run.json").write_text(json.dumps({**json.loads((quoted.folder / "run.json").read_text()), **changes}))
    (tmp_path / "Makefile").write_bytes((ROOT / "Makefile").read_bytes())
    assert Quoted(tmp_path).ops.run.name == "newest"
    assert Quoted(tmp_path).pinned == release(quoted.facts["machine"]["torch_version"])
    shutil.rmtree(folder / "newest")
    assert Quoted(tmp_path).ops.run.name == "older"
    with pytest.raises(MarkerError, match="no complete run with all scenarios"):
        _ = Quoted(tmp_path).models


@pytest.mark.parametrize(
    "expression",
    [
        "speedup add step 3Mi",
        "speedup ad step 1Mi",
        "geomean step size=3Mi",
        "effect layout=odd inference",
        "found claims odd",
        "share odd step",
        "less odd",
        "model odd step held",
        "safety odd",
        "selftest odd",
        "by odd",
        "answer odd",
        "case-counts odd",
        "names inference odd=1",
        "finding odd",
        "findings odd",
        "safety-table odd",
        "catalogue odd",
        "on-paper odd.toml 5",
    ],
)
def test_what_is_not_stored_is_no_number(stored, expression):
    with pytest.raises(MarkerError, match=expression):
        filling_of(expression, stored[1])


def test_rows_of_the_answer_say_of_which_cases_they_are(stored):
    quoted, meanings = stored
    rows = filling_of("answer", meanings).text.splitlines()
    assert len(rows) == 6
    for row, phase in zip(rows[2:4], ("inference", "step"), strict=True):
        of_phase = quoted.ops.headline[quoted.ops.headline["phase"] == phase]
        assert f"{len(of_phase):,} cases" in row and filling_of(f"geomean {phase}", meanings).text in row
        assert filling_of(f"share faster {phase}", meanings).text in row
    asked, right, lossy, refused, wrong = map(int, re.findall(r"\b\d+\b(?=[ ,]|$)", rows[5].strip("| ")))
    assert asked == right + refused + wrong and lossy < right
    assert wrong == sum(row.cells["first"].status == "wrong" for row in quoted.truth.safety.at(quoted.where))


def test_the_counts_of_a_run_add_up(stored):
    """The parts that are named are all of its cases; and those of a row of the answer are one part."""
    quoted, meanings = stored
    counted = filling_of("case-counts", meanings).text
    whole, *parts = [int(number.replace(",", "")) for number in re.findall(r"\d[\d,]*(?= )", counted)]
    assert whole == sum(parts) == len(quoted.ops.all_cases)
    names = filling_of("names inference size=4Mi", meanings)
    assert names.number == names.text.count("`") / 2 and "| 4\u00a0Mi | **" in filling_of("by size", meanings).text
