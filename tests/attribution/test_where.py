"""Where the bytes are: exact sums, and purposes, ops and lines that are known beforehand."""

import json
import threading
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from benchmarks.attribution.breakdown import (
    BUFFERS,
    GRADIENTS,
    INPUT,
    NOT_ATTRIBUTED,
    OPTIMIZER_STATE,
    PARAMETERS,
    RECORDING,
    RELEASED,
    SAVED,
    TEMPORARIES,
    PeakBytes,
    PeakRow,
)
from benchmarks.attribution.where import where_bytes_are, where_step_bytes_are
from benchmarks.explain.source import line_at
from benchmarks.measure.memory import UncountedError, measure_memory
from benchmarks.tracking import recorder
from benchmarks.tracking.site import Site

N = 4 * 1000  #: bytes of the vectors here


def counted(restore: Callable[[], Any], call: Callable[[Any], Any], backward: Callable | None = None) -> PeakBytes:
    """The breakdown, once it was held against the exact peak."""
    found = where_bytes_are(restore, call, backward)
    seen = measure_memory(restore, call, backward, "cpu")
    exact = seen.forward_peak_bytes if seen.step_peak_bytes is None else seen.step_peak_bytes
    assert found.peak_bytes == exact == sum(row.nbytes for row in found.rows)
    assert RECORDING not in found.by_category()
    return found


def vector() -> torch.Tensor:
    return torch.ones(1000)


def leaf() -> torch.Tensor:
    return torch.ones(1000, requires_grad=True)


def text_of(row) -> str:
    return line_at(Site(row.file, row.line, None, None, None, ""))


def test_temporaries_and_the_input_are_two_rows():
    found = counted(vector, lambda x: (x + 1).exp())
    assert found.by_category() == {INPUT: N, TEMPORARIES: 2 * N}
    assert (found.region, found.op) == ("forward", "exp")
    assert {row.op: row.nbytes for row in found.rows} == {"ones": N, "add": N, "exp": N}
    assert "(x + 1).exp()" in text_of(found.rows[1])


@pytest.mark.slow
def test_what_backward_needs_is_saved_and_what_a_leaf_gets_is_a_gradient():
    def backward(y):
        y.backward(torch.ones(1000))
        return ()

    found = counted(leaf, lambda x: x.neg().exp().sigmoid(), backward)
    # In exp's backward: its own result is still saved, sigmoid's only held by the caller; beside it the gradient that
    # backward starts with, and two that it makes.
    assert found.by_category() == {INPUT: N, SAVED: N, TEMPORARIES: 4 * N}
    assert (found.region, found.op) == ("backward", "mul") and "exp().sigmoid()" in text_of(found)

    def accumulated(x):
        for _ in range(2):
            (x * 2).sum().backward()
        return x.exp()

    found = counted(leaf, accumulated)
    by_category = found.by_category()
    assert by_category[GRADIENTS] == N and by_category[INPUT] == N


class _Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Sequential(nn.Linear(100, 200, bias=False), nn.Tanh())
        self.outer = nn.Linear(200, 10, bias=False)
        self.register_buffer("kept", torch.zeros(300))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.outer(self.inner(x))


def make_step(optimizer: str = "adam") -> Callable[[], torch.Tensor]:
    net = _Net()
    made = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD}[optimizer](net.parameters(), lr=0.1)
    x = torch.ones(8, 100)

    def step() -> torch.Tensor:
        made.zero_grad()
        loss = net(x).sum()
        loss.backward()
        made.step()
        return loss

    return step


@pytest.mark.slow
def test_a_training_step_by_purpose_and_module():
    found = counted(make_step, lambda step: step())
    parameters = 4 * (100 * 200 + 200 * 10)
    by_category = found.by_category()
    assert by_category[PARAMETERS] == by_category[GRADIENTS] == parameters
    assert found.start_bytes == parameters + 4 * 300 + 4 * 8 * 100, "what make() made"
    # Two moments for each parameter, and a count of steps for each.
    assert by_category[OPTIMIZER_STATE] == 2 * parameters + 2 * 4
    assert by_category[BUFFERS] == 4 * 300 and by_category[INPUT] == 4 * 8 * 100
    assert found.region == "update" and NOT_ATTRIBUTED not in by_category
    gradients = {row.module: row.nbytes for row in found.rows if row.category == GRADIENTS}
    assert gradients == {"inner.0": 4 * 100 * 200, "outer": 4 * 200 * 10}
    (weight,) = [row for row in found.rows if row.category == GRADIENTS and row.module == "outer"]
    assert "self.outer(self.inner(x))" in text_of(weight), "of what backward makes, the line of the forward op"


@pytest.mark.slow
def test_a_later_execution_of_a_step_begins_with_what_the_first_left():
    parameters = 4 * (100 * 200 + 200 * 10)
    first, second = where_step_bytes_are(make_step), where_step_bytes_are(make_step, executions=2)
    assert second.start_bytes - first.start_bytes == 3 * parameters + 2 * 4, "gradients, moments, counts of steps"
    # The first step makes its state while gradients live; in the second it is there.
    before, now = first.by_category(), second.by_category()
    assert {name for name in {*before, *now} if before.get(name) != now.get(name)} <= {TEMPORARIES, SAVED, INPUT}


@pytest.mark.slow
def test_a_step_kept_by_the_caller_releases_its_gradients():
    """The gradients of the call before it, which zero_grad lets go."""
    step = make_step("sgd")
    found = counted(lambda: None, lambda _: step())
    parameters = 4 * (100 * 200 + 200 * 10)
    assert found.by_category()[RELEASED] == -parameters
    assert PARAMETERS not in found.by_category(), "they were there before"


def test_the_engines_own_sums_are_gradients_where_they_last():
    """Three gradients of one leaf: autograd sums them between the nodes of its graph."""

    def call(x):
        (a,) = torch.autograd.grad((x.sin() + x.cos() + x.exp()).sum(), x)
        return (a + 1).exp()

    found = counted(leaf, call)
    assert found.by_category()[GRADIENTS] == N


def test_numbers_that_stand_for_tensors_are_counted_once():
    found = counted(vector, lambda x: x / 3.0)
    # 8 bytes of the number, which torch makes a tensor, and 4 of it in float32, while the op runs.
    assert found.by_category() == {INPUT: N, TEMPORARIES: N + 8 + 4}


def test_the_peak_may_lie_before_anything_is_allocated():
    found = counted(vector, lambda x: x.neg_())
    assert found.by_category() == {INPUT: N}


def test_what_the_recorder_does_not_see_is_named():
    """A thread of its own: nobody records what it calls."""

    def call(x):
        made = []
        thread = threading.Thread(target=lambda: made.append(torch.ones(1000)))
        thread.start()
        thread.join()
        return made[0]

    found = where_bytes_are(vector, call)
    assert found.peak_bytes == sum(row.nbytes for row in found.rows)
    assert found.by_category().get(NOT_ATTRIBUTED, 0) in (0, N)
    assert found.by_category().get(INPUT) == N


def test_json_has_each_row_and_the_sums():
    found = counted(vector, lambda x: (x + 1).exp())
    stored = json.loads(json.dumps(found.to_json()))
    assert [PeakRow(**row) for row in stored["rows"]] == [*found.rows]
    assert stored["by_category"] == found.by_category() and stored["peak_bytes"] == found.peak_bytes
    assert found.not_attributed_share == 0.0


def test_sums_by_module_and_op_are_the_peak():
    found = counted(leaf, lambda x: (x * 2).exp())
    assert sum(found.by_module().values()) == sum(found.by_op().values()) == found.peak_bytes
    assert {Path(file).name for _, file, _ in found.by_op()} == {"test_where.py"}


def test_a_gpu_is_refused():
    with pytest.raises(UncountedError, match="on cuda bytes are not attributed"):
        where_bytes_are(vector, torch.exp, device="cuda")


def test_what_the_recorder_changes_is_a_row_of_its_own(monkeypatch):
    """Where it is not kept out of the engine, that sums gradients out of place."""
    monkeypatch.setattr(recorder, "only_within_nodes", lambda mode: nullcontext())

    def call(x):
        a, b = x * 1, x * 2
        return torch.autograd.grad(a.sum() + b.sum() + (x * 3).sum(), x)

    found = where_bytes_are(leaf, call)
    exact = measure_memory(leaf, call, None, "cpu").forward_peak_bytes
    assert found.peak_bytes == exact == sum(row.nbytes for row in found.rows)
    assert -N <= found.by_category()[RECORDING] < -N // 2, "a sum in a tensor of its own"
