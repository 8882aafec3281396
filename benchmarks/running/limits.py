"""How much memory a case may take. A case that cannot fit is refused; another that needs too much raises an error."""

import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import torch

from benchmarks import cgroup
from benchmarks.record import ITEM_BYTES, USER, Case
from benchmarks.record.plain_text import mib_text

#: The share of free memory that a case may take; the rest is for the system and other programs.
SHARE = 0.9

#: The most tensors of the input's size that are alive at once: base, operands, upstream gradient, clones of the checks,
#: gradients.
MOST_TENSORS = 12

#: Smaller needs are not checked: the check takes longer than the calls of many cases, and every process that loaded
#: torch has this much.
LITTLE_BYTES = 64 * 2**20

#: The share of a GPU's memory that torch's allocator may keep cached when a case starts.
CACHED_SHARE = 0.5


@contextmanager
def within_memory(case: Case) -> Iterator[None]:
    """Limit the growth of this process's data to the free memory while a case runs, so that too large a case raises.

    Linux promises memory that it does not have, and kills the process that uses it. What an op's case needs is known
    before; what a scenario or a user's callables need is not, so only these are limited. RLIMIT_DATA counts private
    memory (since Linux 4.7), not what CUDA reserves. Other systems set no limit, and a GPU needs none: it refuses by
    itself.
    """
    says_its_need = not case.scale and case.family != USER
    if says_its_need or case.device != "cpu" or sys.platform != "linux":
        yield
        return
    before = resource.getrlimit(resource.RLIMIT_DATA)
    most = psutil.Process().memory_info().data + int(SHARE * free_bytes("cpu"))
    hard = before[1]
    resource.setrlimit(resource.RLIMIT_DATA, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, before)


def free_bytes(device: str) -> int:
    """Return how many bytes a case can have on a device.

    On the CPU: the free memory of the machine, within the limits of this process and its control group. On a GPU: the
    free memory, and the blocks that torch's allocator keeps cached, which the driver counts as used.
    """
    if device == "cpu":
        of_group = cgroup.group_free_bytes()
        return min([psutil.virtual_memory().available, *_within_limits(), *([] if of_group is None else [of_group])])
    return torch.cuda.mem_get_info(device)[0] + _cached_bytes(device)


def _within_limits() -> list[int]:
    """Return how many bytes each limit of this process (`ulimit`) leaves; empty if none is set, or not on Linux."""
    if sys.platform != "linux":
        return []
    used = psutil.Process().memory_info()
    taken = {resource.RLIMIT_AS: used.vms, resource.RLIMIT_DATA: used.data}
    soft = {name: resource.getrlimit(name)[0] for name in taken}
    return [max(0, soft[name] - taken[name]) for name in taken if soft[name] != resource.RLIM_INFINITY]


def release_cache(device: str) -> None:
    """Free the blocks that torch's allocator keeps cached on a GPU, if they are more than CACHED_SHARE of its memory.

    A cached block serves only a request that fits into it. So a large case may fail although many blocks are free.
    """
    if device != "cpu" and _cached_bytes(device) > CACHED_SHARE * torch.cuda.mem_get_info(device)[1]:
        torch.cuda.empty_cache()


def _cached_bytes(device: str) -> int:
    return torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)


def why_too_large(case: Case) -> str | None:
    """Return why a case cannot fit into the free memory, as one line; None if it can.

    It is decided before anything is allocated: Linux promises memory that it does not have.
    """
    need = MOST_TENSORS * case.numel * ITEM_BYTES[case.dtype]
    if need <= LITTLE_BYTES:
        return None
    have = free_bytes(case.device)
    if need <= have:
        return None
    return f"needs about {mib_text(need, 0)}, {mib_text(have, 0)} are free on {case.device}"
