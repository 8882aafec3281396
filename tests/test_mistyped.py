"""What is typed wrong is one line on standard error, whatever it is made of, and status 2."""

import pytest

from analysis.cli import main as analysis
from benchmarks.cli import main as benchmarks

EMPTY = [
    (benchmarks, ["run", "--out"]),
    (benchmarks, ["run", "--resume"]),
    (benchmarks, ["safety", "--out"]),
    (benchmarks, ["selftest", "--out"]),
    (benchmarks, ["first-run", "--out"]),
    (analysis, ["report"]),
    (analysis, ["report", "--to"]),
    (analysis, ["answer"]),
    (analysis, ["show", "relu"]),
    (analysis, ["compare", "run"]),
    (analysis, ["compare", "run", "run", "--markdown"]),
]


@pytest.mark.parametrize("command, words", EMPTY, ids=lambda given: " ".join(given) if isinstance(given, list) else "")
@pytest.mark.parametrize("path", ["", " "])
def test_an_empty_path_is_not_this_folder(command, words, path, capsys):
    """A script's variable that is not set."""
    with pytest.raises(SystemExit) as refused:
        command([*words, path])
    said = capsys.readouterr().err
    assert refused.value.code == 2 and "is empty: name a file or a folder" in said and said.count("\n") == 1


ODD = "a\n\x1b[2Jb"


@pytest.mark.parametrize("option", ["--label", "--host", "--preset", "--device", "--pair", "--pairs", "--cases"])
def test_whatever_is_typed_a_mistake_is_one_line(option, tmp_path, capsys):
    assert benchmarks(["run", "--device", "cpu", "--out", str(tmp_path / "out"), option, ODD]) == 2
    assert_shown_in_one_line(capsys.readouterr().err)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "words", [["report", ODD], ["show", ODD, ODD], ["compare", ODD, ODD], ["compare", "a", "b", f"--{ODD}"], [ODD]]
)
def test_so_is_one_of_the_analysis(words, capsys):
    try:
        status = analysis(words)
    except SystemExit as refused:
        status = refused.code
    assert status == 2
    assert_shown_in_one_line(capsys.readouterr().err)


def assert_shown_in_one_line(said):
    assert said.endswith("\n") and said[:-1].isprintable() and r"\n\x1b[2Jb" in said
