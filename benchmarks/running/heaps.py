"""The heaps of a CPU's passes: which of them times a case, and what it does with freed blocks meanwhile."""

import ctypes

from benchmarks.record import ITEM_BYTES, Case

_TOP_PAD_BYTES = 64 * 2**20

#: The heap of a pass's process, by the glibc settings that it is started with. `fresh`: every block from 128 KiB on is
#: mapped anew and given back, its pages faulted in at first touch. `retained`: no block is mapped by itself and none is
#: given back, as in a training loop after its first steps. `large`: fresh for the cases that ask for it, which come
#: first, then retained (`keep_blocks`), all without the thread's cache and the bins of small chunks.
#:
#: An aligned block leaves remainders of up to 112 bytes, which cache and bins take and count as used: the freed block
#: no longer joins its neighbours, and the next one of its size, which needs as much more, goes elsewhere. So input and
#: result wander over two or three blocks, and whether a call finds its own in the CPU's cache depends on which calls
#: came before. Without them they get the same two blocks in every call.
MALLOC_ENVIRONMENT = {
    "retained": {
        "MALLOC_MMAP_MAX_": "0",
        "MALLOC_TRIM_THRESHOLD_": str(2**46),
        "MALLOC_TOP_PAD_": str(_TOP_PAD_BYTES),
    },
    "large": {
        "MALLOC_MMAP_THRESHOLD_": str(128 * 2**10),
        "GLIBC_TUNABLES": "glibc.malloc.tcache_count=0:glibc.malloc.mxfast=0",
    },
    "inherited": {},
    "fresh": {"MALLOC_MMAP_THRESHOLD_": str(128 * 2**10)},
}

#: The same settings as `retained`'s, as numbers of glibc's mallopt: the largest threshold, nothing mapped by itself.
_RETAINING = ((-1, -1), (-2, _TOP_PAD_BYTES), (-4, 0))

#: An op's block of this size is large. Its call takes 10 us and more: what a heap without a thread's cache costs the
#: small objects of an op without a graph (some 50 ns, which is 3 to 5 % at 1 Ki elements) is half a per cent of that.
LARGE_BYTES = 2 * 2**20


def heap_of(case: Case) -> str:
    """The heap of the process that times a CPU's case, a key of MALLOC_ENVIRONMENT.

    A scenario allocates blocks of many sizes, and its heap is the one for small ones.
    """
    is_large = not case.scale and case.numel * ITEM_BYTES[case.dtype] >= LARGE_BYTES
    fits = is_large and case.allocator == "retained"
    return "large" if fits or case.allocator == "fresh" else case.allocator


def begins(case: Case) -> bool:
    """Whether a case comes before those that do not: once a heap keeps its blocks, none is fresh any more."""
    return case.allocator == "fresh"


def keep_blocks() -> None:
    """From now on the heap of this process maps no block by itself and gives none back. It must be glibc's."""
    mallopt = ctypes.CDLL(None).mallopt
    for setting, value in _RETAINING:
        mallopt(setting, value)
