"""An op for another layout refuses dense tensors and takes its own."""

import pytest
import torch

from benchmarks.catalogue.excused import LAYOUTS
from tests.catalogue.excused.named import inplace_callable, shipped

INDICES = torch.tensor([[0, 1], [1, 2]])


def sparse(*values):
    return torch.sparse_coo_tensor(INDICES, torch.tensor(values), (3, 4), check_invariants=True)


LAYOUT_CALLS = {
    "_coalesced_": (True,),
    "_mkldnn_transpose_": (0, 1),
    "copy_sparse_to_sparse_": (sparse(5.0, 6.0),),
    "resize_as_sparse_": (sparse(5.0, 6.0),),
    "sparse_resize_": ((4, 4), 2, 0),
    "sparse_resize_and_clear_": ((4, 4), 2, 0),
}


@pytest.mark.parametrize("name", shipped(LAYOUTS))
def test_an_op_for_another_layout_refuses_dense_tensors(name):
    with pytest.raises(RuntimeError, match=f"Could not run 'aten::{name}'|not a sparse tensor"):
        inplace_callable(name)(torch.ones(3, 4), *LAYOUT_CALLS[name])


@pytest.mark.parametrize("name", [name for name in shipped(LAYOUTS) if LAYOUTS[name] == "sparse"])
def test_an_op_for_sparse_tensors_takes_one(name):
    x = sparse(1.0, 2.0)
    assert inplace_callable(name)(x, *LAYOUT_CALLS[name]) is x
