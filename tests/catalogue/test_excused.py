"""What the excuses claim, run on the installed torch: a claim that a version breaks is an op to measure."""

import inspect
import math

import pytest
import torch
from torch.autograd.profiler import profile
from torch.nn import functional
from torch.utils._python_dispatch import TorchDispatchMode

from benchmarks.catalogue.excused import (
    ALIASES,
    CALLBACKS,
    EXCUSED,
    IGNORED_FLAGS,
    INTERNAL,
    KINDS,
    LAYOUTS,
    METADATA,
)
from benchmarks.catalogue.surface import inplace_names

NAMES = inplace_names()
ATEN = torch.ops.aten


def shipped(names):
    """Those of the names that this torch has: an excuse may be for another version."""
    return [name for name in names if name in NAMES]


def test_each_name_is_of_one_kind_and_has_a_reason_in_words():
    assert sum(map(len, KINDS.values())) == len(EXCUSED) > 50
    for name, (kind, about) in EXCUSED.items():
        assert KINDS[kind][name] == about
        assert len(about) > 2 and len(kind.split()) > 2, name


def test_nearly_every_excuse_is_for_this_torch():
    assert len(shipped(EXCUSED)) >= len(EXCUSED) - 3


# Aliases


class Dispatched(TorchDispatchMode):
    """The overloads that reach a kernel, in order."""

    def __init__(self):
        super().__init__()
        self.ops = []

    def __torch_dispatch__(self, op, types, args=(), kwargs=None):
        self.ops.append(op)
        return op(*args, **(kwargs or {}))


def form(name):
    """The callable that writes its first argument."""
    if name.endswith("(inplace=)"):
        owner, _, attribute = name.removesuffix("(inplace=)").partition(".")
        function = getattr({"F": functional, "nn": torch.nn}[owner], attribute)
        return lambda x, *rest: function(x, *rest, inplace=True)
    return getattr(torch.Tensor, name, None) or getattr(ATEN, name)


def calls(name):
    """Arguments for every overload of a name that takes numbers and tensors: (positional, by keyword)."""
    if name.startswith("F."):
        return [((0.5, 0.25), {})]
    if name.startswith("__"):
        return [((0.5,), {})]
    values = {"Tensor": torch.linspace(0.3, 0.6, 12).view(3, 4), "number": 0.5, "int": 1, "Optional[str]": "floor"}
    values |= {"Optional[Tensor]": values["Tensor"], "Optional[number]": 0.5}
    found = []
    for schema in torch._C._jit_get_schemas_for_operator(f"aten::{name}"):
        # alpha by position is for C++ only
        further = [each for each in schema.arguments[1:] if each.name != "alpha" or each.kwarg_only]
        if str(schema.arguments[0].type) == "Tensor" and all(str(each.type) in values for each in further):
            ints = iter((0, 1))  # two different dimensions
            given = [(each, next(ints) if str(each.type) == "int" else values[str(each.type)]) for each in further]
            positional = tuple(value for each, value in given if not each.kwarg_only)
            found.append((positional, {each.name: value for each, value in given if each.kwarg_only}))
    return found


def dispatch(name, positional, keywords, offset=0.0):
    """What a call dispatches, and its result."""
    x = torch.linspace(0.1, 0.9, 12).view(3, 4) + offset
    with Dispatched() as seen:
        result = form(name)(x, *positional, **keywords)
    assert result is x or name.startswith("F.")
    return seen.ops, result


@pytest.mark.parametrize("alias", shipped(ALIASES))
def test_an_alias_dispatches_to_the_op_of_its_target(alias):
    target, offset = ALIASES[alias], 1.0 if alias == "arccosh_" else 0.0
    assert calls(alias)
    for positional, keywords in calls(alias):
        ops, result = dispatch(alias, positional, keywords, offset)
        expected_ops, expected = dispatch(target, positional, keywords, offset)
        assert ops == expected_ops and len(ops) == 1
        assert torch.equal(result, expected) and result.isfinite().all()


def test_every_overload_of_an_alias_is_run():
    assert len(calls("divide_")) == 4  # a tensor or a number, with and without rounding
    assert len(calls("greater_")) == 2
    assert len(calls("clip_")) == 2


@pytest.mark.parametrize("one, other", [("sub_", "add_"), ("square_", "mul_"), ("gt_", "ge_")])
def test_ops_that_are_no_aliases_differ(one, other):
    positional = () if one == "square_" else (0.5,)
    assert dispatch(one, positional, {})[0] != dispatch(other, positional or (0.5,), {})[0]


def test_the_target_of_an_alias_is_measured_or_writes_nothing():
    for alias, target in ALIASES.items():
        assert target in NAMES and alias != target
        assert target not in EXCUSED or target in METADATA


# Metadata

METADATA_CALLS = {
    "as_strided_": ((4, 3), (1, 4)),
    "detach_": (),
    "rename_": ("rows", "columns"),
    "requires_grad_": (),
    "resize_": (5, 4),
    "resize_as_": (torch.empty(5, 4),),
    "set_": (torch.full((2,), 7.0),),
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
    assert form(name)(x, *METADATA_CALLS[name]) is x
    after = state(x)
    changed = {what for what in before if before[what] != after[what]}
    assert changed, "did nothing"
    assert all(what in METADATA[name] for what in changed), changed
    assert torch.empty(0).set_(storage)[:12].tolist() == elements
    if name != "set_":
        assert torch.empty(0).set_(x.untyped_storage())[:12].tolist() == elements


def test_metadata_ops_are_seen_to_write_where_they_would():
    """The same look at an op that does write."""
    x = torch.arange(12.0).view(3, 4)
    storage, elements = x.untyped_storage(), x.flatten().tolist()
    before = state(x)
    assert state(x.add_(1)) == before
    assert torch.empty(0).set_(storage)[:12].tolist() != elements


# Layouts

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
        form(name)(torch.ones(3, 4), *LAYOUT_CALLS[name])


@pytest.mark.parametrize("name", [name for name in shipped(LAYOUTS) if LAYOUTS[name] == "sparse"])
def test_an_op_for_sparse_tensors_takes_one(name):
    x = sparse(1.0, 2.0)
    assert form(name)(x, *LAYOUT_CALLS[name]) is x


# Internal names


def is_for_users(name):
    """Not private by name, and a method or the twin of an out-of-place form."""
    bare = name.removeprefix("F.")
    return not bare.startswith("_") and (hasattr(torch.Tensor, bare) or hasattr(torch, bare.removesuffix("_")))


@pytest.mark.parametrize("name", shipped(INTERNAL))
def test_an_internal_name_is_not_for_users(name):
    assert not is_for_users(name)


def test_public_names_are_for_users():
    assert all(map(is_for_users, ("add_", "copy_", "dropout_", "celu_")))


def step(optimizer):
    weight = torch.ones(3, requires_grad=True)
    weight.grad = torch.ones(3)
    optimizer([weight], lr=0.1, fused=True).step()


def scaled_step():
    weight = torch.ones(3, requires_grad=True)
    scaler, optimizer = torch.amp.GradScaler("cpu"), torch.optim.SGD([weight], lr=0.1)
    scaler.scale(weight.sum()).backward()
    scaler.step(optimizer)
    scaler.update()


CALLERS = {
    "_amp_foreach_non_finite_check_and_unscale_": scaled_step,
    "_amp_update_scale_": scaled_step,
    "_fused_adagrad_": lambda: step(torch.optim.Adagrad),
    "_fused_adam_": lambda: step(torch.optim.Adam),
    "_fused_adamw_": lambda: step(torch.optim.AdamW),
    "_fused_sgd_": lambda: step(torch.optim.SGD),
    "_index_put_impl_": lambda: torch.ones(3).index_put_((torch.tensor([0]),), torch.tensor(2.0)),
    "_sobol_engine_ff_": lambda: torch.quasirandom.SobolEngine(2).fast_forward(2),
    "_sobol_engine_initialize_state_": lambda: torch.quasirandom.SobolEngine(2),
    "_sobol_engine_scramble_": lambda: torch.quasirandom.SobolEngine(2, scramble=True),
    "embedding_renorm_": lambda: functional.embedding(torch.tensor([0]), torch.ones(2, 2), max_norm=1.0),
}


@pytest.mark.parametrize("name", shipped(CALLERS))
def test_an_internal_op_serves_what_its_excuse_says(name):
    with profile() as seen:
        CALLERS[name]()
    assert f"aten::{name}" in {event.name for event in seen.function_events}


# Flags


def ramp(*shape):
    """From -2 to 2: every activation changes some of it."""
    return torch.linspace(-2, 2, math.prod(shape)).view(shape)


def flagged(name):
    """A call of what has the flag, with it, in training, on an input of its dimensions: (input, result)."""
    owner, _, attribute = name.removesuffix("(inplace=)").partition(".")
    function = getattr({"F": functional, "nn": torch.nn}[owner], attribute)
    args = (0.25, 0.75) if attribute.lstrip("_").lower() == "threshold" else ()
    spatial = {"dropout2d": 2, "dropout3d": 3}.get(attribute.lower(), 1)
    x = ramp(2, 3, *[4] * spatial)
    if owner == "nn":
        return x, function(*args, inplace=True).train()(x)
    training = {"training": True} if "training" in inspect.signature(function).parameters else {}
    return x, function(x, *args, **training, inplace=True)


@pytest.mark.parametrize("name", shipped(IGNORED_FLAGS))
def test_an_ignored_flag_leaves_the_input_alone(name):
    x, result = flagged(name)
    assert result.untyped_storage().data_ptr() != x.untyped_storage().data_ptr()
    assert torch.equal(x, ramp(*x.shape))
    assert not torch.equal(x, result)


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith("(inplace=)") and name not in IGNORED_FLAGS])
def test_every_other_flag_is_heeded(name):
    x, result = flagged(name)
    assert result is x
    assert not torch.equal(x, ramp(*x.shape))


# Callbacks


@pytest.mark.parametrize("name, tensors", [("apply_", 1), ("map_", 2), ("map2_", 3)])
def test_a_callback_is_called_for_every_element(name, tensors):
    assert set(CALLBACKS) == {"apply_", "map_", "map2_"}
    seen = []

    def add(*elements):
        seen.append(elements)
        return sum(elements)

    x, *others = [torch.arange(6.0).view(2, 3) + offset for offset in range(tensors)]
    expected = sum([x, *others])
    assert form(name)(x, *others, add) is x
    assert torch.equal(x, expected)
    assert len(seen) == 6 and all(len(elements) == tensors for elements in seen)
    assert all(type(element) is float for element in seen[0])
