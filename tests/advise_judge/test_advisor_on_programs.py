"""The advisor on 40 small generated programs: what it recommends is right on other inputs, in the bytes it promises.

Hundreds of larger ones, and its savings against the best: `python -m benchmarks.advise_judge`.
"""

import importlib
import itertools
import os
from pathlib import Path

import pytest
import torch

from benchmarks.advise_judge.advisor_answer import patched_text
from benchmarks.advise_judge.brute_force import SAFE, BruteTruth, Unusable, outcome_of, text_peaks
from benchmarks.advise_judge.generated import draw_program
from tests.advise.small_process import done_in_small_process

PROGRAMS, STATEMENTS, REPEATS = 40, (2, 4), 2


class _Unheard:
    """Nobody waits for events here."""

    def send(self, event, **facts):
        pass


def _asked(folder):
    """In a fork: what the advisor's process answers, without the proof in another one."""
    worker = importlib.import_module("benchmarks.advise.worker")
    question = importlib.import_module("benchmarks.advise.user.question")
    os.chdir(folder)
    torch.set_num_threads(1)
    worker.inplace_methods()
    worker.hide_ours()
    worker.gc.collect()
    worker.gc.freeze()
    answer = worker.answer_steps(question.Question(steps=("program.py:make",), repeats=REPEATS), _Unheard())
    return {name: answer[name] for name in ("patch", "sets", "before", "after")}


def usable():
    """Programs whose truth can be found, and that truth."""
    for seed in itertools.count(1):
        try:
            yield seed, BruteTruth(draw_program(seed, statements=STATEMENTS))
        except Unusable:
            continue


@pytest.mark.slow
def test_what_is_recommended_is_right_on_other_inputs(tmp_path):
    recommended = 0
    for seed, truth in itertools.islice(usable(), PROGRAMS):
        source = Path(tmp_path, "program.py")
        source.write_text(truth.program.text({}))
        answer = done_in_small_process(_asked, tmp_path)
        recommended += bool(answer["sets"]["do"])
        patch = answer["patch"]
        assert (patch is None) == (not answer["sets"]["do"])
        patched = patched_text(source, patch, tmp_path) if patch else source.read_text()
        assert patched is not None, f"seed {seed}: the patch does not apply"
        outcome = outcome_of(patched, truth.expected)
        assert outcome.kind == SAFE, f"seed {seed}: {outcome}\n{patch}"
        for when, peaks in (("before", truth.peaks({})), ("after", text_peaks(patched))):
            assert peaks is not None
            if answer[when] is not None:
                assert answer[when]["peak_bytes"] == peaks[REPEATS - 1], f"seed {seed} {when}: {peaks}"
    assert recommended >= PROGRAMS / 3, "so few that the rest proves little"
