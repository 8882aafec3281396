"""What does not fit raises where it asks for memory, and the limit goes with the case."""

import resource
import sys
from dataclasses import replace

import psutil
import pytest
import torch

from benchmarks.running.limits import within_memory
from tests.scenarios import case_of, scenario

CASE = case_of(scenario())
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the limit is Linux's")


def test_more_than_is_free_is_refused_at_once():
    before = resource.getrlimit(resource.RLIMIT_DATA)
    with within_memory(CASE):
        assert torch.ones(1000).sum() == 1000
        with pytest.raises(RuntimeError, match="can't allocate memory"):
            torch.empty(2 * psutil.virtual_memory().available, dtype=torch.uint8)
    assert resource.getrlimit(resource.RLIMIT_DATA) == before


@pytest.mark.parametrize("case", [replace(CASE, scale=0), replace(CASE, device="cuda:0")], ids=["op", "gpu"])
def test_ops_and_gpus_have_no_limit(case):
    before = resource.getrlimit(resource.RLIMIT_DATA)
    with within_memory(case):
        assert resource.getrlimit(resource.RLIMIT_DATA) == before


def test_an_error_ends_the_limit():
    before = resource.getrlimit(resource.RLIMIT_DATA)
    with pytest.raises(KeyError), within_memory(CASE):
        raise KeyError
    assert resource.getrlimit(resource.RLIMIT_DATA) == before
