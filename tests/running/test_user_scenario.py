"""A user's own model, by the example of the catalogue's README; and one that does not fit."""

import re
import sys

import pytest

from benchmarks.record.folder import read_journal, read_run
from tests.support.commands import ROOT, SMALL
from tests.support.forked import run_with_forks
from tests.support.stored import folder_of

pytestmark = pytest.mark.slow
GUIDE = ROOT / "benchmarks/catalogue/README.md"
(EXAMPLE,) = re.findall(r"```python\n(# my_model.py\n[^`]*)```", GUIDE.read_text(encoding="utf-8"))
TOO_LARGE = """
PAIRS = (*PAIRS, Scenario("too_large", lambda: nn.Linear(2**18, 2**18), lambda: nn.Linear(2**18, 2**18), (1, 2**18)))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the limit on memory is Linux's")
def test_the_readmes_model_is_measured_and_one_that_does_not_fit_is_a_row(tmp_path):
    mine, out = tmp_path / "my_model.py", tmp_path / "runs"
    mine.write_text(EXAMPLE + TOO_LARGE)
    done = run_with_forks("run", *SMALL, "--pairs", str(mine), "--out", str(out), "--no-report", scratch=tmp_path)
    assert done.returncode == 0, done.stderr
    rows = [(a.case, a.state, a.reason) for a, _ in read_journal(folder_of(out))]
    states = {case.pair: set() for case, _, _ in rows}
    for case, state, _ in rows:
        states[case.pair].add(state)
    assert states == {"my_net": {"ok"}, "my_net_growing": {"ok"}, "too_large": {"out_of_memory"}}
    assert {case.scale for case, _, _ in rows if case.pair == "my_net_growing"} == {2}
    assert all("allocate" in reason for case, _, reason in rows if case.pair == "too_large")
    run = read_run(folder_of(out))
    assert run["scenarios"]["my_net"]["topic"] == "user" and set(run["pairs"]) == set(states)
    agreement = [a.extra["error"] for a, _ in read_journal(folder_of(out)) if a.kind == "memory" and "error" in a.extra]
    assert len(agreement) == 4 and max(agreement) < 1e-5


def test_variants_that_disagree_are_rows_and_named(tmp_path):
    mine, out = tmp_path / "my_model.py", tmp_path / "runs"
    mine.write_text(EXAMPLE.replace("lambda: net(inplace=True)", "lambda: nn.Sequential(net(True), nn.ReLU())"))
    done = run_with_forks("run", *SMALL, "--pairs", str(mine), "--out", str(out), "--no-report", scratch=tmp_path)
    assert done.returncode == 1
    rows = list(read_journal(folder_of(out)))
    assert {a.state for a, _ in rows if a.case.pair == "my_net"} == {"disagreed"}
    assert {a.state for a, _ in rows if a.case.pair == "my_net_growing"} == {"ok"}
    assert read_run(folder_of(out))["state"] == "complete"
    lines = [line for line in done.stderr.splitlines() if "my_model.py: " in line]
    assert len(lines) == len({a.case.phase for a, _ in rows if a.case.pair == "my_net"})
    assert all("my_model.py: my_net (" in line and "differ between the variants" in line for line in lines)
