"""Scenario: a model-sized pair, code in which people use in-place ops, in two variants. Declarations only."""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import torch
from torch import nn

from benchmarks.catalogue.pair import DERIVATIVES, EXACT, PairError, wrong_labels
from benchmarks.catalogue.statement import statement
from benchmarks.models.updates import Tensors
from benchmarks.record import EXPECTED, PHASES, VARIANTS, Expectation, Growth
from benchmarks.record.reason import printable_line, typed_line
from benchmarks.record.run_facts import ScenarioFacts

Shape = tuple[int, ...]
Update = Callable[[Tensors], Sequence[torch.Tensor]]

#: `__name__` of a lambda, and of a callable without one, such as a `functools.partial`.
_NO_NAME = ("<lambda>", "")
_KIND_OF = {declared: kind for kind, declared in EXPECTED.items()}


@dataclass(frozen=True)
class Built:
    """One variant of a scenario, ready to run: built once per case, untimed, from the other variant's seed.

    `call` takes the input and returns a tensor, or several, nested in lists, tuples, dicts or dataclasses. A variant
    may write what it makes, its input (in place) and `state`, which is restored before every call (on a GPU before
    every round of calls); anything else would be changed for the next call. Optimizers that it closes over or holds are
    found: their parameters, state and settings are restored without a declaration.
    """

    call: Callable[[Any], Any]
    parameters: Sequence[torch.Tensor] = ()  #: leaves that backward differentiates, besides an input that requires grad
    state: Sequence[torch.Tensor] = ()  #: what a call, its backward or its update writes
    #: What a training step does with the parameters' gradients, in their order; returns the updated tensors.
    update: Update | None = None
    module: nn.Module | None = None  #: set to training mode where a graph is recorded, to eval mode elsewhere
    #: What the other variant writes and this one only reads: restored too, so that both variants find it in the cache,
    #: or neither does.
    read: Sequence[torch.Tensor] = ()


@dataclass(frozen=True)
class Scenario:
    """A model in its two variants. `outofplace` and `inplace` build them: each returns a module or a `Built`.

    A builder with an argument gets the scale, the value of the scenario's axis. It runs on the case's device, which is
    torch's default device then, and after seeding, so that both variants begin with the same weights.

    Several inputs: `draw` returns a tuple of tensors, the arguments of the call, or a dict of tensors, its keyword
    arguments: `draw=lambda shape: {"input_ids": torch.randint(100, shape), "labels": torch.randint(2, shape)}`. `shape`
    is that of the first. A result that is a dict or a dataclass (transformers' ModelOutput is both) is compared by
    name; backward starts from all of its tensors that have a gradient. A training step with an optimizer returns what
    it updated. The optimizer is not declared, and its first step, which makes its state, is not measured:

        def build():
            net = MyNet()
            optimizer = torch.optim.Adam(net.parameters())

            def step(gradients):
                for p, g in zip(net.parameters(), gradients):
                    p.grad = g
                optimizer.step()
                return list(net.parameters())

            return Built(net, tuple(net.parameters()), update=step, module=net)
    """

    name: str
    outofplace: Callable[..., nn.Module | Built]
    inplace: Callable[..., nn.Module | Built]
    shape: Shape | Callable[[int], Shape]  #: the input's shape, passed to `draw`; or a function of the scale
    practice: str = ""  #: one sentence: what people do, and where
    axis: str = "batch"  #: what its scale counts: "batch", "steps", "tokens", "depth", ...
    scales: tuple[int, ...] = (1,)  #: the usual one first: on a CPU, what two cores run in some milliseconds
    gpu_scales: tuple[int, ...] = ()  #: scales that fill a GPU; empty: the CPU's
    #: The input's shape on a GPU, for a scale that counts steps or layers, which cannot fill a GPU.
    gpu_shape: Shape | Callable[[int], Shape] | None = None
    draw: Callable[[Shape], Any] = torch.randn  #: the input's values, seeded; a tensor, or a tuple or dict of several
    grad_input: bool = False  #: backward differentiates the input as well
    random: bool = False  #: draws random numbers: reseeded before every call, on a GPU before every round of calls
    whole_step: bool = False  #: a call runs its own backward: `step` is its only phase with a graph
    update_alone: bool = False  #: its `inference` is the update alone, called with a list of gradients made beforehand
    phases: tuple[str, ...] = PHASES
    expects: tuple[Expectation | Growth, ...] = ()  #: what people expect, to be confirmed or contradicted
    tolerance: float = 1e-5  #: largest error of values and gradients, as a share of a tensor's largest magnitude
    baseline_inplace: bool = False  #: as in `Pair`; so are the next two
    labels: tuple[str, str] | None = None
    derivative: str = EXACT
    watch: bool = True  #: False: writes of its calls are not checked (values are)
    verify: bool = True  #: False: two variants that need not agree; times and memory only
    code: tuple[str, str] = ("", "")  #: what differs, as a user would write it
    note: str = ""  #: how it is made fair, or what it shows
    lacking: str | None = None  #: why this machine or torch cannot run it
    dtypes: tuple[str, ...] = field(default=("float32",), init=False)

    def __post_init__(self) -> None:
        if wrong := self._wrong():
            raise PairError(wrong)

    def _wrong(self) -> str | None:
        if not self.name or not isinstance(self.name, str):
            return f"a scenario needs a name, not {self.name!r}"
        for variant in VARIANTS:
            if not callable(getattr(self, variant)):
                return f"{self.name}: {variant} must be callable, not {getattr(self, variant)!r}"
        for name, shape in (("shape", self.shape), ("gpu_shape", self.gpu_shape or self.shape)):
            if not callable(shape) and not _is_shape(shape):
                return f"{self.name}: {name} must be a tuple of numbers above zero or a function, not {shape!r}"
        if not self.scales or not all(_is_shape(scales) for scales in (self.scales, self.gpu_scales)):
            return f"{self.name}: scales must be a tuple of numbers above zero, not {self.scales!r}"
        if not self.phases or set(self.phases) - set(PHASES):
            return f"{self.name}: phases must be some of {', '.join(PHASES)}, not {self.phases!r}"
        if wrong := wrong_labels(self.labels):
            return f"{self.name}: {wrong}"
        if self.derivative not in DERIVATIVES:
            return f"{self.name}: derivative must be one of {', '.join(DERIVATIVES)}, not {self.derivative!r}"
        if self.whole_step and set(self.phases) != {"step"}:
            return f"{self.name}: a call that runs its own backward is a whole step: phases must be ('step',)"
        if self.update_alone and set(self.phases) - {"inference", "step"}:
            return f"{self.name}: an update alone is inference, and part of a step: phases must be of these two"
        for each in self.expects:
            if each.phase not in self.phases:
                return f"{self.name}: expects something of {each.phase!r}, which is none of its phases"
        return None

    def shape_at(self, scale: int, device: str = "cpu") -> Shape:
        """The input's shape at a scale, on a type of device. PairError if its function returns no shape."""
        shape = self.shape if device == "cpu" else self.gpu_shape or self.shape
        if not callable(shape):
            return shape
        try:
            made = tuple(shape(scale))
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # whatever a user's function raises is reported, not swallowed
            raise PairError(f"{self.name}: its shape at {scale}: {typed_line(error)}") from error
        if not _is_shape(made):
            raise PairError(
                f"{self.name}: its shape at {scale} must be numbers above zero, not {printable_line(repr(made))}"
            )
        return made

    def scales_on(self, device: str) -> tuple[int, ...]:
        """The scales on a device, the usual one first."""
        return self.scales if device == "cpu" else self.gpu_scales or self.scales

    def expects_time_of(self, phase: str) -> bool:
        """Whether the scenario expects something of a phase's time."""
        return any(each.phase == phase and each.quantity == "time" for each in self.expects)

    def expects_growth_of(self, phase: str) -> bool:
        """Whether the scenario expects how a phase grows with the scale."""
        return any(each.phase == phase and isinstance(each, Growth) for each in self.expects)

    def build(self, variant: str, scale: int) -> Built:
        """Build one variant; errors of the builder are raised."""
        builder = getattr(self, variant)
        made = builder(scale) if _takes_scale(builder) else builder()
        if isinstance(made, nn.Module):
            made = of_module(made)
        if not isinstance(made, Built):
            raise TypeError(f"{self.name}: {variant} must build a module or a Built, not {type(made).__name__}")
        if self.update_alone and made.update is None:
            raise TypeError(f"{self.name}: {variant} must build an update, which is measured alone")
        return made

    def statement(self, variant: str) -> str:
        """The code that differs, as a user would write it."""
        builder = getattr(self, variant)
        name = getattr(builder, "__name__", "")
        return self.code[VARIANTS.index(variant)] or (statement(builder, [], {}, variant) if name in _NO_NAME else name)

    def facts(self, topic: str) -> ScenarioFacts:
        """What a run stores of the scenario besides its code."""
        return {
            "topic": topic,
            "practice": self.practice,
            "axis": self.axis,
            "scales": list(self.scales),
            "gpu_scales": list(self.gpu_scales),
            "tolerance": self.tolerance if self.verify else None,
            "update_alone": self.update_alone,
            "expects": [{"kind": _KIND_OF[type(each)], **asdict(each)} for each in self.expects],
        }


def of_module(module: nn.Module, call: Callable[[Any], Any] | None = None) -> Built:
    """A module as a variant: its parameters are the leaves, its buffers (running statistics) the state."""
    parameters = tuple(p for p in module.parameters() if p.requires_grad)
    return Built(call or module, parameters, tuple(module.buffers()), module=module)


def _is_shape(value: object) -> bool:
    return isinstance(value, tuple) and all(type(size) is int and size > 0 for size in value)


def _takes_scale(builder: Callable[..., Any]) -> bool:
    try:
        inspect.signature(builder).bind(1)
    except TypeError:
        return False
    return True
