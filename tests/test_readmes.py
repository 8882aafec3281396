"""The README files: short, true to what is stored, and all that can be typed of them works."""

import re
import shlex
import subprocess
import sys

import pytest

from analysis.cli import _parser as analysis_parser
from analysis.cli import main as analysis
from analysis.readme.markers import without_markers
from benchmarks.cli import _parser as benchmarks_parser
from benchmarks.planning.options import resolve, texts_of
from benchmarks.record.folder import read_journal
from tests.support import markdown_files
from tests.support.commands import ROOT, SMALL
from tests.support.forked import run_with_forks
from tests.support.kept_runs import KEPT_OPS
from tests.support.markdown_files import FILES, GUIDES, READMES, blocks, commands, links, name_of, prose, text_of
from tests.support.stored import folder_of

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
REFERENCE = KEPT_OPS.name
COMMANDS = [(name_of(path), line) for path in GUIDES for line in commands(path)]
EXAMPLES = [(name_of(path), code) for path in GUIDES for code in blocks(text_of(path), "python")]


def test_there_are_files():
    rooms = {name_of(path.parent) for path in READMES}
    assert {".", "benchmarks", "benchmarks/catalogue", "benchmarks/selftest", "analysis/gate", "results"} <= rooms
    assert len(COMMANDS) > 25 and len(EXAMPLES) >= 3


def test_a_newcomer_finishes_the_readme():
    text = text_of(ROOT / "README.md")
    assert text.count("\n") <= 160 and len(text.encode()) <= 12 * 1024
    assert max(map(text.index, ("make bench PAIR=", "report.png", "report.md"))) < text.index("\n## ")


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_relative_links_lead_somewhere(path):
    for link in links(path):
        target = path.parent / link.target if link.target else path
        assert target.exists(), link.target
        if link.anchor:
            assert link.anchor in markdown_files.anchors(target), f"{link.target}#{link.anchor}"


@pytest.mark.parametrize("path", GUIDES, ids=name_of)
def test_measured_numbers_stand_between_markers(path):
    rest = prose(without_markers(text_of(path)))
    assert not re.findall(r"\b\d+\.\d+x|\b\d+ min \d+ s|[+-]?\d+\.\d+ %|\b\d+ of \d+\b", rest)


@pytest.mark.parametrize("path", GUIDES, ids=name_of)
def test_no_line_begins_with_a_marker_that_does_not_end_it(path):
    """GitHub would show the rest of such a line as it is, stars and brackets included."""
    assert not re.findall(r"^[ >*-]*<!-- [a-z].*-->.+$", text_of(path), re.MULTILINE)


def make_commands(line: str) -> list[str]:
    """What a make command would run, without what it needs to be there."""
    words = shlex.split(line.replace("<run>", REFERENCE))
    own = [] if any(word.startswith("VENV=") for word in words) else ["VENV=", "PYTHON=python3"]
    done = subprocess.run([*words, "-n", *own], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{line}: {done.stderr}"
    return [command for command in done.stdout.splitlines() if " -m " in command]


def check_target(words: list[str]) -> None:
    for word in words:
        name, is_variable, _ = word.partition("=")
        if is_variable:
            assert re.search(rf"\$\({name}\)|flag,{name},|OWN_OUT", MAKEFILE), f"{name}= is no variable"
        else:
            assert re.search(rf"^{word}: .*## ", MAKEFILE, re.MULTILINE), f"{word} is no target"


@pytest.mark.parametrize(("file", "line"), COMMANDS)
def test_a_command_can_be_typed(file, line):
    if line.startswith("make"):
        check_target(shlex.split(line)[1:])
        typed = make_commands(line)
        assert typed or line in ("make", "make test")
    else:
        typed = [line.replace("<run>", REFERENCE)]
    for command in typed:
        _, *words = shlex.split(command)
        if words[:2] == ["-m", "benchmarks"]:
            parsed = benchmarks_parser().parse_args(words[2:])
            if words[2] == "run" and not (parsed.cases or "cuda" in parsed.device):
                resolve(texts_of(parsed))
        elif words[:2] == ["-m", "analysis"]:
            analysis_parser().parse_args(words[2:])


@pytest.mark.parametrize("path", GUIDES, ids=name_of)
def test_a_target_in_a_sentence_is_there(path):
    for mention in markdown_files.mentioned_targets(path):
        check_target(shlex.split(mention))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the limit on memory is Linux's")
@pytest.mark.parametrize(("file", "code"), EXAMPLES, ids=[file for file, _ in EXAMPLES])
def test_an_example_is_measured_as_it_stands(file, code, tmp_path):
    mine, out = tmp_path / "mine.py", tmp_path / "runs"
    mine.write_text(code)
    done = run_with_forks("run", *SMALL, "--pairs", str(mine), "--out", str(out), "--no-report", scratch=tmp_path)
    assert done.returncode == 0, done.stderr
    assert {line.state for pair in read_journal(folder_of(out)) for line in pair} == {"ok"}


def test_the_line_that_is_shown_of_the_catalogue_stands_there():
    (shown,) = [
        line for line in text_of(ROOT / "benchmarks/catalogue/README.md").splitlines() if line[:9] == "    Pair("
    ][-1:]
    assert shown in text_of(ROOT / "benchmarks/catalogue/pointwise.py").splitlines()


@pytest.mark.slow
def test_an_op_is_shown_of_the_kept_run(monkeypatch, capsys):
    (line,) = [line for file, line in COMMANDS if file == "results/README.md" and " show " in line]
    python, option, module, *words = shlex.split(line.replace("<run>", REFERENCE))
    assert (python, option, module) == ("python", "-m", "analysis")
    monkeypatch.chdir(ROOT)
    assert analysis(words) == 0 and capsys.readouterr().out.startswith("relu")
