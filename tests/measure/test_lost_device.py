"""A device that serves its process no more is told in a line."""

import pytest
import torch

from benchmarks.measure.lost_device import why_lost


@pytest.fixture
def failing(monkeypatch):
    def synchronize(device):
        raise RuntimeError(f"CUDA error on {device}\nCompile with ...")

    monkeypatch.setattr(torch.cuda, "synchronize", synchronize)


def test_a_device_that_fails_is_lost(failing):
    assert why_lost("cuda:1") == "the device is lost: CUDA error on cuda:1"


def test_a_device_that_answers_is_not_lost(monkeypatch):
    monkeypatch.setattr(torch.cuda, "synchronize", lambda device: None)
    assert why_lost("cuda:1") is None


def test_a_cpu_is_never_lost(failing):
    assert why_lost("cpu") is None
