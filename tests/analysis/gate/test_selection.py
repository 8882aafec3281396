"""A HEAD of another selection: what it was not asked has not vanished."""

import pytest

from analysis.gate.change import Limits
from analysis.gate.compare import compare
from analysis.gate.sentences import comparison_sentences, counts
from analysis.run.load import load_run
from tests.analysis.invented import append_times, around, case, empty_run

CASES = [case("add"), case("relu"), case("relu", phase="step")]


def compared(tmp_path, base_options, head_options, kept=CASES[:1]):
    folders = []
    for name, options, cases, speedup in (("base", base_options, CASES, 2.0), ("head", head_options, kept, 2.01)):
        folder = empty_run(tmp_path, name, label=name, options={"preset": "quick", **options})
        for each in cases:
            append_times(folder, each, around(speedup, 0.01))
        folders.append(load_run(folder))
    return compare(*folders, Limits())


@pytest.mark.slow
@pytest.mark.parametrize(
    "base, head, vanished, not_asked",
    [
        ({}, {}, 2, 0),
        ({}, {"pair": "add"}, 0, 2),
        ({}, {"pair": "add, relu"}, 2, 0),
        ({"pair": "add,relu"}, {"pair": "add,relu"}, 2, 0),
        ({"pair": "add,relu"}, {}, 2, 0),  # HEAD is asked for all
        ({"select": "add or relu"}, {}, 2, 0),
        ({}, {"select": "inference and add"}, 0, 2),
        ({}, {"preset": "smoke"}, 0, 2),
        ({}, {"numel": "1024"}, 0, 2),
        ({"numel": "1024"}, {}, 0, 2),
        ({}, {"pair": "add", "numel": "1024"}, 0, 2),
        ({}, {"label": "other", "passes": "12"}, 2, 0),
    ],
)
def test_only_what_head_was_asked_can_vanish(tmp_path, base, head, vanished, not_asked):
    made = compared(tmp_path, base, head)
    assert (counts(made)["vanished"], made.not_asked) == (vanished, not_asked)
    assert made.regressed == bool(vanished)
    told = [line for line in comparison_sentences(made) if "leaves out" in line]
    assert len(told) == bool(not_asked)


def test_it_says_once_what_was_asked(tmp_path):
    made = compared(tmp_path, {}, {"pair": "add", "numel": "1024"})
    (line,) = (line for line in comparison_sentences(made) if "leaves out" in line)
    assert line == "HEAD's own selection (pair add, numel 1024) leaves out 2 cases of BASE."
