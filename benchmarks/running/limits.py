"""How much memory a case may take: one that cannot fit is refused beforehand, any other raises and is not killed."""

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

#: How many tensors of the input's size are alive at once at worst: base, operands, upstream, clones of the checks,
#: gradients.
MOST_TENSORS = 12

#: Smaller needs are not checked: the check takes longer than many cases' calls, and a process with torch has this much.
LITTLE_BYTES = 64 * 2**20

#: The share of a GPU's memory that torch's allocator may keep cached when a case starts.
CACHED_SHARE = 0.5


@contextmanager
def within_memory(case: Case) -> Iterator[None]:
    """Limit the growth of this process's data to the free memory, so that a model too large raises an error.

    Linux promises memory that it does not have, and kills the process that uses it. The need of an op's case is known
    beforehand; that of a scenario or a user's callables is not. RLIMIT_DATA counts private memory (since Linux 4.7),
    not what CUDA reserves. There is no limit on other systems, and none on a GPU, which refuses by itself.
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
    """Bytes that a case can have: of the machine's memory, within this process's limits.

    On a GPU the driver counts the blocks that torch's allocator keeps cached as used.
    """
    if device == "cpu":
        of_group = cgroup.group_free_bytes()
        return min([psutil.virtual_memory().available, *_within_limits(), *([] if of_group is None else [of_group])])
    return torch.cuda.mem_get_info(device)[0] + _cached_bytes(device)


def _within_limits() -> list[int]:
    """Bytes that this process's own limits (`ulimit`) leave, on Linux, where they are set."""
    if sys.platform != "linux":
        return []
    used = psutil.Process().memory_info()
    taken = {resource.RLIMIT_AS: used.vms, resource.RLIMIT_DATA: used.data}
    soft = {name: resource.getrlimit(name)[0] for name in taken}
    return [max(0, soft[name] - taken[name]) for name in taken if soft[name] != resource.RLIM_INFINITY]


def release_cache(device: str) -> None:
    """Free the blocks that torch's allocator keeps cached on a GPU, if more than CACHED_SHARE of its memory.

    Cached blocks serve only requests that fit into them, so a large case may fail although many are free.
    """
    if device != "cpu" and _cached_bytes(device) > CACHED_SHARE * torch.cuda.mem_get_info(device)[1]:
        torch.cuda.empty_cache()


def _cached_bytes(device: str) -> int:
    return torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)


def why_too_large(case: Case) -> str | None:
    """Why a case cannot fit, decided before anything is allocated: Linux promises memory that it does not have."""
    need = MOST_TENSORS * case.numel * ITEM_BYTES[case.dtype]
    if need <= LITTLE_BYTES:
        return None
    have = free_bytes(case.device)
    if need <= have:
        return None
    return f"needs about {mib_text(need, 0)}, {mib_text(have, 0)} are free on {case.device}"
