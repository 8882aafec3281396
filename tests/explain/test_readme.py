"""The example of the README file prints what is shown of it."""

import re
from pathlib import Path

import pytest

from benchmarks.cli import main
from tests.support.commands import ROOT
from tests.support.markdown_files import blocks

TEXT = (ROOT / "benchmarks/explain/README.md").read_text(encoding="utf-8")


def test_the_example_prints_what_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd) -> None:
    (script,), (shown,) = blocks(TEXT, "py"), blocks(TEXT, "text")
    (tmp_path / "train.py").write_text(script)
    monkeypatch.chdir(tmp_path)
    assert main(["explain", "train.py"]) == 1
    printed = capfd.readouterr().err
    without_tries = re.sub(r" +tried: .*\n|the script as it is: .*\n", "", shown)
    assert printed[printed.index("1. ") :] == without_tries
