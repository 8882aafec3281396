"""Declarations of scenarios: what they build, what is refused."""

import pytest
import torch
from torch import nn

from benchmarks.catalogue import scenarios
from benchmarks.catalogue.pair import PairError
from benchmarks.catalogue.scenarios import Built, Expectation, Growth, Scenario, of_module
from benchmarks.catalogue.scenarios.updating import torch_optim
from benchmarks.record import INPLACE, OUTOFPLACE, PHASES
from benchmarks.record.field_types import types_of
from benchmarks.record.run_facts import ScenarioFacts
from tests.support.scenarios import scenario


def test_a_module_becomes_a_variant_with_its_parameters_and_buffers():
    module = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    module[0].weight.requires_grad_(False)
    built = of_module(module)
    assert [p.shape for p in built.parameters] == [(2,), (2,), (2,)]
    assert len(built.state) == 3 and built.call is module and built.module is module


def test_only_a_builder_that_takes_an_argument_gets_the_scale():
    built = Built(torch.clone)
    seen = []
    declared = scenario(outofplace=lambda: built, inplace=lambda steps: seen.append(steps) or built)
    assert declared.build(OUTOFPLACE, 7) is built and declared.build(INPLACE, 7) is built
    assert seen == [7]


def test_a_builder_that_makes_something_else_is_named():
    with pytest.raises(TypeError, match="net: outofplace must build a module or a Built, not int"):
        scenario(outofplace=lambda: 3).build(OUTOFPLACE, 1)


def test_an_update_that_is_measured_alone_must_be_there():
    declared = scenario(update_alone=True, phases=("inference", "step"))
    with pytest.raises(TypeError, match="net: inplace must build an update, which is measured alone"):
        declared.build(INPLACE, 1)


def test_scales_of_a_device():
    declared = scenario(gpu_scales=(64,))
    assert declared.scales_on("cpu") == (2, 4) and declared.scales_on("cuda") == (64,)
    assert scenario().scales_on("cuda") == (2, 4)
    assert declared.shape_at(5) == (5, 3, 8, 8) and scenario(shape=(2, 3)).shape_at(5) == (2, 3)
    wide = scenario(shape=(2, 3), gpu_shape=lambda n: (n, 64))
    assert wide.shape_at(5) == (2, 3) and wide.shape_at(5, "cuda") == (5, 64)
    assert declared.shape_at(5, "cuda") == (5, 3, 8, 8)


def test_facts_are_what_a_run_can_store():
    expects = (
        Expectation("step", "held", "less", "by derivation", factor=2.0),
        Growth("step", "time", OUTOFPLACE, 1.0, "x"),
    )
    facts = scenario(practice="p", axis="steps", expects=expects).facts("user")
    assert list(facts) == list(types_of(ScenarioFacts)) and facts["topic"] == "user"
    assert facts["practice"] == "p" and facts["axis"] == "steps"
    assert [each["kind"] for each in facts["expects"]] == ["expectation", "growth"]
    assert facts["expects"][0]["factor"] == 2.0 and facts["expects"][1]["exponent"] == 1.0


@pytest.mark.parametrize(
    "fields, message",
    [
        ({"name": ""}, "a scenario needs a name"),
        ({"inplace": 3}, "net: inplace must be callable, not 3"),
        ({"shape": (0, 2)}, "net: shape must be a tuple"),
        ({"shape": [2]}, "net: shape must be a tuple"),
        ({"gpu_shape": (0,)}, "net: gpu_shape must be a tuple"),
        ({"scales": ()}, "net: scales must be a tuple"),
        ({"scales": (0,)}, "net: scales must be a tuple"),
        ({"phases": ("train",)}, "net: phases must be some of inference"),
        ({"whole_step": True}, r"net: a call that runs its own backward is a whole step"),
        ({"update_alone": True}, "net: an update alone is inference, and part of a step"),
        (
            {"phases": ("inference",), "expects": (Expectation("step", "time", "less", "x"),)},
            "net: expects something of 'step'",
        ),
    ],
)
def test_a_declaration_that_cannot_be_right(fields, message):
    with pytest.raises(PairError, match=message):
        scenario(**fields)


def leaves(scale):
    raise SystemExit(scale)


@pytest.mark.parametrize(
    "shape, message",
    [
        (lambda scale: (scale // 0,), "net: its shape at 3: ZeroDivisionError: "),
        (leaves, "net: its shape at 3: SystemExit: 3$"),
        (lambda scale: scale, "net: its shape at 3: TypeError: "),
        (lambda scale: "12", r"net: its shape at 3 must be numbers above zero, not \('1', '2'\)"),
        (lambda scale: (0, scale), r"net: its shape at 3 must be numbers above zero, not \(0, 3\)"),
    ],
)
def test_a_shape_that_its_function_cannot_tell_is_named(shape, message):
    assert scenario(shape=lambda scale: [scale, 2]).shape_at(3) == (3, 2)
    with pytest.raises(PairError, match=message):
        scenario(shape=shape).shape_at(3)


def test_an_expectation_of_something_unknown():
    with pytest.raises(ValueError, match="less speed"):
        Expectation("step", "speed", "less", "x")


EVERY = [(topic, each) for topic, some in scenarios.topics().items() for each in some]


@pytest.mark.parametrize("topic, declared", EVERY, ids=[each.name for _, each in EVERY])
def test_every_scenario_says_what_it_stands_for_and_what_is_expected(topic: str, declared: Scenario):
    assert scenarios.topic_of(declared.name) == topic
    assert declared.practice.endswith(".") and len(declared.practice) < 240
    assert all(declared.code) and declared.code[0] != declared.code[1]
    assert not any("\n" in each for each in declared.code), "a line break is lost where it is shown"
    assert declared.expects and all(each.source for each in declared.expects)
    assert set(declared.phases) <= set(PHASES)
    grown = {each.phase for each in declared.expects if isinstance(each, Growth)}
    assert not grown or len(declared.scales) >= 3, "a growth needs scales"


@pytest.mark.slow
def test_an_optimizers_count_of_steps_lies_where_users_have_it():
    """Built under `torch.device`, Adam before torch 2.13 puts it on that device, and each of its steps then waits."""

    class Counts(torch.optim.SGD):
        def step(self):
            for p in self.param_groups[0]["params"]:
                self.state[p].setdefault("step", torch.tensor(0.0))

    with torch.device("meta"):
        built = torch_optim(Counts, ())(4096)
    assert {p.device.type for p in built.parameters} == {"meta"}
    counts = built.state[len(built.parameters) :]
    assert counts and {t.device.type for t in counts} == {"cpu"}
