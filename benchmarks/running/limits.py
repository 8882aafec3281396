"""What a case may take of memory: one that cannot fit is refused beforehand, any other raises and is not killed."""

import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import torch

from benchmarks import cgroup
from benchmarks.record import ITEM_BYTES, USER, Case

#: Of what is free, what a case may take: the rest is for the system and for what else goes on.
SHARE = 0.9

#: Tensors a case has alive at worst, in inputs' sizes: base, operands, upstream, clones of the checks, gradients.
MOST_TENSORS = 12

#: Who needs less is not asked: asking takes longer than many a case's calls, and no process that holds torch lacks it.
LITTLE_BYTES = 64 * 2**20

#: Of a card's memory, what torch's allocator may keep for later when a case starts.
CACHED_SHARE = 0.5


@contextmanager
def within_memory(case: Case) -> Iterator[None]:
    """Let this process's data grow by what is free and no more, so that a model too large raises where it asks.

    Linux grants memory that it does not have and kills whoever touches it. An op's case says beforehand what it needs;
    a scenario's cannot, nor can what a user's callables do. RLIMIT_DATA counts private memory (since Linux 4.7), not
    what CUDA reserves; elsewhere, and on a GPU, which refuses by itself, there is no limit.
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
    """Bytes that a case can have: of the machine, within what this process may have of it.

    On a GPU the driver counts what torch's allocator keeps for later as in use.
    """
    if device == "cpu":
        of_group = cgroup.group_free_bytes()
        return min([psutil.virtual_memory().available, *_within_limits(), *([] if of_group is None else [of_group])])
    return torch.cuda.mem_get_info(device)[0] + _cached_bytes(device)


def _within_limits() -> list[int]:
    """What the limits of this process (`ulimit`) leave it, where they are set and hold: on Linux."""
    if sys.platform != "linux":
        return []
    used = psutil.Process().memory_info()
    taken = {resource.RLIMIT_AS: used.vms, resource.RLIMIT_DATA: used.data}
    soft = {name: resource.getrlimit(name)[0] for name in taken}
    return [max(0, soft[name] - taken[name]) for name in taken if soft[name] != resource.RLIM_INFINITY]


def release_cache(device: str) -> None:
    """Give back what torch's allocator keeps of a GPU, where that is more than CACHED_SHARE of the card.

    Kept blocks serve only requests that fit into them, so a large case may fail beside many free ones.
    """
    if device != "cpu" and _cached_bytes(device) > CACHED_SHARE * torch.cuda.mem_get_info(device)[1]:
        torch.cuda.empty_cache()


def _cached_bytes(device: str) -> int:
    return torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)


def why_too_large(case: Case) -> str | None:
    """Why a case cannot fit, judged before anything is allocated: Linux grants memory it does not have."""
    need = MOST_TENSORS * case.numel * ITEM_BYTES[case.dtype]
    if need <= LITTLE_BYTES:
        return None
    have = free_bytes(case.device)
    if need <= have:
        return None
    return f"needs about {need / 2**20:,.0f} MiB, {have / 2**20:,.0f} MiB are free on {case.device}"
