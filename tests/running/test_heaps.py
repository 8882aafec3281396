"""The heaps that passes run under: which blocks an op's input and result get in them, asked of a process under each."""

import os
import platform
import subprocess
import sys

import pytest

from benchmarks.running.heaps import LARGE_BYTES, MALLOC_ENVIRONMENT

#: Calls in blocks of A B B A, as rounds of one call are; prints how many blocks they use, and how many pairs of blocks.
CALLS = """
import torch
base = torch.rand({numel})
seen = []
for call in range(48):
    x = base.clone()
    start = x.data_ptr()
    x = x.add(base) if call % 4 in (0, 3) else x.add_(base)
    seen.append((start, x.data_ptr()))
    del x
settled = set(seen[8:])
print(len({{block for pair in settled for block in pair}}), len(settled))
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the heaps are settings of glibc"),
]


@pytest.mark.parametrize("numel", [LARGE_BYTES // 4, 2**22])
def test_large_blocks_are_the_same_in_every_call(numel):
    """Two blocks: both variants' inputs share one, and the other is the out-of-place result."""
    environment = os.environ | MALLOC_ENVIRONMENT["retained_large"]
    command = [sys.executable, "-c", CALLS.format(numel=numel)]
    printed = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    assert printed.split() == ["2", "2"]
