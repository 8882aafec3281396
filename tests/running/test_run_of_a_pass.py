"""What a pass reads of a run's journal: less than all, and it decides the same."""

from dataclasses import asdict, replace

import pytest

from benchmarks import record
from benchmarks.running.run import Run, plan_passes
from tests.running.invented_run import CASE, FACTS, LARGE, pair_of


@pytest.mark.parametrize("number", range(25))
def test_a_pass_reads_what_it_needs_and_decides_the_same(tmp_path, number):
    passes = plan_passes([CASE, LARGE], 12)
    rows = [{**asdict(each), "state": "planned"} for each in passes]
    looks = [{"passes": 6, "half_width": 0.015}, {"passes": 9, "half_width": 0.3}]
    budget = {**FACTS["budget"], "looks": looks}
    scatter = {1: 0.0, 2: 0.1, 4: 0.0, 8: 2.0}  # narrow at the first look, at the second, hung, and never
    run = Run.create(tmp_path / "run", {**FACTS, "passes": rows, "budget": budget})
    cases = [replace(of, threads=threads) for of in (CASE, LARGE) for threads in scatter]
    for current in passes:
        for case in [case for case in cases if run.takes(current, case)]:
            state = "hung" if case.threads == 4 and current.pass_number in (3, 4) else record.OK
            outofplace, inplace = pair_of(case, current, state=state, verified=current.kind == "memory")
            if current.kind == "time" and state == record.OK:
                seconds = 1.0 + scatter[case.threads] * (current.pass_number // 2 % 5)
                outofplace, inplace = replace(outofplace, times_s=(seconds,) * 2), replace(inplace, times_s=(1.0,) * 2)
            run.append(outofplace, inplace)
    current, read = run.planned_pass(number), Run.open(run.folder, number)
    assert len(read.stored) < len(run.stored)
    for case in cases:
        whole = Run.open(run.folder)
        assert read.takes(current, case) == whole.takes(current, case)
        assert read.find(case, current) == whole.find(case, current)
        assert read.verified(case) == whole.verified(case)
    taking = {case.threads for case in cases if read.takes(current, case)}
    assert taking == ({1, 2, 4, 8} if number <= 12 else {2, 4, 8} if number <= 18 else {4, 8})
