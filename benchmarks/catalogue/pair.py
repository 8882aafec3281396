"""Pair: one op and its two variants, doing the same work. A declaration; nothing here runs an op."""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch

from benchmarks.catalogue.domains import DOMAINS, VALUES
from benchmarks.catalogue.draws import Dropped
from benchmarks.catalogue.dtypes import DIFFERENTIABLE, FLOATS
from benchmarks.catalogue.shapes import KINDS
from benchmarks.catalogue.statement import call, statement
from benchmarks.record import INPLACE, ITEM_BYTES, OUTOFPLACE, PHASES, VARIANTS
from benchmarks.record.versions import release

#: For ops with a gradient of zero everywhere, or without a derivative in place: nothing to train through.
NO_GRAPH = ("inference",)

#: Kinds of the other operand that an elementwise op takes, besides a tensor of the input's shape.
SPREAD = ("same", "broadcast", "zero_dim")


#: Whether the gradient is the derivative, or something else on purpose.
EXACT, CUSTOM = DERIVATIVES = ("exact", "custom")


class PairError(ValueError):
    """A declaration is wrong; the message names the pair."""


def wrong_labels(labels: object) -> str | None:
    """What is wrong with the labels of two variants; None if they are right."""
    if labels is None or (isinstance(labels, tuple) and [type(each) for each in labels] == [str, str] and all(labels)):
        return None
    return f"labels must be two texts, not {labels!r}"


@dataclass(frozen=True)
class Pair:
    """One op in its two variants.

    Without callables the variants are the tensor methods `x.<op>(...)` and `x.<op>_(...)`. A callable takes the input,
    then `first`, one tensor per domain in `others`, `args` and `kwargs`, then, with `setup`, the state that it
    returned; it returns the result. `inplace` must write and return its input, and may write nothing else but the
    state.
    """

    name: str
    outofplace: Callable[..., Any] | None = None
    inplace: Callable[..., Any] | None = None
    op: str = ""  #: torch's out-of-place name; the pair's name by default
    domain: str = "real"  #: of the input, a key of DOMAINS
    others: tuple[str, ...] = ()  #: domains of the further tensor operands
    scalar: bool = False  #: the first of `others` may also be a Python number
    first: tuple[Any, ...] = ()  #: arguments before the operands, such as a dimension
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    phases: tuple[str, ...] = PHASES
    dtypes: tuple[str, ...] = FLOATS  #: supported by both variants; the usual one first
    shape: tuple[int, ...] | str = "vector"  #: a key of shapes.KINDS (scales with the preset's sizes), or fixed
    other_shapes: tuple[tuple[int, ...] | Callable[..., Any], ...] = ()  #: fixed, or functions of the input's shape
    setup: Callable[..., Any] | None = None  #: untimed, for the input of every call: setup(x) -> state
    random: bool = False  #: draws random numbers: reseeded before every call, on a GPU before every round of calls
    draws_on_cuda: Dropped | None = None  #: on CUDA the variants draw different numbers: what each must draw
    overwrites: bool = False  #: the result does not depend on the input
    verify: bool = True  #: False: any two callables; time and memory without checks
    baseline_inplace: bool = False  #: `outofplace` is another in-place variant: it writes and returns its input too
    labels: tuple[str, str] | None = None  #: names for the two variants instead of "out-of-place" and "in-place"
    derivative: str = EXACT  #: CUSTOM: another gradient on purpose, such as a straight-through estimator's
    delicate: tuple[float, ...] | Callable[..., Any] = (0.0,)  #: inputs with a jump in the gradient, or no finite one;
    #: or a function that makes such an input of a drawn one. Ties and repeated positions are checked too
    covers: tuple[str, ...] = ()  #: in-place names of torch that it represents, besides its own method
    code: tuple[str, str] | None = None  #: both statements, where the callables do not show them
    note: str = ""  #: how it is made fair, or what it shows; printed in the report

    def __post_init__(self) -> None:
        for wrong in (self._wrong_callables(), self._wrong_fields(), self._wrong_shapes()):
            if wrong:
                raise PairError(wrong)

    def _wrong_callables(self) -> str | None:
        if not self.name or not isinstance(self.name, str):
            return f"a pair needs a name, not {self.name!r}"
        for variant in VARIANTS:
            if getattr(self, variant) is not None and not callable(getattr(self, variant)):
                return f"{self.name}: {variant} must be callable, not {getattr(self, variant)!r}"
        if (self.outofplace is None) != (self.inplace is None):
            return f"{self.name}: declare both callables, or neither (then the tensor methods are paired)"
        return None

    def _wrong_fields(self) -> str | None:
        for name in ("others", "first", "args", "phases", "dtypes", "other_shapes", "covers"):
            if not isinstance(getattr(self, name), tuple):
                return f"{self.name}: {name} must be a tuple, not {getattr(self, name)!r}"
        if not isinstance(self.op, str) or not isinstance(self.kwargs, Mapping):
            return f"{self.name}: op must be text and kwargs a dict, not {self.op!r} and {self.kwargs!r}"
        if self.draws_on_cuda is not None and (not self.random or self.others):
            return f"{self.name}: draws_on_cuda is for a random op of one tensor, without others"
        if self.scalar and not self.others:
            return f"{self.name}: scalar needs others: it says that the first of them may be a number"
        if not isinstance(self.domain, str) or self.domain not in VALUES:
            return f"{self.name}: unknown domain {self.domain!r}, choose from {', '.join(VALUES)}"
        for domain in self.others:
            if not isinstance(domain, str) or domain not in DOMAINS:
                return f"{self.name}: unknown domain {domain!r}, choose from {', '.join(DOMAINS)}"
        if wrong := wrong_labels(self.labels):
            return f"{self.name}: {wrong}"
        if self.derivative not in DERIVATIVES:
            return f"{self.name}: derivative must be one of {', '.join(DERIVATIVES)}, not {self.derivative!r}"
        if not callable(self.delicate) and not (
            isinstance(self.delicate, tuple) and all(type(each) in (int, float) for each in self.delicate)
        ):
            return f"{self.name}: delicate must be a tuple of numbers or callable, not {self.delicate!r}"
        if not self.phases or set(self.phases) - set(PHASES):
            return f"{self.name}: phases must be some of {', '.join(PHASES)}, not {self.phases!r}"
        if not self.dtypes or set(self.dtypes) - set(ITEM_BYTES):
            return f"{self.name}: dtypes must be some of {', '.join(ITEM_BYTES)}, not {self.dtypes!r}"
        return None

    def _wrong_shapes(self) -> str | None:
        if isinstance(self.shape, str) and self.shape not in KINDS:
            return f"{self.name}: unknown kind of shape {self.shape!r}, choose from {', '.join(KINDS)}"
        fixed = [shape for shape in (self.shape, *self.other_shapes) if not isinstance(shape, str)]
        for shape in (shape for shape in fixed if not callable(shape)):
            if not isinstance(shape, tuple) or not all(type(size) is int and size > 0 for size in shape):
                return f"{self.name}: a shape must be a tuple of numbers above zero, not {shape!r}"
        if self.other_shapes and len(self.other_shapes) != len(self.others):
            return f"{self.name}: other_shapes needs one shape for each of others"
        return None

    @property
    def operands(self) -> tuple[str, ...]:
        """The kinds that the first other operand may have: its axis. ("none",) for an op of one tensor."""
        if not self.others:
            return ("none",)
        spread = self.shape == "vector" and not self.other_shapes and self.others[0] in VALUES
        return (SPREAD if spread else ("same",)) + (("scalar",) if self.scalar else ())

    @property
    def layouts(self) -> tuple[str, ...]:
        """The layouts that its input may have: how a case's elements lie in memory."""
        if self.shape == "parameters":
            return ("parameters",)
        # Random numbers are drawn in memory order: in one layout only, both variants get the same.
        if self.random or not isinstance(self.shape, str):
            return ("contiguous",)
        kinds = {"vector": ("transposed", "strided", "channels_last"), "column": ("strided",)}
        return ("contiguous", *kinds.get(self.shape, ("transposed", "strided")))

    def phases_in(self, dtype: str) -> tuple[str, ...]:
        """The phases in a dtype; without a gradient only those that record no graph."""
        return self.phases if dtype in DIFFERENTIABLE else tuple(set(self.phases) & set(NO_GRAPH))

    @property
    def names(self) -> tuple[str, ...]:
        """The in-place names of torch that it represents."""
        return ((self.method(INPLACE),) if self.inplace is None else ()) + self.covers

    @property
    def lacking(self) -> str | None:
        """The tensor method that this torch lacks; None if it has both."""
        if self.outofplace is None:
            for variant in VARIANTS:
                if not hasattr(torch.Tensor, self.method(variant)):
                    return f"torch {release(torch.__version__)} has no Tensor.{self.method(variant)}"
        return getattr(self.outofplace, "lacking", None) or getattr(self.inplace, "lacking", None)

    def own_draws(self, device: str) -> Dropped | None:
        """What each variant must draw, on a device where the two draw different numbers; elsewhere None."""
        return self.draws_on_cuda if device.startswith("cuda") else None

    def method(self, variant: str) -> str:
        """The tensor method of a variant, by torch's rule: the in-place name is the op's name plus `_`."""
        return (self.op or self.name) + ("_" if variant == INPLACE else "")

    def bind(self, variant: str, others: tuple[Any, ...] = ()) -> Callable[..., Any]:
        """The variant as a callable of its input (and state), with the other operands bound.

        A method uses `operator.methodcaller`: the attribute look-up and call of the statement `x.add_(other)` without a
        Python frame around it, which at 1 Ki elements takes 5 % of the call.
        """
        function, kwargs = getattr(self, variant), self.kwargs
        rest = (*self.first, *others, *self.args)
        if function is None:
            return operator.methodcaller(self.method(variant), *rest, **kwargs)
        if not rest and not kwargs:
            return function
        return lambda x, *state: function(x, *rest, *state, **kwargs)

    def statement(self, variant: str) -> str:
        """The timed statement, as a user would write it."""
        if self.code is not None:
            return self.code[VARIANTS.index(variant)]
        names = [f"other{i}" if i > 1 else "other" for i in range(1, len(self.others) + 1)]
        rest = [*map(repr, self.first), *names, *map(repr, self.args)]
        function = getattr(self, variant)
        if function is None:
            return call(f"x.{self.method(variant)}", rest, self.kwargs)
        return statement(function, ["x", *rest], self.kwargs, variant)


__all__ = ["INPLACE", "NO_GRAPH", "OUTOFPLACE", "Pair", "PairError"]
