"""In-place ops of eager mode that read their own memory while they write it: wrong values without an error."""

import torch

from benchmarks.autograd.evidence import Tensors
from benchmarks.autograd.hazards.hazard import Hazard
from benchmarks.autograd.record.findings import SILENT


def _rows(device: str, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return torch.tensor([[2.0, 4.0], [5.0, 10.0]], dtype=dtype, device=device)


def divided_by_own_column(device: str) -> Tensors:
    x = _rows(device)
    return x.div_(x[:, :1])  # its first column is 1 before the others are divided by it


def divided_by_copy(device: str) -> Tensors:
    x = _rows(device)
    return x.div_(x[:, :1].clone())


def divided_by_own_row(device: str) -> Tensors:
    x = _rows(device)
    return x.div_(x[:1])


def _divided(device: str) -> Tensors:
    x = _rows("cpu", torch.float64)
    return x / x[:, :1]


def product_with_itself(device: str) -> Tensors:
    x = _rows(device)
    x[None].baddbmm_(x[None], x[None])  # small: by a loop of torch's own, the same on every machine
    return x


def matrix_with_itself(device: str) -> Tensors:
    x = _rows(device)
    return x.addmm_(x, x)


def sum_with_itself(device: str) -> Tensors:
    x = _rows(device)
    return x.addbmm_(x[None], x[None])


def product_anew(device: str) -> Tensors:
    x = _rows(device)[None]
    return torch.baddbmm(x, x, x)[0]


def _product(device: str) -> Tensors:
    x = _rows("cpu", torch.float64)
    return x + x @ x


def scattered_itself(device: str) -> Tensors:
    x = torch.arange(1.0, 7.0, device=device)
    return x.masked_scatter_(x > 2, x)


def scattered_anew(device: str) -> Tensors:
    x = torch.arange(1.0, 7.0, device=device)
    return x.masked_scatter(x > 2, x)


HAZARDS = (
    Hazard(
        "own-column",
        "x.div_(x[:, :1]) divides by a column that it has already written; by its own row, x.div_(x[:1]), is refused",
        SILENT,
        divided_by_own_column,
        truth=_divided,
        last_known=SILENT,
        instead="x.div_(x[:, :1].clone())",
        rewrite=divided_by_copy,
        beside=(("x.div_(x[:1])", divided_by_own_row),),
    ),
    Hazard(
        "product-with-itself",
        "x.baddbmm_(x, x), addmm_ and addbmm_ multiply rows that they have already written",
        SILENT,
        product_with_itself,
        truth=_product,
        last_known=SILENT,
        instead="torch.baddbmm(x, x, x), out-of-place",
        rewrite=product_anew,
        beside=(("addmm_", matrix_with_itself), ("addbmm_", sum_with_itself)),
    ),
    Hazard(
        "scattered-itself",
        "x.masked_scatter_(mask, x) reads elements that it has already written",
        SILENT,
        scattered_itself,
        truth=lambda device: torch.tensor([1.0, 2.0, 1.0, 2.0, 3.0, 4.0], dtype=torch.float64),
        last_known=SILENT,
        instead="x.masked_scatter(mask, x), out-of-place",
        rewrite=scattered_anew,
    ),
)
