"""The report is written, then opened and read."""

import base64
import csv
import hashlib
import re
from pathlib import Path

import pytest

from analysis.output_file import OutputError
from analysis.report.html import context
from analysis.report.write import write_report
from analysis.run.load import load_run, load_runs
from analysis.section import sections
from tests.analysis.hostile import SEEN, hostile_run
from tests.analysis.invented import append_bytes, append_failure, append_times, around, case, empty_run
from tests.analysis.page import Page

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def written(stored: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report") / "new" / "folder"
    assert write_report(sections([load_run(stored)]), folder) == folder / "report.html"
    return folder


@pytest.fixture(scope="module")
def page(written: Path) -> Page:
    return Page((written / "report.html").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = hostile_run(tmp_path_factory.mktemp("hostile"))
    to = folder.parent / "report"
    write_report(sections([load_run(folder)]), to)
    return to


def test_the_files_of_the_contract(written: Path) -> None:
    names = {path.relative_to(written).as_posix() for path in written.rglob("*") if path.is_file()}
    by_family = {
        f"{name}-{family}" for name in ("speedup_by_op", "memory_by_phase") for family in ("activations", "pointwise")
    }
    figures = {f"plots/{name}-cpu" for name in {*by_family, "speedup_by_size"}}
    tables = {f"tables/{name}.csv" for name in ("cases", "families", "phases", "sizes", "memory", "axes")}
    tables |= {"tables/cases.parquet", "tables/COLUMNS.md"}
    dashboards = {f"dashboards/{name}.json" for name in ("github-action-benchmark", "bencher")}
    assert names == {"report.html", "report.md", "plots/FIGURES.md"} | tables | dashboards | {
        f + end for f in figures for end in (".svg", ".png")
    }


def test_every_figure_says_what_to_read_off_it(written: Path) -> None:
    told = (written / "plots/FIGURES.md").read_text(encoding="utf-8")
    drawn = {path.stem.partition("-")[0] for path in (written / "plots").glob("*.svg")}
    assert drawn <= set(re.findall(r"^## `(.+)`$", told, re.MULTILINE))


def test_first_the_answer_then_page_by_page(written: Path, page: Page) -> None:
    titles = re.findall(r"<h2[^>]*>([^<]*)</h2>", (written / "report.html").read_text(encoding="utf-8"))
    questions = ["Is in-place worth it?", "Is it faster?", "Does it save memory?", "Is it right?", "Why?"]
    rest = ["Coverage and excused", "The instrument", "Machine and method", "Glossary"]
    assert titles == [*questions, "Every op", "Every case", *rest]
    first = page.text[page.text.index(titles[0]) : page.text.index(titles[1])]
    words = ["I write inference code In-place is faster in 4", "I train In-place is 0.90x", "Use it", "Invented CPU"]
    words += ["Without autograd, in-place is faster in 4", "In-place needs less", "Without autograd: 2 ops"]
    places = [first.index(word) for word in words]
    assert places == sorted(places)


def test_the_page_needs_no_script_and_no_network(page: Page) -> None:
    rows = [attributes for tag, attributes in page.elements if tag == "tr"]
    assert len(rows) > 15
    fetching = ("src", "srcset", "action", "background", "poster", "data", "formaction", "ping", "xlink:href")
    for tag, attributes in page.elements:
        assert not set(attributes) & set(fetching), (tag, attributes)
        assert attributes.get("href", "#").startswith(("#", "data:,"))
        assert "style" not in attributes, "the policy forbids it"
    assert "http" not in page.code["style"]
    assert "@import" not in page.code["style"]
    assert "url(" not in page.code["style"].replace("url(#", "")
    assert not {"link", "iframe", "object", "img", "base"} & {t for t, a in page.elements if a.get("href") != "data:,"}


def test_every_link_leads_somewhere_and_every_id_is_one(page: Page) -> None:
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = {a["href"][1:] for _, a in page.elements if a.get("href", "").startswith("#")}
    assert links <= set(ids)
    assert {"answer", "faster", "op-noisy", "noisy.inference.64Ki.retained"} <= set(ids)


def test_the_policy_allows_this_script_and_this_style_and_nothing_else(page: Page) -> None:
    (policy,) = (a["content"] for _, a in page.elements if a.get("http-equiv") == "Content-Security-Policy")
    rules = dict(rule.split(maxsplit=1) for rule in policy.split("; "))
    for kind in ("script", "style"):
        digest = base64.b64encode(hashlib.sha256(page.code[kind].encode()).digest()).decode()
        assert rules[f"{kind}-src"] == f"'sha256-{digest}'"
    assert rules["default-src"] == "'none'"
    assert rules["img-src"] == "data:"
    assert not any(name.startswith("on") for _, attributes in page.elements for name in attributes)


def test_failures_are_named_with_their_reasons(page: Page) -> None:
    for words in ("killed by signal 9", "values differ", "passes differ in page faults", "crashed", "disagreed"):
        assert words in page.text


def test_hostile_names_stay_text(hostile: Path) -> None:
    page = Page((hostile / "report.html").read_text(encoding="utf-8"))
    assert page.count("script") == 1
    assert "alert" not in page.code["script"]
    assert SEEN in page.text
    assert "62615533" not in page.text
    for path in (hostile / "plots").glob("*.svg"):
        assert b"<script" not in path.read_bytes()
    markdown = (hostile / "report.md").read_text(encoding="utf-8")
    assert "<script" not in markdown
    assert "://" not in markdown
    assert "@team" not in markdown


def test_markdown_tables_are_whole(written: Path, hostile: Path) -> None:
    for folder in (written, hostile):
        text = (folder / "report.md").read_text(encoding="utf-8")
        blocks = re.findall(r"(?:^\|.*\n)+", text, flags=re.MULTILINE)
        assert len(blocks) >= 3
        for block in blocks:
            columns = {len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}
            assert len(columns) == 1, block


@pytest.mark.usefixtures("no_figures")
def test_the_summary_always_fits(tmp_path: Path) -> None:
    folder = empty_run(tmp_path)
    for number in range(300):
        append_failure(folder, case(f"op{number}"), "crashed", f"reason {number} " + "long " * 200)
    to = tmp_path / "report"
    write_report(sections([load_run(folder)]), to)
    text = (to / "report.md").read_text(encoding="utf-8")
    assert len(text.encode()) <= 60 * 1024
    assert "No case has times" in text
    assert "more rows: see the end of this text" in text


@pytest.mark.usefixtures("no_figures")
def test_coverage_never_breaks_the_summary(tmp_path: Path) -> None:
    named = [f"some_rather_long_name_{number}_" for number in range(4000)]
    excused = {f"{name}x": f"reason {number % 400} " + "long " * 20 for number, name in enumerate(named)}
    folder = empty_run(tmp_path, coverage={"measured": named, "excused": excused, "missing": [f"{n}y" for n in named]})
    append_times(folder, case("relu"), around(2.0, 0.01))
    to = tmp_path / "report"
    write_report(sections([load_run(folder)]), to)
    text = (to / "report.md").read_text(encoding="utf-8")
    assert len(text.encode()) <= 60 * 1024
    assert "8,000 of 12,000 in-place names are accounted for" in text
    assert "more rows: see the end of this text" in text


@pytest.mark.usefixtures("no_figures")
def test_a_crossed_run_stays_small(tmp_path: Path) -> None:
    folder = empty_run(tmp_path)
    for number in range(30):
        family = f"family{number % 2}"
        for numel in (65536, 1048576, 3000 + 7 * number):
            append_times(folder, case(f"op{number}", family=family, numel=numel), [2.0] * 6)
        for fields in ({"dtype": "bfloat16"}, {"layout": "transposed"}, {"operand": "scalar"}):
            append_times(folder, case(f"op{number}", family=family, **fields), [1.5] * 6)
        append_bytes(folder, case(f"op{number}", family=family), {"peak_bytes": 2048 * number}, {"peak_bytes": 1024})
    to = tmp_path / "report"
    assert write_report(sections([load_run(folder)]), to).stat().st_size < 400_000
    page = Page((to / "report.html").read_text(encoding="utf-8"))
    assert "90 cases of 180 differ from their op's plain case" in page.text
    assert "30 cases of a size that few ops share" in page.text
    with (to / "tables/axes.csv").open(encoding="utf-8") as table:
        rows = [(row["axis"], row["value"], row["cases"], row["plain_speedup"]) for row in csv.DictReader(table)]
    assert [row[:3] for row in rows] == [
        ("dtype", "bfloat16", "30"),
        ("layout", "transposed", "30"),
        ("operand", "scalar", "30"),
    ]


def test_several_runs_are_sections_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(
        context, "answer_sentences", lambda of, *more, say=context.answer_sentences: asked.append(of) or say(of, *more)
    )
    folders = [empty_run(tmp_path, name=name) for name in ("first", "second")]
    for folder, speed in zip(folders, (2.0, 0.5), strict=True):
        append_times(folder, case("relu"), around(speed, 0.01))
    to = tmp_path / "report"
    parts = sections(load_runs(folders))
    write_report(parts, to)
    assert [*map(id, asked)] == [*map(id, parts)], "what HTML and Markdown both show is worked out once a section"
    with (to / "tables/cases.csv").open(encoding="utf-8") as table:
        assert [(row["run"], row["verdict"]) for row in csv.DictReader(table)] == [
            ("first", "faster"),
            ("second", "slower"),
        ]
    page = Page((to / "report.html").read_text(encoding="utf-8"))
    assert "speedup of 2.00x" in page.text
    assert "speedup of 0.50x" in page.text
    assert {path.name for path in (to / "plots").glob("*.svg")} == {
        "speedup_by_op-pointwise-cpu-run1.svg",
        "speedup_by_op-pointwise-cpu-run2.svg",
    }


@pytest.mark.usefixtures("no_figures")
def test_a_partial_run_says_so_at_the_top(tmp_path: Path) -> None:
    folder = empty_run(tmp_path, state="partial")
    append_times(folder, case("relu"), around(2.0, 0.01))
    to = tmp_path / "report"
    write_report(sections([load_run(folder)]), to)
    page = Page((to / "report.html").read_text(encoding="utf-8"))
    assert page.text.index("This run is partial") < page.text.index("The one case compared")
    text = (to / "report.md").read_text(encoding="utf-8")
    assert text.index("This run is partial") < text.index("The one case compared")


def test_a_run_of_nothing_but_facts_missing_is_reported(tmp_path: Path) -> None:
    folder = empty_run(tmp_path, machine={}, thresholds=None, passes=None, start=None, end=None, command=None)
    append_times(folder, case("relu"), [2.0])
    page = Page(write_report(sections([load_run(folder)]), tmp_path / "report").read_text(encoding="utf-8"))
    assert "an unknown machine" in page.text
    assert "Memory was not measured." in page.text


@pytest.mark.usefixtures("no_figures")
def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    folder = empty_run(tmp_path)
    append_times(folder, case("relu"), around(2.0, 0.01))
    (tmp_path / "file").write_text("kept")
    with pytest.raises(OutputError, match="cannot be written"):
        write_report(sections([load_run(folder)]), tmp_path / "file")
    assert (tmp_path / "file").read_text() == "kept"
