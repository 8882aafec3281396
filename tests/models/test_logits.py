"""Log-probabilities of chosen tokens, and the k most likely."""

import pytest
import torch
from torch.nn import functional as F

from benchmarks.models.logits import most_likely, most_likely_, token_log_probabilities


def test_what_is_chosen_has_the_cross_entropys_log_probability():
    logits, tokens = torch.randn(2, 3, 7), torch.randint(7, (2, 3))
    expected = -F.cross_entropy(logits.flatten(0, 1), tokens.flatten(), reduction="none").view(2, 3)
    torch.testing.assert_close(token_log_probabilities(logits, tokens), expected)


@pytest.mark.parametrize("keep", [most_likely, most_likely_])
def test_k_tokens_are_left_with_the_softmax_of_their_tempered_logits(keep):
    logits = torch.randn(3, 20)
    best = logits.topk(4)
    expected = torch.zeros(3, 20).scatter(1, best.indices, (best.values / 0.5).softmax(-1))
    torch.testing.assert_close(keep(logits.clone(), 4, 0.5), expected)
