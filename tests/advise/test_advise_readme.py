"""The example of the README file: its program is that of the kept answers, and the advisor still says the same."""

import hashlib
import os
from pathlib import Path

import pytest
import torch

from benchmarks.advise.user.forked import in_fork
from benchmarks.advise.user.question import Question
from benchmarks.advise.worker import answer_steps
from benchmarks.process import Events
from benchmarks.record.folder import read_run
from benchmarks.record.versions import release
from tests.advise.small_process import done_in_small_process
from tests.support.commands import ROOT
from tests.support.markdown_files import blocks, text_of

README = ROOT / "benchmarks/advise/README.md"
KEPT = {
    facts["advice"]["steps"][0]["step"]: facts
    for facts in (read_run(path.parent) for path in (ROOT / "results/reference/advised").glob("*/run.json"))
    if facts["advice"]["steps"][0]["step"].startswith("train.py:")  # others are of models, which no README shows
}
(PROGRAM,) = blocks(text_of(README), "py")


@pytest.mark.parametrize("step", ["train.py:generate", "train.py:train"])
def test_the_kept_answers_are_of_the_program_that_is_shown(step):
    digest = hashlib.sha256(PROGRAM.encode()).hexdigest()
    assert KEPT[step]["advice"]["sources_sha256"]["train.py"] == digest, "stale: see .github/CONTRIBUTING.md"
    assert KEPT[step]["command"] == f"python -m benchmarks advise {step} --host=reference"
    assert f"$ python -m benchmarks advise {step}\n" in text_of(README)  # the host's label is the repository's own


def _asked(folder: Path) -> dict[str, dict]:
    """The answers on both steps, each in a fork, as the advisor's own process gives one."""
    os.chdir(folder)
    return {step: in_fork(lambda step=step: answer_steps(Question((step,)), Events(None)), 100) for step in KEPT}


@pytest.mark.slow
def test_the_advisor_still_says_so(tmp_path):
    if any(release(kept["machine"]["torch_version"]) != release(torch.__version__) for kept in KEPT.values()):
        pytest.skip("bytes are those of the torch that was kept")
    (tmp_path / "train.py").write_text(PROGRAM)
    for name, found in done_in_small_process(_asked, tmp_path).items():
        (step,) = KEPT[name]["advice"]["steps"]
        assert found["per_step"][0] == {"step": name, "before": step["given"], "after": step["patched"]}
        assert said_of(found["decisions"]) == said_of(KEPT[name]["advice"]["decisions"]), "stale: as above"


def said_of(decisions: list[dict]) -> list[tuple]:
    return [(each["verdict"], each["line"], each["expression"], each["reason"]) for each in decisions]
