"""What a pass reads of a run's journal: less than all, and it decides the same."""

from dataclasses import asdict, replace

import pytest

from benchmarks import record
from benchmarks.running.run import Run, plan_passes
from tests.running.invented_run import CASE, FACTS, LARGE, pair_of


@pytest.mark.parametrize("number", range(19))
def test_a_pass_reads_what_it_needs_and_decides_the_same(tmp_path, number):
    passes = plan_passes([CASE, LARGE], 9)
    rows = [{**asdict(each), "state": "planned"} for each in passes]
    budget = {**FACTS["budget"], "narrow": 0.015}
    run = Run.create(tmp_path / "run", {**FACTS, "passes": rows, "budget": budget})
    cases = [replace(of, threads=threads) for of in (CASE, LARGE) for threads in (1, 2, 4)]
    for current in passes:
        for case in filter(current.covers, cases):
            times = (1.0 + (0.1 * current.pass_number if case.threads > 1 else 0.0),) * 2
            state = "hung" if (case.threads, current.pass_number) == (4, 3) else record.OK
            made = pair_of(case, current, state=state, verified=current.kind == "memory")
            run.append(*(replace(each, times_s=times if current.kind == "time" else ()) for each in made))
    current, read = run.planned_pass(number), Run.open(run.folder, number)
    assert len(read.stored) < len(run.stored)
    for case in cases:
        whole = Run.open(run.folder)
        assert read.takes(current, case) == whole.takes(current, case)
        assert read.find(case, current) == whole.find(case, current)
        assert read.verified(case) == whole.verified(case)
