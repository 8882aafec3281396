"""A user's own models by name: bytes first, then time."""

import pandas as pd
import pytest

from analysis.numbers.agreement import SAME_CALLS
from analysis.report.answer import answer_sentences
from analysis.report.own_models import own_model_sentences
from analysis.run.load import load_run
from analysis.section import sections
from tests.analysis.invented import append_bytes, append_times, around, case, empty_run

MIB = 2**20
NET = {
    "pair": "my_net",
    "phase": "step",
    "state": "ok",
    "reason": None,
    "same_calls": False,
    "outofplace_held_bytes": 12 * MIB,
    "inplace_held_bytes": 10 * MIB,
    "outofplace_peak_bytes": 20 * MIB,
    "inplace_peak_bytes": 20 * MIB,
    "speedup": 1.04,
    "speedup_low": 1.02,
    "speedup_high": 1.06,
    "verdict": "faster",
}
NBSP = "\N{NO-BREAK SPACE}"


def said(*changes: dict, **called: tuple[str, str]) -> list[str]:
    return own_model_sentences(pd.DataFrame([{**NET, **each} for each in changes]), called)


def test_its_variants_are_called_as_they_are_declared() -> None:
    (sentence,) = said({"speedup": None, "outofplace_held_bytes": None}, my_net=("x[i] = 0", "index_fill_"))
    assert sentence.replace(NBSP, " ") == (
        "my_net, in a training step, index_fill_, compared with x[i] = 0, needs the same memory at the peak (20 MiB)."
    )


@pytest.mark.parametrize(
    "change, sentence",
    [
        (
            {},
            "my_net, in a training step, in-place holds 17 % less memory for backward (10 MiB, not 12 MiB), needs "
            "the same memory at the peak (20 MiB) and is 1.04x as fast (1.02x to 1.06x, faster).",
        ),
        (
            {"inplace_held_bytes": 18 * MIB, "verdict": "inconclusive", "speedup_low": 0.96},
            "my_net, in a training step, in-place holds 50 % more memory for backward (18 MiB, not 12 MiB), needs "
            "the same memory at the peak (20 MiB) and is 1.04x as fast (0.96x to 1.06x, inconclusive).",
        ),
        (
            {"phase": "inference", "outofplace_held_bytes": None, "inplace_held_bytes": None, "speedup": None},
            "my_net, without autograd, in-place needs the same memory at the peak (20 MiB).",
        ),
        ({"same_calls": True}, f"my_net, in a training step: {SAME_CALLS}."),
        (
            {"state": "disagreed", "reason": "values differ"},
            "my_net, in a training step: disagreed: values differ.",
        ),
        ({"state": "out_of_memory"}, "my_net, in a training step: out of memory."),
    ],
)
def test_a_model_in_a_sentence(change, sentence) -> None:
    assert [each.replace(NBSP, " ") for each in said(change)] == [sentence]


def test_the_phase_nearest_to_a_training_step_speaks_and_models_keep_their_order() -> None:
    names = said(
        {"pair": "b", "phase": "step"}, {"pair": "a", "phase": "inference"}, {"pair": "b", "phase": "inference"}
    )
    assert [each.partition(", in-place")[0] for each in names] == ["b, in a training step", "a, without autograd"]


def test_of_many_the_first_are_told() -> None:
    names = said(*({"pair": f"net{number}"} for number in range(11)))
    assert len(names) == 9 and names[-1] == "3 more models: see their cards."


def test_the_answer_of_a_run_of_own_models_names_them(tmp_path) -> None:

    folder = empty_run(tmp_path, pairs={"my_net": {"family": "user"}})
    mine = case("my_net", family="user", phase="step", scale=4)
    append_times(folder, mine, around(1.5, 0.01))
    both = [{"peak_bytes": n * MIB, "held_bytes": n * MIB} for n in (12, 10)]
    append_bytes(folder, mine, *both)
    answer = " ".join(answer_sentences(sections([load_run(folder)])[0])).replace(NBSP, " ")
    assert "my_net, in a training step, in-place holds 17 % less memory for backward (10 MiB, not 12 MiB)" in answer
    assert "is 1.50x as fast" in answer
