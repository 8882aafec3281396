"""An op on metadata changes what its excuse says and writes no element."""

import pytest
import torch

from benchmarks.catalogue.excused import METADATA
from tests.catalogue.excused.named import inplace_callable, shipped

METADATA_CALLS = {
    "as_strided_": ((4, 3), (1, 4)),
    "detach_": (),
    "rename_": ("rows", "columns"),
    "requires_grad_": (),
    "resize_": (5, 4),
    "resize_as_": (torch.empty(5, 4),),
    "set_": (torch.full((2,), 7.0),),
    "shallow_copy_data_": (torch.full((2,), 7.0),),
    "share_memory_": (),
    "squeeze_": (),
    "t_": (),
    "transpose_": (0, 1),
    "unsqueeze_": (0,),
}


def state(x):
    """What can change about a tensor without an element being written."""
    return {
        "shape and strides": (x.shape, x.stride(), x.storage_offset()),
        "the graph": (x.requires_grad, x.grad_fn),
        "storage": (x.untyped_storage().data_ptr(), x.is_shared()),
        "names": [name for name in getattr(x, "names", ()) if name],
    }


@pytest.mark.filterwarnings("ignore:Named tensors")
@pytest.mark.parametrize("name", shipped(METADATA))
def test_a_metadata_op_changes_what_it_says_and_no_element(name):
    leaf = torch.arange(12.0).view(3, 4)
    if name == "squeeze_":
        leaf = leaf.view(3, 1, 4)
    x = leaf.clone().requires_grad_() * 1 if name == "detach_" else leaf.clone()
    storage = x.untyped_storage()
    before, elements = state(x), x.detach().flatten().tolist()
    assert inplace_callable(name)(x, *METADATA_CALLS[name]) is x
    after = state(x)
    changed = {what for what in before if before[what] != after[what]}
    assert changed, "did nothing"
    assert all(what in METADATA[name] for what in changed), changed
    assert torch.empty(0).set_(storage)[:12].tolist() == elements
    if name not in ("set_", "shallow_copy_data_"):  # they look at other storage
        assert torch.empty(0).set_(x.untyped_storage())[:12].tolist() == elements


def test_metadata_ops_are_seen_to_write_where_they_would():
    """The same look at an op that does write."""
    x = torch.arange(12.0).view(3, 4)
    storage, elements = x.untyped_storage(), x.flatten().tolist()
    before = state(x)
    assert state(x.add_(1)) == before
    assert torch.empty(0).set_(storage)[:12].tolist() != elements
