"""Scenarios: what is attributed is the peak that the suite measures, to the byte, and nearly all of it has a place."""

import math

import pytest
import torch

from benchmarks.attribution.where import where_bytes_are
from benchmarks.catalogue.scenarios import topics
from benchmarks.measure.memory import measure_memory
from benchmarks.record import INPLACE, Case
from benchmarks.workload import make_workload

#: One or two of each kind of difficulty: convolutions, masks, sums of gradients within the engine, recomputation,
#: custom functions, second order, recurrences, caches, updates.
NAMES = (
    "resnet_elu_depth",
    "attention_mask",
    "temperature_on_view",
    "giou",
    "gradient_penalty",
    "lstm_gates",
    "kv_slice",
    "adam_single",
    "accumulate",
    "checkpoint_silu",
    "custom_swish",
    "abn_chain",
)
SCENARIOS = [scenario for topic in topics().values() for scenario in topic if scenario.name in NAMES]


@pytest.mark.slow
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_the_sum_is_the_peak(scenario):
    phase = "step" if "step" in scenario.phases else scenario.phases[0]
    scale = 2 if scenario.axis == "batch" else min(scenario.scales)
    shape = scenario.shape_at(scale)
    fixed = ("float32", "contiguous", "none", False, "cpu", "retained", 1)
    workload = make_workload(scenario, Case("scenarios", scenario.name, phase, math.prod(shape), shape, *fixed, scale))
    subject = workload.subjects[INPLACE]
    with torch.set_grad_enabled(workload.case.records_graph):
        found = where_bytes_are(subject.restore, subject.call, subject.backward)
        seen = measure_memory(subject.restore, subject.call, subject.backward, "cpu")
    exact = seen.forward_peak_bytes if seen.step_peak_bytes is None else seen.step_peak_bytes
    assert found.peak_bytes == exact == sum(row.nbytes for row in found.rows)
    assert found.not_attributed_share <= 0.02


def test_the_names_are_known():
    assert len(SCENARIOS) == len(NAMES)
