"""What the scenarios of sequences hold and need, to the byte, against counts made by hand."""

from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from benchmarks.catalogue.scenarios import topics
from benchmarks.measure.memory import CountedBytes, measure_memory
from benchmarks.record import VARIANTS
from benchmarks.workload import Workload, make_workload
from tests.support.scenarios import case_of

SCENARIOS = {each.name: each for topic in topics().values() for each in topic}
FLOAT = 4
#: An op's first use of a Python number allocates as much.
NUMBER = 12

#: Of a recurrent cell: what each variant keeps of a step, in states, and what nobody keeps of the last step.
CELLS = {
    "rnn_cell": (1, 1, 0),  # the state, as the result of tanh
    "lstm_gates": (7, 7, 2),  # four gates, the cell, its tanh and the state; not the last cell and state
    "lstm_gates_sliced": (7, 8, 2),  # in place, the slice of the cell gate beside the others
    "gru_gates": (8, 6, 1),  # three products, three gates, h - n, the state; in place the gates live in the products
}


def workload(name: str, phase: str, scale: int) -> Workload:
    return make_workload(SCENARIOS[name], case_of(SCENARIOS[name], phase, scale))


def weighed(name: str, phase: str, scale: int) -> list[CountedBytes]:
    """The bytes of both variants."""
    made = workload(name, phase, scale)
    with torch.set_grad_enabled(made.case.records_graph):
        return [measure_memory(each.restore, each.call, each.backward, "cpu") for each in made.subjects.values()]


@pytest.mark.parametrize("name", CELLS)
def test_what_a_cell_holds(name):
    steps, state = 7, 16 * 64 * FLOAT
    *kept, last = CELLS[name]
    held = [each.held_bytes for each in weighed(name, "forward", steps)]
    # The sequence and the outputs are a state wide; the first state is kept as well.
    assert held == [(steps * (each + 2) + 1 - last) * state for each in kept]


def test_outputs_written_are_held_once_without_a_graph_and_copied_whole_in_backward():
    steps, state = 7, 128 * 32 * FLOAT
    stacked, written = weighed("outputs_written", "inference", steps)
    assert stacked.forward_peak_bytes == 4 * steps * state  # sequence, projections, list and stack
    assert written.forward_peak_bytes == (3 * steps + 3) * state  # and what one step makes
    stacked, written = weighed("outputs_written", "step", steps)
    assert stacked.held_bytes == written.held_bytes == (3 * steps + 1) * state
    assert written.step_peak_bytes >= stacked.step_peak_bytes + steps * state


class Made(TorchDispatchMode):
    """Counts the new tensors of a size."""

    def __init__(self, numel: int) -> None:
        super().__init__()
        self.numel, self.count = numel, 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        aliases = any(returned.alias_info for returned in func._schema.returns)
        self.count += isinstance(result, torch.Tensor) and not aliases and result.numel() == self.numel
        return result


@pytest.mark.parametrize("steps", [8, 16])
def test_backward_copies_all_outputs_at_every_step_that_wrote_one(steps):
    counts = []
    made = workload("outputs_written", "backward", steps)
    for variant in VARIANTS:
        subject = made.subjects[variant]
        result = subject.call(subject.restore())
        with Made(result.numel()) as seen:
            subject.backward(result)
        counts.append(seen.count)
    assert counts[1] == counts[0] + steps


def within_a_number(expected: int) -> Any:
    return pytest.approx(expected, rel=0, abs=NUMBER)


def test_attention():
    tokens = 128
    qkv, scores = 3 * 12 * tokens * 64 * FLOAT, 12 * tokens**2 * FLOAT
    for variant in weighed("attention_mask", "inference", tokens):
        assert variant.forward_peak_bytes == within_a_number(qkv + 2 * scores)
    whole, halves = weighed("attention_softmax", "inference", tokens)
    assert whole.forward_peak_bytes == within_a_number(qkv + 2 * scores)
    assert halves.forward_peak_bytes == within_a_number(qkv + 3 * scores // 2)
    whole, halves = weighed("attention_softmax", "forward", tokens)
    scaled, result = qkv // 3, qkv // 3
    assert whole.held_bytes == within_a_number(qkv + scaled + result + scores)
    assert halves.held_bytes == within_a_number(qkv + scaled + result + 2 * scores)


def test_rotary():
    size = 12 * 16 * 64 * FLOAT
    whole, written = weighed("rotary", "inference", 16)
    assert (whole.forward_peak_bytes, written.forward_peak_bytes) == (4 * size, 3 * size // 2)


def test_a_residual_block_saves_one_tensor_of_its_width_in_forward_and_holds_as_much():
    added, written = weighed("block_residual", "forward", 16)
    assert added.forward_peak_bytes - written.forward_peak_bytes == 16 * 384 * FLOAT
    assert added.held_bytes == written.held_bytes


def test_a_decoders_inference_needs_no_more_at_any_depth():
    peaks = {variant.forward_peak_bytes for depth in (1, 3) for variant in weighed("decoder", "inference", depth)}
    assert len(peaks) == 1


def test_temperature_on_a_view_costs_a_base_in_backward():
    tokens, row = 4, 50257 * FLOAT
    divided, written = weighed("temperature_on_view", "step", tokens)
    assert divided.held_bytes == written.held_bytes
    assert written.forward_peak_bytes == divided.forward_peak_bytes - tokens * row
    assert written.step_peak_bytes == within_a_number(divided.step_peak_bytes + (tokens + 1) * row)


def test_caches():
    tokens, key = 64, 12 * 64 * FLOAT
    for name in ("kv_slice", "kv_index_copy", "kv_static"):
        concatenated, written = weighed(name, "inference", tokens)
        # Both caches, the old one of the values, the query and the last result.
        assert concatenated.forward_peak_bytes == (3 * tokens + 1) * key
        assert 2 * tokens * key < written.forward_peak_bytes < (2 * tokens + 5) * key
    state = 4 * 1536 * 4 * FLOAT
    shifted, rolled = weighed("conv_state", "inference", 5)
    assert 2 * state < rolled.forward_peak_bytes < 3 * state <= shifted.forward_peak_bytes
