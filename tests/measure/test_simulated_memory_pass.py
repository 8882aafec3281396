"""The memory pass of `smoke` on a simulated GPU: every case ends with the bytes of its tensors, and leaves none behind.

An op's case really runs, on the CPU at the size that it has on a GPU; a scenario's on the meta device. What they make
is requested of the simulated allocator, whose counters `measure_memory` reads. An op hides what its kernel takes for
itself, as cuDNN takes a workspace: the CPU's own count has it, and IN_KERNELS names the ops where that is anything.
"""

from collections.abc import Mapping
from dataclasses import replace

import pytest
import torch

from benchmarks.catalogue.scenarios import Scenario
from benchmarks.catalogue.select import select_families
from benchmarks.inputs import Subject
from benchmarks.measure.memory import CountedBytes, measure_memory
from benchmarks.planning.axes import Axes, cross
from benchmarks.planning.presets import PRESETS
from benchmarks.record import VARIANTS, Case, Expectation
from benchmarks.verify.prepare import prepare
from tests.measure.allocations import OnTheCard
from tests.measure.clocked import install
from tests.measure.launches import on_the_meta_device, uncompiled
from tests.measure.simulated_gpu import SimulatedGpu

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:index_reduce:UserWarning")]

PAIRS = {pair.name: pair for each in select_families(None).values() for pair in each}
CASES = cross(select_families(None), PRESETS["smoke"], Axes(devices=("cuda:0",), threads=(16,)))
#: Ops whose kernels, or what they call below the dispatcher, take memory of their own on a CPU.
IN_KERNELS = {
    *("deg2rad", "rad2deg", "mvlgamma", "ldexp", "rrelu", "F.rrelu_", "rrelu_with_noise", "renorm", "setitem_mask"),
    *("index_reduce_mean", "scatter_reduce_mean", "alpha_dropout", "feature_alpha_dropout"),
    *("dropout", "dropout1d", "dropout2d", "dropout3d"),
    *("nn.Dropout", "nn.Dropout1d", "nn.Dropout2d", "nn.Dropout3d"),
}
#: A cache of as many tokens as a GPU has, in a tenth of the time.
FEWER_TOKENS = {"kv_append": 128}


@pytest.fixture
def gpu(monkeypatch):
    return install(monkeypatch, SimulatedGpu())


def _counted(subjects: Mapping[str, Subject], case: Case) -> dict[str, CountedBytes]:
    """The bytes of both variants on the case's device, without what one device alone counts."""
    seen = {}
    for variant in VARIANTS:
        subject = subjects[variant]
        backward = subject.backward if case.phase in ("backward", "step") else None
        with torch.set_grad_enabled(case.records_graph):
            counted = measure_memory(subject.restore, subject.call, backward, case.device)
        assert counted.forward_peak_bytes >= counted.held_bytes > 0 == counted.leaked_bytes == counted.garbage_bytes
        one_device = {"rss_peak_bytes": None, "reserved_peak_bytes": None, "forward_live_bytes": ()}
        seen[variant] = replace(counted, backward_live_bytes=(), **one_device)
    return seen


def test_the_bytes_of_every_op_are_those_that_the_cpu_counts(gpu):
    cases = [case for case in CASES if not case.scale]
    assert len(cases) > 250
    hidden = set()
    for case in cases:
        on_cpu = replace(case, device="cpu")
        subjects = prepare(PAIRS[case.pair], on_cpu).subjects
        with OnTheCard(gpu.card.allocator):
            seen = _counted(subjects, case)
        own = _counted(subjects, on_cpu)
        if seen != own:
            hidden.add(case.pair)
        for variant in VARIANTS:
            assert seen[variant].held_bytes == own[variant].held_bytes, case
            assert seen[variant].forward_peak_bytes <= own[variant].forward_peak_bytes, case
    assert hidden == IN_KERNELS
    assert gpu.memory_allocated("cuda:0") == 0, "what was made is let go, graphs included"


def test_every_scenario_ends_with_bytes_and_writes_in_place_to_save_some(gpu):
    cases = [case for case in CASES if case.scale]
    assert len(cases) > 20
    saves = set()
    for case in cases:
        scenario = PAIRS[case.pair]
        assert isinstance(scenario, Scenario)
        scale = FEWER_TOKENS.get(case.pair, case.scale)
        on_meta = replace(case, device="meta", scale=scale, shape=scenario.shape_at(scale, "cuda"))
        with on_the_meta_device():
            subjects = prepare(uncompiled(scenario), on_meta).subjects
            with OnTheCard(gpu.card.allocator):
                seen = _counted(subjects, case)
        outofplace, inplace = (max(seen[each].forward_peak_bytes, seen[each].step_peak_bytes or 0) for each in VARIANTS)
        more = any(isinstance(each, Expectation) and each.relation == "more" for each in scenario.expects)
        assert inplace <= outofplace or more, case
        if inplace < outofplace:
            saves.add(case.pair)
    optimizers = {"adam_single", "adam_foreach", "adam_fused", "clip_grad_norm"}
    assert saves >= {"abn_chain", "resnet_elu_depth", "accumulate", "normalise_images", "top_k_filter", *optimizers}
