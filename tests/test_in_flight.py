"""Which variant runs: noted where one is taken to be called, and still there when the process is not."""

import os
import sys

import pytest
import torch

from benchmarks import in_flight
from benchmarks.inputs import make_inputs
from benchmarks.process import child_process
from benchmarks.record import INPLACE, OUTOFPLACE, VARIANTS
from tests.running.cases import CASE, pair_of


def test_a_variant_that_is_taken_runs():
    subjects = make_inputs(pair_of(), CASE).subjects
    in_flight.note_variant(None)
    for variant in (*VARIANTS, OUTOFPLACE):
        assert torch.equal(subjects[variant].call(torch.ones(2)), torch.tensor([-1.0, -1.0]))
        assert in_flight.noted_variant() == variant
    assert [in_flight.noted_variant() for _ in subjects.values()] == list(VARIANTS)
    assert (set(subjects), len(subjects)) == (set(VARIANTS), 2)
    in_flight.note_variant(None)
    assert in_flight.noted_variant() is None


@pytest.mark.parametrize("variant", [*VARIANTS, None])
def test_it_stands_in_the_file_that_is_shared(tmp_path, variant, monkeypatch):
    monkeypatch.setattr(in_flight, "_byte", bytearray(1))
    file = tmp_path / "byte"
    file.write_bytes(b"\0")
    descriptor = os.open(file, os.O_RDWR)
    in_flight.share(descriptor)
    os.close(descriptor)
    in_flight.note_variant(variant)
    assert in_flight.variant_in(file.read_bytes()) == in_flight.noted_variant() == variant


def test_what_is_no_variant_is_none():
    assert in_flight.variant_in(b"") is None and in_flight.variant_in(b"\x09") is None
    assert in_flight.with_variant("it hung", None) == "it hung"
    assert in_flight.with_variant("it hung", INPLACE) == "it hung (in-place was running)"


@pytest.mark.slow
@pytest.mark.parametrize("variant", [INPLACE, None])
def test_a_process_that_was_killed_leaves_it_behind(variant):
    program = f"""
import os, sys
from benchmarks import in_flight
from benchmarks.process import Events
events = Events(sys.argv[1])
in_flight.note_variant({INPLACE!r})
in_flight.note_variant({variant!r})
os.kill(os.getpid(), 9)
"""
    with child_process([sys.executable, "-c", program], dict(os.environ)) as child:
        assert child.event(60) is None and child.status(60) == -9
        assert child.variant() == variant
