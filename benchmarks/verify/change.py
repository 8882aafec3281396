"""Do the variants make the same change to their input? Against the values themselves a small step would pass unseen.

An average that is updated by a thousandth, or a step of 1e-6, is smaller than the tolerance of the values: a form that
does nothing would agree. So an error is held against the change too, as far as the dtype can tell it.
"""

from collections.abc import Sequence

import torch

from benchmarks.verify.agreement import where_apart

#: The most that the variants' results may differ by: this share of the change, and the rounding of a few operations.
SHARE, ROUNDINGS = 0.02, 2


def wrong_change(
    before: Sequence[torch.Tensor], expected: Sequence[torch.Tensor], actual: Sequence[torch.Tensor]
) -> str | None:
    """What is wrong with the in-place results `actual`, out-of-place being `expected`; None where nothing is.

    `before`: the inputs. Results of another shape or dtype than their input are no change of it.
    """
    for old, new, own in zip(before, expected, actual, strict=True):
        if old.shape != new.shape or old.dtype != new.dtype or torch.equal(new, own):
            continue
        differing = int((old != new).sum())
        if torch.equal(old, own):
            return f"the in-place form leaves its input as it was; out-of-place {differing} of {new.numel()} differ"
        if not (new.is_floating_point() or new.is_complex()):
            continue  # these have to be equal, and are compared as values
        change, error, rounding = _norm(new - old), _norm(own - new), _rounding(old, new)
        if error > SHARE * change + ROUNDINGS * rounding:
            how_far = f"by {error / change:.2g} of the out-of-place one, {where_apart(new, own)}"
            return f"the change differs between the variants, {how_far}"
    return None


def _norm(t: torch.Tensor) -> float:
    return float(torch.linalg.vector_norm(t.to(torch.complex128 if t.is_complex() else torch.float64)))


def _rounding(old: torch.Tensor, new: torch.Tensor) -> float:
    """What rounding the input and the result to their dtype may change at most, as a norm over the elements."""
    return torch.finfo(new.dtype).eps / 2 * (_norm(old) + _norm(new))
