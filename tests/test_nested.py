"""Several inputs and results: found at any depth, each by its name, and handed over as a call takes them."""

from collections import OrderedDict, namedtuple
from dataclasses import dataclass

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from benchmarks.catalogue.scenarios import Built, Scenario
from benchmarks.nested import flat, mapped, paths, unpacking
from benchmarks.record import INPLACE, OUTOFPLACE, PHASES, USER, VARIANTS
from benchmarks.verify.ops import Disagreement
from benchmarks.verify.prepare import check_case
from benchmarks.verify.scenarios import check_scenario
from benchmarks.workload import make_workload
from tests.support.scenarios import case_of, vectors

ONE, TWO = torch.ones(1), torch.ones(2)


@dataclass
class Record:
    scores: torch.Tensor
    count: int
    kept: tuple = ()
    missing: torch.Tensor | None = None


class ModelOutput(OrderedDict):
    """As transformers has it: a mapping whose values are attributes as well."""

    def __getattr__(self, name):
        return self[name]


Point = namedtuple("Point", "x y")


@pytest.mark.parametrize(
    "value, numels, names",
    [
        (ONE, [1], [""]),
        ([ONE, (TWO, [ONE])], [1, 2, 1], ["[0]", "[1][0]", "[1][1][0]"]),
        ({"loss": ONE, "hidden": (TWO, ONE), "none": None}, [1, 2, 1], ["loss", "hidden[0]", "hidden[1]"]),
        (ModelOutput(logits=TWO, cache={"key": ONE}), [2, 1], ["logits", "cache.key"]),
        (Record(TWO, 3, (ONE,)), [2, 1], ["scores", "kept[0]"]),
        ([Record(TWO, 3)], [2], ["[0].scores"]),
        (Point(ONE, TWO), [1, 2], ["[0]", "[1]"]),
        (3, [], []),
        (Record, [], []),
        ("text", [], []),
    ],
    ids=lambda value: "",
)
def test_tensors_and_where_they_stand(value, numels, names):
    assert [t.numel() for t in flat(value)] == numels and list(paths(value)) == names


def test_changed_in_their_places():
    made = mapped({"a": (ONE, [TWO]), "b": 3, "c": Point(ONE, None)}, lambda t: t + 1)
    assert made["b"] == 3 and isinstance(made["c"], Point) and made["c"].y is None
    assert [t.tolist() for t in flat(made)] == [[2.0], [2.0, 2.0], [2.0]]


def test_handed_over_as_arguments():
    def call(a, b=0):
        return a, b

    assert unpacking(call, (1, 2))((3, 4)) == (3, 4) and unpacking(call, {"b": 1})({"b": 5, "a": 6}) == (6, 5)
    assert unpacking(call, [1, 2]) is call and unpacking(call, ONE) is call


class LanguageModel(nn.Module):
    def __init__(self, act=None, output=ModelOutput) -> None:
        super().__init__()
        self.embed, self.act, self.head = nn.Embedding(50, 8), act or nn.ReLU(), nn.Linear(8, 50)
        self.output = output

    def forward(self, input_ids, labels):
        hidden = self.act(self.embed(input_ids) + 0)
        logits = self.head(hidden)
        loss = F.cross_entropy(logits.flatten(0, 1), labels.flatten())
        return self.output(loss=loss, logits=logits, best=logits.argmax(-1), hidden_states=(hidden, None))


def language_model(inplace=None, **fields) -> Scenario:
    def draw(shape):
        return {"input_ids": torch.randint(50, shape), "labels": torch.randint(50, shape)}

    inplace = inplace or (lambda: LanguageModel(nn.ReLU(inplace=True)))
    return Scenario("language_model", lambda: LanguageModel(), inplace, (2, 16), draw=draw, **fields)


def in_phase(declared: Scenario, phase: str):
    return make_workload(declared, case_of(declared, phase))


@pytest.mark.parametrize("phase", PHASES)
def test_a_model_with_named_inputs_and_outputs(phase):
    workload = in_phase(language_model(), phase)
    found = check_scenario(workload)
    assert found.error == 0.0 and not found.same_calls
    subject = workload.subjects[INPLACE]
    with torch.set_grad_enabled(phase != "inference"):
        result = subject.call(subject.restore())
        assert list(result) == ["loss", "logits", "best", "hidden_states"]
        if phase != "inference":
            gradients = subject.backward(result)
            assert [g.shape for g in gradients] == [p.shape for p in workload.built[INPLACE].parameters]


def test_its_gradients_are_compared_with_the_derivative():
    declared = language_model()
    case = case_of(declared)
    case = type(case)(**{**vars(case), "family": USER})
    assert check_case(make_workload(declared, case)).derivative == "is the derivative"


def renamed(loss, **others):
    return {"other": loss, **others}


class Wrong(nn.Module):
    def forward(self, x):
        return torch.clamp_min(x, 0) + 1e-3


@pytest.mark.parametrize(
    "inplace, message",
    [
        (lambda: LanguageModel(Wrong()), r"^values of (loss|logits|best|hidden_states\[0\]) differ between the var"),
        (lambda: LanguageModel(nn.ReLU(), lambda **r: ModelOutput(loss=r["loss"])), "^values: float32 .* out-of-place"),
        (lambda: LanguageModel(nn.ReLU(), renamed), "do not return the same things"),
    ],
    ids=["a wrong value", "one result", "another name"],
)
def test_what_differs_is_named(inplace, message):
    with pytest.raises(Disagreement, match=message):
        check_scenario(in_phase(language_model(inplace), "inference"))


def test_an_order_of_its_own_is_told():
    variants = (Built(lambda x: {"a": x * 1, "b": x * 2}), Built(lambda x: {"b": x * 2, "a": x * 1}))
    with pytest.raises(Disagreement, match=r"same order: a, b out-of-place, b, a in-place$"):
        check_scenario(in_phase(vectors(*variants), "inference"))


class Joined(nn.Module):
    def __init__(self, inplace: bool, factor: float = 1.0) -> None:
        super().__init__()
        self.map, self.inplace, self.factor = nn.Linear(8, 8), inplace, factor

    def forward(self, a, b):
        h = self.map(a)
        return h.add_(b, alpha=self.factor) if self.inplace else h + b


def joined(inplace=lambda: Joined(True), **fields) -> Scenario:
    draw = lambda shape: (torch.randn(shape), torch.randn(shape))  # noqa: E731  # as a user writes it
    return Scenario("joined", lambda: Joined(False), inplace, (16, 8), draw=draw, **fields)


@pytest.mark.parametrize("phase", PHASES)
def test_two_inputs_are_two_arguments(phase):
    workload = in_phase(joined(grad_input=True), phase)
    assert check_scenario(workload).error == 0.0
    for variant in VARIANTS:
        assert len(workload.leaves(variant)) == (2 if phase == "inference" else 4)
        x = workload.subjects[variant].restore()
        assert all(t is not own and torch.equal(t, own) for t, own in zip(x, workload.base, strict=True))


def test_both_inputs_gradients_are_named():
    class Halves(Joined):
        def forward(self, a, b):
            return self.map(a).add_(b.detach()).add_(0 * b)

    with pytest.raises(Disagreement, match=r"^gradients of the input \[1\] differ between the variants"):
        check_scenario(in_phase(joined(lambda: Halves(True), grad_input=True), "step"))


def ones(shape):
    return torch.ones(shape), torch.ones(shape)


def test_a_variant_may_write_each_of_its_inputs_and_the_other_none():
    declared = vectors(
        lambda a, b: a * 1 + b * 2,
        lambda a, b: a.add_(b.mul_(2)),
        draw=ones,
    )
    assert check_scenario(in_phase(declared, "inference")).error == 0.0
    wrong = vectors(
        lambda a, b: a + b.mul_(2),
        lambda a, b: a.add_(b.mul_(2)),
        draw=ones,
    )
    with pytest.raises(Disagreement, match="the out-of-place variant: aten::mul_ writes its input"):
        check_scenario(in_phase(wrong, "inference"))


def test_what_is_drawn_must_hold_tensors():
    with pytest.raises(TypeError, match="vectors: draw must return a tensor, or a tuple or dict of tensors"):
        in_phase(vectors(lambda x: x, lambda x: x, draw=lambda shape: {"a": 3}), "inference")


def test_a_result_without_gradient_has_no_upstream():
    declared = vectors(
        lambda x: (x * 2, x.detach() + 1, x.argmax()), lambda x: (x.mul_(2), x.detach() / 2 + 1, x.argmax())
    )
    workload = in_phase(declared, "step")
    subject = workload.subjects[OUTOFPLACE]
    (gradient,) = subject.backward(subject.call(subject.restore()))
    assert gradient.shape == workload.base.shape
    assert check_scenario(workload).differing == 0
