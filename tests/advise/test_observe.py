"""What a trial leaves behind as digests: tensors whose values, dtype or shape cannot be read."""

import torch

from benchmarks.advise.trials.observe import digest


class Undefined:
    """Answers as a tensor that autograd left undefined."""

    @property
    def dtype(self):
        raise RuntimeError("unsupported scalarType")


def test_a_tensor_without_dtype_is_undefined_and_counts_as_read():
    assert digest(Undefined()) == ("undefined", True)


def test_a_tensor_without_values_says_its_shape():
    assert digest(torch.empty(2, 3, device="meta")) == ("float32[2, 3] meta", True)


def test_equal_bits_have_equal_digests_and_a_sign_of_zero_differs():
    assert digest(torch.tensor([0.0, 1.0])) == digest(torch.tensor([0.0, 1.0]))
    assert digest(torch.tensor([0.0])) != digest(torch.tensor([-0.0]))
