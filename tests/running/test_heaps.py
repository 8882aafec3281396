"""The heaps of a CPU's passes: which blocks an op's input and result get in them, asked of a process under each."""

import os
import platform
import subprocess
import sys

import pytest

from benchmarks.running.heaps import LARGE_BYTES, MALLOC_ENVIRONMENT

#: Calls in blocks of A B B A, as rounds of one call are; prints how many blocks they use, how many pairs of blocks, and
#: the page faults of the last calls. First, where it is asked for, the same as fresh cases do.
CALLS = """
import resource, torch
from benchmarks.running.heaps import keep_blocks
base = torch.rand({numel})
def blocks(calls):
    seen = []
    for call in range(calls):
        if call == calls - 4:
            before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        x = base.clone()
        start = x.data_ptr()
        x = x.add(base) if call % 4 in (0, 3) else x.add_(base)
        seen.append((start, x.data_ptr()))
        del x
    settled = set(seen[8:])
    faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
    print(len({{block for pair in settled for block in pair}}), len(settled), faults)
{steps}
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the heaps are settings of glibc"),
]


def printed(heap: str, numel: int, steps: str) -> list[list[int]]:
    environment = os.environ | MALLOC_ENVIRONMENT[heap]
    command = [sys.executable, "-c", CALLS.format(numel=numel, steps=steps)]
    lines = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.splitlines()
    return [[int(number) for number in line.split()] for line in lines]


@pytest.mark.parametrize("steps", ["keep_blocks(); blocks(48)", "blocks(48); keep_blocks(); blocks(48)"])
@pytest.mark.parametrize("numel", [LARGE_BYTES // 4, 2**22])
def test_large_blocks_are_the_same_in_every_call_and_stay_mapped(numel, steps):
    """Two blocks: both variants' inputs share one, and the other is the out-of-place result."""
    blocks, pairs, faults = printed("large", numel, steps)[-1]
    assert (blocks, pairs) == (2, 2) and faults < 8


@pytest.mark.parametrize("heap", ["large", "fresh"])
def test_fresh_blocks_are_mapped_anew_in_every_call(heap):
    ((*_, faults),) = printed(heap, 2**20, "blocks(48)")
    pages = 2**20 * 4 // os.sysconf("SC_PAGE_SIZE")
    assert faults > 5 * pages, "four inputs, and the results of two calls out of place"
