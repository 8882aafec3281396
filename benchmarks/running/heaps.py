"""The C heaps of CPU passes: which heap times a case, and what a heap does with freed blocks."""

import ctypes

from benchmarks.record import ITEM_BYTES, Case

_TOP_PAD_BYTES = 64 * 2**20

#: Each heap of a pass's process, as glibc settings in its environment:
#: - `fresh`: every block from 128 KiB on is mapped and unmapped by itself; its pages are faulted in at first touch.
#: - `retained`: no block is mapped by itself and none is given back, as in a training loop after its first steps.
#: - `large`: first as `fresh`, for the cases that ask for it, then as `retained` (`keep_blocks`). The thread cache and
#:   the bins of small chunks are off.
#:
#: Why they are off: an aligned block leaves remainders of up to 112 bytes. Thread cache and bins keep these and count
#: them as used, so the freed block cannot merge with its neighbours, and the next block of its size goes elsewhere.
#: Input and result then move between two or three blocks, and whether a call finds its input in the CPU's cache depends
#: on earlier calls. Without cache and bins every call gets the same two blocks.
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

#: The settings of `retained` as numbers of glibc's mallopt: largest thresholds, no block mapped by itself.
_RETAINING = ((-1, -1), (-2, _TOP_PAD_BYTES), (-4, 0))

#: An op's block is large from this size on: its call then takes 10 us or more. A heap without a thread cache costs some
#: 50 ns per call for the small objects of an op without a graph: 3 to 5 % at 1 Ki elements, 0.5 % at this size.
LARGE_BYTES = 2 * 2**20


def heap_of(case: Case) -> str:
    """Return the heap of the process that times a CPU's case, as a key of MALLOC_ENVIRONMENT.

    A scenario allocates blocks of many sizes. Its heap is that of small blocks.
    """
    is_large = not case.scale and case.numel * ITEM_BYTES[case.dtype] >= LARGE_BYTES
    fits = is_large and case.allocator == "retained"
    return "large" if fits or case.allocator == "fresh" else case.allocator


def needs_fresh_blocks(case: Case) -> bool:
    """Return whether a case must come first in its pass: once a heap keeps its blocks, no block is fresh any more."""
    return case.allocator == "fresh"


def keep_blocks() -> None:
    """Make this process's heap (glibc's) keep its blocks from now on: it maps none by itself and gives none back."""
    mallopt = ctypes.CDLL(None).mallopt
    for setting, value in _RETAINING:
        mallopt(setting, value)
