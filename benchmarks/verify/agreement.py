"""How far the two variants agree: in how many elements they differ, by how much, and where most."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch

from benchmarks.record import INPLACE, OUTOFPLACE, PROSE

#: A difference is never divided by less than this magnitude.
_SMALLEST = torch.finfo(torch.float32).tiny


@dataclass(frozen=True)
class Agreement:
    """How far some tensors of the in-place variant are from those of the out-of-place variant.

    `error`: the largest difference, as a share of its tensor's largest magnitude. `rounding`: by variant, the largest
    difference from double precision, as the same share; empty if that was not computed.
    """

    elements: int = 0
    differing: int = 0
    error: float = 0.0
    rounding: Mapping[str, float] = field(default_factory=dict)
    derivative: str = ""  #: how the gradients compare with the derivative, if that was checked
    same_calls: bool = False  #: whether both variants make the same calls of torch
    below_resolution: bool = False  #: whether the op changes less than its dtype can represent

    def __add__(self, other: "Agreement") -> "Agreement":
        return Agreement(
            self.elements + other.elements,
            self.differing + other.differing,
            max(self.error, other.error),
            {**self.rounding, **other.rounding},
            self.derivative or other.derivative,
            self.same_calls or other.same_calls,
            self.below_resolution or other.below_resolution,
        )

    @property
    def facts(self) -> dict[str, Any]:
        """The agreement as a measurement stores it: errors as shares of 1, and what is known about the gradients."""
        gradient = {"gradient": self.derivative} if self.derivative else {}
        gradient |= {"same_calls": True} if self.same_calls else {}
        gradient |= {"below_resolution": True} if self.below_resolution else {}
        rounding = {f"{variant}_rounding": error for variant, error in self.rounding.items()}
        return {"error": self.error, "differing": self.differing / max(self.elements, 1), **rounding, **gradient}


def agreement_of(expected: torch.Tensor, actual: torch.Tensor) -> Agreement:
    """Return how far two tensors of one shape agree. `expected`: the tensor of the out-of-place variant."""
    if torch.equal(expected, actual):
        return Agreement(expected.numel())
    return Agreement(expected.numel(), int((expected != actual).sum()), largest_error(expected, actual))


def largest_error(expected: torch.Tensor, actual: torch.Tensor) -> float:
    """Return the largest difference of two tensors of one shape, as a share of the largest expected magnitude.

    It is infinite if a differing element is not finite, and 0 for tensors without elements.
    """
    if not expected.numel():
        return 0.0
    return float(_distances(expected, actual).max() / _computable(expected).abs().max().clamp_min(_SMALLEST))


def where_different(expected: torch.Tensor, actual: torch.Tensor) -> str:
    """Return where two tensors differ, and where most.

    For example 'in 12 of 4,096 elements, most at [3, 5]: 0.5 out-of-place, 0.25 in-place'.
    """
    place = int(_distances(expected, actual).argmax())
    index = [int(i) for i in torch.unravel_index(torch.tensor(place), expected.shape)]
    where = f", most at {index}" if expected.dim() else ""
    values = (
        f"{_text(t.flatten()[place])} {PROSE[variant]}" for variant, t in ((OUTOFPLACE, expected), (INPLACE, actual))
    )
    differing = int((expected != actual).sum())
    return f"in {differing:,} of {expected.numel():,} elements{where}: {', '.join(values)}"


def _distances(expected: torch.Tensor, actual: torch.Tensor) -> torch.Tensor:
    """Return the distance of each pair of elements: 0 if they are equal, else infinite if one is not finite."""
    distance = (_computable(expected) - _computable(actual)).abs()
    return torch.where(expected == actual, 0.0, distance.nan_to_num(nan=torch.inf))


def _computable(t: torch.Tensor) -> torch.Tensor:
    return t.to(torch.complex128 if t.is_complex() else torch.float64)


def _text(value: torch.Tensor) -> str:
    number = value.item()
    return f"{number:.6g}" if isinstance(number, float | complex) else str(number)
