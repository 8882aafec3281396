"""Seeded tensors of a domain, their memory layouts, and fresh copies that keep the layout."""

import functools
import math
import zlib
from collections.abc import Sequence

import torch

from benchmarks.catalogue.domains import DOMAINS, Domain, Places

SEED = 20_250_101

#: How the elements of a tensor lie in memory; lists of tensors have the layout "parameters".
LAYOUTS = ("contiguous", "transposed", "strided", "channels_last")

#: How many numbers a CPU draws in all: a prime, so that no power-of-two size repeats in step with it.
STOCK = 4_200_013


def sample(domain: str, shape: Sequence[int], dtype: torch.dtype, device: torch.device, role: str) -> torch.Tensor:
    """Values inside a domain, none zero or denormal; `role` is the seed, so that no two roles are equal.

    Floats have uniform magnitudes, complex numbers have two such parts; integers and bools follow Domain. Places (masks
    and indices) have a dtype of their own.
    """
    bounds, shape = DOMAINS[domain], tuple(shape)
    if isinstance(bounds, Places):
        return _places(bounds.kind, shape, device, role)
    if dtype.is_complex:
        parts = [sample(domain, shape, torch.float32, device, f"{role} {part}") for part in ("real", "imaginary")]
        return torch.complex(*parts).to(dtype)
    if dtype == torch.bool:
        return _draws(shape, device, role) < 0
    if not dtype.is_floating_point:
        low, high = bounds.integers
        return torch.randint(low, high + 1, shape, generator=_generator(role, device), device=device).to(dtype)
    if device.type != "cpu":
        return _floats(bounds, _draws(shape, device, role)).to(dtype)
    return _stretch(_stock_of(bounds), shape, role).to(dtype, copy=True)


def _floats(bounds: Domain, draws: torch.Tensor) -> torch.Tensor:
    """Uniform draws in [-1, 1), mapped to a domain."""
    span = bounds.high - bounds.low
    if bounds.signed:
        return draws.sign().mul_(bounds.low).add_(draws, alpha=span)
    return draws.abs().mul_(span).add_(bounds.low)


def _places(kind: str, shape: tuple[int, ...], device: torch.device, role: str) -> torch.Tensor:
    if kind == "mask":
        return _draws(shape, device, role) < 0
    generator = _generator(role, device)
    if kind == "anywhere":
        return torch.randperm(math.prod(shape), generator=generator, device=device).view(shape)
    rows, columns = shape[0], shape[1:]
    places = torch.randperm(rows, generator=generator, device=device).view(rows, *(1 for _ in columns))
    # Each column has the same permutation, from another start.
    return (places + torch.randint(rows, columns, generator=generator, device=device)) % rows if columns else places


def _draws(shape: tuple[int, ...], device: torch.device, role: str) -> torch.Tensor:
    """Uniform draws in [-1, 1), none zero, float32; read-only."""
    if device.type != "cpu":
        return _drawn(shape, _generator(role, device))
    return _stretch(_stock(), shape, role)


def _stretch(stock: torch.Tensor, shape: tuple[int, ...], role: str) -> torch.Tensor:
    """A part of a CPU's drawn numbers, from a start that depends on the role; read-only.

    Drawing a large tensor again on one core would take longer than measuring both variants.
    """
    begin = zlib.crc32(role.encode()) % STOCK
    more, end = divmod(begin + math.prod(shape), STOCK)
    if not more:
        return stock[begin:end].view(shape)
    return torch.cat([stock[begin:], *[stock] * (more - 1), stock[:end]]).view(shape)


@functools.cache
def _stock() -> torch.Tensor:
    return _drawn((STOCK,), _generator("stock", torch.device("cpu")))


@functools.cache
def _stock_of(bounds: Domain) -> torch.Tensor:
    """All numbers that a CPU draws, mapped to a domain; cached, since each step takes as long as a copy."""
    return _floats(bounds, _stock())


def _drawn(shape: tuple[int, ...], generator: torch.Generator) -> torch.Tensor:
    draws = torch.empty(shape, dtype=torch.float32, device=generator.device).uniform_(-1, 1, generator=generator)
    return draws.masked_fill_(draws == 0, 0.5)


def _generator(role: str, device: torch.device) -> torch.Generator:
    """A generator on the device: one CPU core would draw a GPU's inputs slower than the GPU runs them."""
    return torch.Generator(device).manual_seed(SEED + zlib.crc32(role.encode()))


def reseed(device: torch.device) -> None:
    """Seed the generator that random ops of a device use, as torch.manual_seed does.

    torch.manual_seed also visits every backend. For those not yet started it queues a call with a stack trace: a
    growing list, and 0.4 ms per call on a CPU, which has only one generator.
    """
    if device.type == "cpu":
        torch.default_generator.manual_seed(SEED)
    else:
        torch.manual_seed(SEED)


def in_layout(values: torch.Tensor, layout: str) -> torch.Tensor:
    """`values` in a layout: equal elements and shape, in new storage.

    `transposed`: the last two dimensions are exchanged in memory. `strided`: every second element of its storage.
    """
    if layout == "transposed" and values.dim() >= 2:
        return values.transpose(-1, -2).contiguous().transpose(-1, -2).clone()
    if layout == "strided":
        strides = [2 * stride for stride in values.stride()]
        return torch.empty_strided(values.shape, strides, dtype=values.dtype, device=values.device).copy_(values)
    if layout == "channels_last" and values.dim() == 4:
        return values.contiguous(memory_format=torch.channels_last)
    return values


def spaced_copy(values: torch.Tensor) -> torch.Tensor:
    """An equal tensor with the same strides and gaps, which clone would close; with a graph a non-leaf."""
    strides = values.stride()
    return torch.empty_strided(values.shape, strides, dtype=values.dtype, device=values.device).copy_(values)


def copy_elsewhere(values: torch.Tensor) -> torch.Tensor:
    """An equal leaf tensor with the same strides and gaps, at another address."""
    storage = values.untyped_storage().clone()
    copy = torch.empty(0, dtype=values.dtype, device=values.device)
    copy.set_(storage, values.storage_offset(), values.shape, values.stride())
    return copy.requires_grad_(values.requires_grad)
