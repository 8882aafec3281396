"""Softmax by halves and rotary positions."""

import pytest
import torch

from benchmarks.models.attention import halfwise_softmax_, rotary_angles, rotate, rotate_


def test_softmax_by_halves_is_softmax_in_the_same_tensor():
    scores = torch.randn(3, 4, 4)  # an odd number of heads
    expected = scores.softmax(-1)
    assert halfwise_softmax_(scores) is scores and torch.equal(scores, expected)


@pytest.mark.parametrize("turn", [rotate, rotate_])
def test_a_pair_is_turned_by_its_token_times_its_frequency(turn):
    tokens, head = 5, 8
    x = torch.randn(2, tokens, head, dtype=torch.float64)
    turns = torch.arange(tokens)[:, None] * 10_000.0 ** (-torch.arange(0, head, 2, dtype=torch.float64) / head)
    turned = torch.complex(x[..., : head // 2], x[..., head // 2 :]) * torch.polar(torch.ones_like(turns), turns)
    cos, sin = rotary_angles(tokens, head)
    found = turn(x.clone(), cos.double(), sin.double())
    torch.testing.assert_close(found, torch.cat((turned.real, turned.imag), -1), rtol=0, atol=1e-6)


def test_rotation_in_place_writes_its_input():
    x = torch.randn(2, 5, 8)
    assert rotate_(x, *rotary_angles(5, 8)) is x
