"""The heaps of a CPU's passes: which blocks an op's input and result get in them, asked of a process under each."""

import ast
import itertools
import os
import platform
import subprocess
import sys

import pytest

from benchmarks.running.heaps import LARGE_BYTES, MALLOC_ENVIRONMENT

#: What is asked under each heap: the number of elements, and the steps.
WITHIN = ("keep_blocks(); blocks(48)", "blocks(48); keep_blocks(); blocks(48)")
NUMELS = (LARGE_BYTES // 4, 2**22)
ANEW = (2**20, "blocks(48)")
ASKED = {"large": [*itertools.product(NUMELS, WITHIN), ANEW], "fresh": [ANEW]}

#: Of each that is asked, in a fork that finds the heap as torch's import leaves it: calls in blocks of A B B A, as
#: rounds of one call are; prints how many blocks they use, how many pairs of blocks, and the page faults of the last
#: calls. First, where it is asked for, the same as fresh cases do.
CALLS = """
import os, resource, torch
from benchmarks.running.heaps import keep_blocks
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
    found.append((len({block for pair in settled for block in pair}), len(settled), faults))
for numel, steps in ASKED:
    if not os.fork():
        found = []
        base = torch.rand(numel)
        exec(steps)
        print(found[-1], flush=True)
        os._exit(0)
    assert os.wait()[1] == 0
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the heaps are settings of glibc"),
]


@pytest.fixture(scope="module")
def answers() -> dict[str, dict]:
    """By heap and by what was asked: blocks, pairs of blocks, page faults."""
    found = {}
    for heap, asked in ASKED.items():
        command = [sys.executable, "-c", CALLS.replace("ASKED", repr(asked))]
        environment = os.environ | MALLOC_ENVIRONMENT[heap]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        found[heap] = dict(zip(asked, map(ast.literal_eval, done.stdout.splitlines()), strict=True))
    return found


@pytest.mark.parametrize("steps", WITHIN)
@pytest.mark.parametrize("numel", NUMELS)
def test_large_blocks_are_the_same_in_every_call_and_stay_mapped(answers, numel, steps):
    """Two blocks: both variants' inputs share one, and the other is the out-of-place result."""
    blocks, pairs, faults = answers["large"][numel, steps]
    assert (blocks, pairs) == (2, 2) and faults < 8


@pytest.mark.parametrize("heap", ASKED)
def test_fresh_blocks_are_mapped_anew_in_every_call(answers, heap):
    *_, faults = answers[heap][ANEW]
    pages = 2**20 * 4 // os.sysconf("SC_PAGE_SIZE")
    assert faults > 5 * pages, "four inputs, and the results of two calls out of place"
