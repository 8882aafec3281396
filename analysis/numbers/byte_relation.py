"""How the in-place variant's bytes compare with the out-of-place variant's, in the words of expectations."""

from benchmarks.record import LESS, MORE, SAME


def byte_relation(outofplace: float, inplace: float, same_within: float = 0.0) -> str:
    """LESS, SAME or MORE: what in-place needs. SAME up to a difference of `same_within`, a share of the larger."""
    if abs(outofplace - inplace) <= same_within * max(outofplace, inplace):
        return SAME
    return LESS if inplace < outofplace else MORE
