"""The heaps that passes run under, and which of them a case is timed in."""

from benchmarks.record import ITEM_BYTES, Case

_RETAINED = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(2**46), "MALLOC_TOP_PAD_": str(64 * 2**20)}

#: The heaps, by glibc's environment, set when a process starts. `retained`: no block is mapped by itself and none is
#: given back, as in a training loop after its first steps. `fresh`: every block from 128 KiB on is mapped anew and
#: given back, its pages faulted in at first touch.
#:
#: `retained_large`: retained, without the thread's cache of small chunks. An aligned block leaves a remainder of up to
#: 112 bytes behind it, which that cache takes and counts as used: the freed block no longer joins its neighbours, and
#: the next one of its size, which needs as much more, goes elsewhere. So input and result wander over two or three
#: blocks, and whether a call finds its own in the CPU's cache depends on which calls came before. Without it they get
#: the same two blocks in every call.
MALLOC_ENVIRONMENT = {
    "retained": _RETAINED,
    "retained_large": _RETAINED | {"GLIBC_TUNABLES": "glibc.malloc.tcache_count=0"},
    "inherited": {},
    "fresh": {"MALLOC_MMAP_THRESHOLD_": str(128 * 2**10)},
}

#: An op's block of this size is large. Its call takes 10 us and more: what a heap without a thread's cache costs the
#: small objects of an op without a graph (some 50 ns, which is 3 to 5 % at 1 Ki elements) is half a per cent of that.
LARGE_BYTES = 2 * 2**20


def heap_of(case: Case) -> str:
    """The heap of the process that times a CPU's case, a key of MALLOC_ENVIRONMENT.

    A scenario allocates blocks of many sizes, and its heap is the one for small ones.
    """
    is_large = not case.scale and case.numel * ITEM_BYTES[case.dtype] >= LARGE_BYTES
    return "retained_large" if case.allocator == "retained" and is_large else case.allocator
