"""Shapes: from a number of elements to the input's shape, and from there to another operand's shape."""

import math
from collections.abc import Callable

Shape = tuple[int, ...]


def vector(numel: int) -> Shape:
    """(n,)"""
    return (numel,)


def column(numel: int) -> Shape:
    """(rows,): a vector, for a matrix of `numel` elements and 64 columns."""
    return (max(1, numel // 64),)


def square(numel: int) -> Shape:
    """(rows, columns), as square as powers of two allow; at most `numel` elements."""
    rows = 2 ** (math.isqrt(numel).bit_length() - 1)
    return (rows, numel // rows)


def rows(numel: int) -> Shape:
    """(rows, 64): an embedding table, a batch of features."""
    width = min(64, numel)
    return (numel // width, width)


def batch(numel: int) -> Shape:
    """(8, rows, columns): a batch of matrices."""
    return (8, *square(numel // 8)) if numel >= 8 else (1, *square(numel))


def image(numel: int) -> Shape:
    """(images, channels, height, width), each a power of two: 4x64x64x64 for 1 Mi elements."""
    bits = numel.bit_length() - 1
    side, channels = 3 * bits // 10, 3 * bits // 10
    return (numel // 2 ** (2 * side + channels), 2**channels, 2**side, 2**side)


def volume(numel: int) -> Shape:
    """(clips, channels, depth, height, width), each a power of two."""
    images, channels, height, width = image(numel)
    depth = 2 if height > 1 else 1
    return (images, channels, depth, height // depth, width)


def parameters(numel: int) -> list[Shape]:
    """The parameters of a small transformer, `numel` elements in all, as foreach ops and optimizers get them.

    Blocks of attention (3d x d, d x d), MLP (4d x d, d x 4d) and their biases and norms; the rest is the embedding, and
    then a bias.
    """
    blocks = 5 if numel >= 2**14 else 1
    width = 1
    while blocks * _block(2 * width) <= numel:
        width *= 2
    if numel < _block(1):
        return [(numel,)]
    d = width
    layer = [(3 * d, d), (3 * d,), (d, d), (d,), (4 * d, d), (4 * d,), (d, 4 * d), (d,), (d,), (d,), (d,), (d,)]
    left = numel - blocks * _block(d)
    embedding = [(left // d, d)] if left >= d else []
    return [*embedding, *layer * blocks, *([(left % d,)] if left % d else [])]


def _block(width: int) -> int:
    return 12 * width**2 + 13 * width


#: Kinds of input shapes, by the name that a pair declares.
KINDS: dict[str, Callable[[int], Shape]] = {
    "vector": vector,
    "column": column,
    "square": square,
    "rows": rows,
    "batch": batch,
    "image": image,
    "volume": volume,
    "parameters": vector,  # the case's shape is the number of elements; `parameters` splits them
}


def same(shape: Shape) -> Shape:
    """The input's shape."""
    return shape


def per_row(shape: Shape) -> Shape:
    """One element per row of the input."""
    return shape[:1]


def per_column(shape: Shape) -> Shape:
    """One element per column of the input."""
    return shape[-1:]


def half_rows(shape: Shape) -> Shape:
    """Half of the input's rows."""
    return (max(1, shape[0] // 2), *shape[1:])


def one_row(shape: Shape) -> Shape:
    """One row of the input."""
    return shape[1:]


def inner(shape: Shape) -> Shape:
    """A square matrix as wide as the input: right factor of a product."""
    return (*shape[:-2], shape[-1], shape[-1])


def stack(shape: Shape) -> Shape:
    """Eight left factors whose products sum up to the input's shape."""
    return (8, *shape)


def stack_inner(shape: Shape) -> Shape:
    """The eight right factors."""
    return (8, shape[-1], shape[-1])


def wide(shape: Shape) -> Shape:
    """A matrix with the input's rows and `width` columns."""
    return (*shape, *width(shape))


def width(shape: Shape) -> Shape:
    """64: the columns of the matrix."""
    return (64,)
