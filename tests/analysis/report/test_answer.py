"""The answer says what the run shows, and no more."""

from pathlib import Path

import pandas as pd
import pytest

from analysis.report.answer import answer_sentences
from analysis.run.load import StoredRun, load_run
from analysis.section import sections
from tests.analysis.invented import PASSES, append_bytes, append_failure, append_times, around, case, empty_run

N = 4 * 65536


def said(folder: Path) -> list[str]:
    run = load_run(folder)
    (section,) = sections([run])
    return [sentence.replace("\u00a0", " ") for sentence in answer_sentences(section)]


def test_the_named_run(run: StoredRun, cases: pd.DataFrame) -> None:
    (section,) = sections([run])
    time, memory, left_out = (sentence.replace("\u00a0", " ") for sentence in answer_sentences(section))
    assert time.startswith(
        "Without autograd, in-place is faster in 4, slower in 1 and no different in 2 of 9 cases (2 inconclusive), "
        "with a geomean speedup of 1."
    )
    assert "at 4 Mi" not in time, "one op says nothing of a size"
    assert "; in a training step, it is slower in the one case, with a speedup of 0.90x." in time
    assert "Where every call faults fresh pages in, the geomean speedup is 12.0x without autograd (1 case)." in time
    assert memory == (
        "In-place needs less memory at the peak of a call without autograd in 1 and the same in 1 of 2 ops "
        "(memory ratio 1.41x) and holds less memory for backward in the one op."
    )
    assert left_out == "Not compared: 3 cases (1 crashed, 1 disagreed, 1 bistable)."


def test_one_case_and_no_memory_pass(tmp_path: Path) -> None:
    folder = empty_run(tmp_path)
    append_times(folder, case("relu"), around(1.5, 0.01))
    assert said(folder) == [
        "The one case compared (relu, inference, 64 Ki elements) has a speedup of 1.50x "
        "(interval 1.49x to 1.52x): faster.",
        "Memory was not measured.",
    ]


def test_one_case_in_one_pass(tmp_path: Path) -> None:
    folder = empty_run(tmp_path)
    append_times(folder, case("relu", phase="backward"), [1.5])
    assert said(folder)[0] == (
        "The one case compared (relu, backward, 64 Ki elements) has a speedup of 1.50x: inconclusive, "
        "fewer than 6 passes."
    )


def test_a_single_pass_has_no_verdicts(tmp_path: Path) -> None:
    folder = empty_run(tmp_path)
    for pair in ("relu", "exp"):
        append_times(folder, case(pair), [2.0])
    assert said(folder)[0] == (
        "None of the 2 cases has a verdict (measured in too few passes); the geomean speedup is 2.00x without autograd."
    )


def test_without_inference_only_training_is_spoken_of(tmp_path: Path) -> None:
    folder = empty_run(tmp_path)
    append_times(folder, case("relu", phase="forward"), around(2.0, 0.01))
    append_times(folder, case("relu", phase="backward"), around(1.0, 0.001))
    assert said(folder)[0] == (
        "In forward, in-place is faster in the one case, with a speedup of 2.00x; "
        "in backward, it is no different in the one case, with a speedup of 1.00x."
    )


def test_memory_alone(tmp_path: Path) -> None:
    folder = empty_run(tmp_path)
    for pair in ("relu", "exp"):
        append_bytes(folder, case(pair), {"peak_bytes": 2 * N}, {"peak_bytes": N})
    assert said(folder) == [
        "In-place needs less memory at the peak of a call without autograd in all 2 ops (memory ratio 2.00x)."
    ]


def test_held_bytes_alone(tmp_path: Path) -> None:
    folder = empty_run(tmp_path)
    for pair, inplace in (("elu", N), ("selu", N), ("relu", 2 * N), ("alpha_dropout", 3 * N)):
        append_bytes(folder, case(pair, phase="step"), {"held_bytes": 2 * N}, {"held_bytes": inplace})
    assert said(folder) == ["In-place holds less memory for backward in 2, the same in 1 and more in 1 of 4 ops."]


def test_nothing_but_failures(tmp_path: Path) -> None:
    folder = empty_run(tmp_path)
    append_failure(folder, case("relu"), "hung", "no answer in 60 s")
    assert said(folder) == [
        "No case has times that can be compared.",
        "Memory was not measured.",
        "Not compared: 1 case (1 hung).",
    ]


@pytest.mark.parametrize(("count", "share"), [(3, "in 3 of 3 cases"), (30, "in 100 % of 30 cases")])
def test_few_cases_are_counted_and_many_are_shares(tmp_path: Path, count: int, share: str) -> None:
    folder = empty_run(tmp_path)
    for number in range(count):
        append_times(folder, case(f"op{number}"), [2.0] * PASSES)
    assert share in said(folder)[0]


def test_devices_are_spoken_of_apart(tmp_path: Path) -> None:
    folder = empty_run(tmp_path)
    append_times(folder, case("relu"), around(2.0, 0.01))
    append_times(folder, case("relu", device="cuda:0", allocator="caching"), around(0.5, 0.01))
    run = load_run(folder)
    parts = sections([run])
    assert [part.device for part in parts] == ["cpu", "cuda:0"]
    assert ["2.00x" in answer_sentences(part)[0] for part in parts] == [True, False]


def test_the_ends_of_a_sweep_are_told_where_the_same_ops_were_measured(tmp_path: Path) -> None:
    folder = empty_run(tmp_path)
    for pair in ("relu", "exp", "add"):
        for numel, speed in ((1024, 1.5), (65536, 1.0), (4194304, 2.0)):
            append_times(folder, case(pair, numel=numel), around(speed, 0.01))
    for pair, numel in (("neg", 1024), ("neg", 65536)):
        append_times(folder, case(pair, numel=numel), around(9.0, 0.01))
    append_times(folder, case("relu", numel=16777216), around(9.0, 0.01))
    wanted = "(of the 3 ops measured at both sizes: 1.50x at 1 Ki elements, 2.00x at 4 Mi)"
    assert wanted in said(folder)[0], "neg has one end only, 16 Mi one op"


def test_sizes_of_different_ops_are_not_compared(tmp_path: Path) -> None:
    folder = empty_run(tmp_path)
    for pair, numel in (("relu", 1024), ("exp", 1024), ("add", 65536), ("mul", 65536)):
        append_times(folder, case(pair, numel=numel), around(2.0, 0.01))
    assert "at 64 Ki" not in said(folder)[0]


def test_other_dtypes_layouts_and_operands_do_not_speak(tmp_path: Path) -> None:
    folder = empty_run(tmp_path)
    append_times(folder, case("relu"), around(1.5, 0.01))
    for dtype in ("bfloat16", "float64"):
        append_times(folder, case("relu", dtype=dtype), around(9.0, 0.01))
    time, _, left_out = said(folder)
    assert time.startswith("The one plain case compared (relu, inference, 64 Ki elements) has a speedup of 1.50x")
    assert left_out == "Not counted above: 2 cases of another dtype, layout or operand."


def test_each_op_counts_once_for_memory(tmp_path: Path) -> None:
    folder = empty_run(tmp_path)
    append_bytes(folder, case("relu"), {"peak_bytes": 2 * N}, {"peak_bytes": N})
    append_bytes(folder, case("relu", dtype="bfloat16"), {"peak_bytes": N}, {"peak_bytes": N})
    assert said(folder) == [
        "In-place needs less memory at the peak of a call without autograd in the one op (memory ratio 2.00x)."
    ]
