"""Do the variants leave the same values in the tensors that `setup` made? Tensors that neither writes do not count."""

from collections.abc import Mapping, Sequence

import torch

from benchmarks.verify.agreement import where_different

#: Relative and absolute tolerance, by dtype.
Tolerances = Mapping[torch.dtype, tuple[float, float]]


class SetupState:
    """The tensors that setup made for one call of a variant, and their values before the call."""

    def __init__(self, made: Sequence[torch.Tensor]) -> None:
        self.tensors = [t.detach() for t in made]
        self._before = [t.clone() for t in self.tensors]

    def is_written(self, place: int) -> bool:
        """Return whether the call changed a bit of a tensor. Bits are compared, since unwritten memory may be NaN."""
        return not torch.equal(_bits(self._before[place]), _bits(self.tensors[place]))


def wrong_state(outofplace: SetupState, inplace: SetupState, tolerances: Tolerances) -> str | None:
    """Return which tensor's state differs first between the variants, as text; None if none differs.

    Tensors of a dtype without a tolerance must be equal.
    """
    if len(outofplace.tensors) != len(inplace.tensors):
        return f"setup made {len(outofplace.tensors)} tensors for out-of-place, {len(inplace.tensors)} for in-place"
    for place, (expected, actual) in enumerate(zip(outofplace.tensors, inplace.tensors, strict=True)):
        if not outofplace.is_written(place) and not inplace.is_written(place):
            continue
        if expected.shape != actual.shape or expected.dtype != actual.dtype:
            return f"tensor {place} of what setup made has another shape or dtype in place"
        relative, absolute = tolerances.get(expected.dtype, (0.0, 0.0))
        if not torch.allclose(expected, actual, rtol=relative, atol=absolute, equal_nan=True):
            where = where_different(expected, actual)
            return f"tensor {place} of what setup made is left different by the in-place variant, {where}"
    return None


def _bits(t: torch.Tensor) -> torch.Tensor:
    return t.contiguous().reshape(-1).view(torch.uint8)
