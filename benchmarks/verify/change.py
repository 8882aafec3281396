"""Do the variants change their input in the same way? A comparison of values alone would not see a small step.

An average that moves by a thousandth, or a step of 1e-6, is smaller than the tolerance of values: a variant that does
nothing would agree. So an error is also compared with the change, as far as the dtype can represent it.
"""

import math
from collections.abc import Callable, Sequence

import torch

from benchmarks.verify.agreement import where_different

#: The largest difference between the variants' results: a share of the change, plus the rounding of so many operations.
SHARE, ROUNDINGS = 0.02, 2
#: The share of the change for all that a scenario's step writes together. A gradient may be only rounding, as that of a
#: bias before a batch norm; Adam then makes a whole step of it in either direction.
SHARE_OF_STATE = 0.1


def wrong_change(
    before: Sequence[torch.Tensor], expected: Sequence[torch.Tensor], actual: Sequence[torch.Tensor]
) -> str | None:
    """Return what is wrong with the in-place results `actual` against out-of-place `expected`; None if nothing is.

    `before`: the inputs. Results with another shape or dtype than their input are not compared.
    """
    for old, new, own in zip(before, expected, actual, strict=True):
        if old.shape != new.shape or old.dtype != new.dtype or torch.equal(new, own):
            continue
        differing = int((old != new).sum())
        if torch.equal(old, own):
            return f"the in-place variant leaves its input as it was; out-of-place {differing} of {new.numel()} differ"
        if not (new.is_floating_point() or new.is_complex()):
            continue  # integers must be equal, which comparing values checks
        change, error, rounding = _norm(new - old), _norm(own - new), _rounding(old, new)
        if error > SHARE * change + ROUNDINGS * rounding:
            how_far = f"by {error / change:.2g} of the out-of-place one, {where_different(new, own)}"
            return f"the change differs between the variants, {how_far}"
    return None


def wrong_state_change(
    before: Sequence[torch.Tensor],
    expected: Sequence[torch.Tensor],
    actual: Sequence[torch.Tensor],
    names: Sequence[str],
) -> str | None:
    """Return what is wrong with the state that a scenario's in-place variant left; None if nothing.

    `names`: a text per tensor, such as ' of weight'. Only floating and complex tensors are looked at: the comparison of
    values checks the others.
    """
    changes, errors, roundings = [0.0], [0.0], [0.0]
    for name, old, new, own in zip(names, before, expected, actual, strict=True):
        if torch.equal(new, own) or not (new.is_floating_point() or new.is_complex()):
            continue
        change, rounding = _norm(new - old), _rounding(old, new)
        if torch.equal(old, own) and change > ROUNDINGS * rounding:
            differing = f"{int((old != new).sum()):,} of {new.numel():,}"
            return f"the in-place variant leaves state{name} as it was; out-of-place {differing} elements change"
        changes, errors, roundings = [*changes, change], [*errors, _norm(own - new)], [*roundings, rounding]
    change, error, rounding = (math.hypot(*each) for each in (changes, errors, roundings))
    if error > SHARE_OF_STATE * change + ROUNDINGS * rounding:
        share = f"by {error / change:.2g} of the out-of-place one" if change else "and there is none out-of-place"
        return f"the change of the state differs between the variants, {share}"
    return None


def is_lost_in_rounding(before: Sequence[torch.Tensor], after: Sequence[torch.Tensor]) -> bool:
    """Return whether no floating or complex tensor changed by more than its dtype rounds. False if there is none."""
    pairs = [(old, new) for old, new in zip(before, after, strict=True) if new.is_floating_point() or new.is_complex()]
    return all(_is_rounding(old, new) for old, new in pairs) and bool(pairs)


def is_below_resolution(
    before: Sequence[torch.Tensor], expected: Sequence[torch.Tensor], exact: Callable[[], Sequence[torch.Tensor] | None]
) -> bool:
    """Return whether out-of-place changes an input by no more than its dtype rounds, so that any such change agrees.

    An input that stays bit by bit the same, as with `clamp` inside its bounds, counts if its exact result differs from
    it. `exact()`: the results in double precision, or None if there are none.
    """
    wider: Sequence[torch.Tensor] | None = None
    for place, (old, new) in enumerate(zip(before, expected, strict=True)):
        if old.shape != new.shape or old.dtype != new.dtype or not (new.is_floating_point() or new.is_complex()):
            continue
        if not torch.equal(old, new):
            if _is_rounding(old, new):
                return True
            continue
        wider = exact() if wider is None else wider
        if wider is None:
            return False
        if not torch.equal(old.to(wider[place].dtype), wider[place]):
            return True
    return False


def _is_rounding(old: torch.Tensor, new: torch.Tensor) -> bool:
    """Return whether a change is no more than its dtype rounds.

    It is checked in single precision first: double precision takes four times as long, and most changes are a thousand
    times as large as rounding. An overflow in single precision proves nothing.
    """
    single = [torch.linalg.vector_norm(_single(t)) for t in (new - old, old, new)]
    change, *values = map(float, single)
    if math.isfinite(sum(values)) and change > 2 * ROUNDINGS * torch.finfo(new.dtype).eps / 2 * sum(values):
        return False
    return _norm(new - old) <= ROUNDINGS * _rounding(old, new)


def _single(t: torch.Tensor) -> torch.Tensor:
    return t.float() if t.dtype in (torch.float16, torch.bfloat16) else t


def _norm(t: torch.Tensor) -> float:
    return float(torch.linalg.vector_norm(t.to(torch.complex128 if t.is_complex() else torch.float64)))


def _rounding(old: torch.Tensor, new: torch.Tensor) -> float:
    """Return the largest change that rounding of input and result to their dtype can make, as a norm over elements."""
    return torch.finfo(new.dtype).eps / 2 * (_norm(old) + _norm(new))
