"""The measured memory classes held against the formulas of derivatives.yaml, which torch ships with its generator."""

from collections import Counter
from pathlib import Path

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from benchmarks.autograd.record.safety import NUMBER, PLAIN, REQUIRES_GRAD
from benchmarks.autograd.safety.compare import without_warnings
from benchmarks.autograd.safety.memory_class import (
    ARGUMENT,
    CLONE,
    OTHER,
    RESULT,
    SELF,
    conditions,
    saved_for_backward,
    variants_in,
)
from benchmarks.autograd.safety.tiny_pair import usual_dtype
from benchmarks.catalogue import families
from benchmarks.catalogue.dtypes import DIFFERENTIABLE
from benchmarks.inputs import tensors
from benchmarks.record import INPLACE, OUTOFPLACE, VARIANTS

torchgen = pytest.importorskip("torchgen", reason="this torch does not ship its code generator")
pytest.importorskip("yaml", reason="needs pyyaml to read derivatives.yaml")

#: By pair, variant and condition of the other operand: why a call saves something else than its formulas need.
DISAGREEMENTS: dict[tuple[str, str, str], str] = {}


@pytest.fixture(scope="module")
def formulas():
    """By overload, such as `mul_.Tensor`: its entry of derivatives.yaml, found as torch's build finds it."""
    from torchgen.api.autograd import match_differentiability_info
    from torchgen.gen import parse_native_yaml
    from torchgen.packaged.autograd.load_derivatives import load_derivatives

    packaged = Path(torchgen.__file__).parent / "packaged"
    native, tags = (str(packaged / "ATen" / "native" / name) for name in ("native_functions.yaml", "tags.yaml"))
    entries, _ = load_derivatives(str(packaged / "autograd" / "derivatives.yaml"), native, tags)
    matched = match_differentiability_info(parse_native_yaml(native, tags).native_functions, entries)
    entries = {str(each.func.func.name): (each.info or {}).get("Default") for each in matched}
    return {name: entry for name, entry in entries.items() if entry is not None and entry.has_derivatives}


class Calls(TorchDispatchMode):
    """Every overload that is called below autograd, with what its formulas want saved: a tensor, or a copy of it."""

    def __init__(self, formulas):
        super().__init__()
        self.formulas, self.made, self.wanted = formulas, [], []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        self.made.append((func, args, result))  # kept: a freed storage's address would stand for another's
        name = str(func).removeprefix("aten.").removesuffix(".default")
        if name in self.formulas:
            inplace = func._schema.arguments[0].is_write
            values = [*args, *(kwargs or {}).values()]
            self.wanted += wanted(self.formulas[name], values, inplace, values[0] if inplace else result)
        return result


def wanted(formula, values, inplace, result):
    """The tensors that one call saves: each with whether it is to be copied, because the call writes it."""
    given = dict(zip((each.name for each in formula.func.func.arguments.flat_non_out), values, strict=False))
    inputs = {each.name: tree_leaves(given.get(each.name)) for each in formula.args_with_derivatives}
    asked = {name for name, leaves in inputs.items() if any(getattr(t, "requires_grad", False) for t in leaves)}
    if not asked:
        return []
    guarded = len(inputs) > 1 and (inplace or not isinstance(values[0], list))
    names = [
        str(each.nctype.name)
        for each in formula.all_saved_inputs
        if not (guarded and left_out(each, formula.derivatives, asked))
    ]
    found = [(inplace and name == "self", given[name]) for name in names if name in given]
    if formula.all_saved_outputs:
        found.append((False, result))
    return [(copied, t) for copied, value in found for t in tree_leaves(value) if isinstance(t, torch.Tensor)]


def left_out(saved, derivatives, asked):
    """The generator's guard: what one input's formula alone needs is not saved where that input wants no gradient."""
    from torchgen.api.types import BaseCType, tensorT

    users = [each for each in derivatives if saved in each.saved_inputs]
    alone = len(users) == 1 and len(users[0].var_names) == 1 and saved.nctype.type == BaseCType(tensorT)
    return alone and users[0].var_names[0] not in asked


def storage(t):
    return t.untyped_storage()._cdata


def implied(formulas, variants, variant):
    """The kinds of tensors that the formulas of a variant's calls want saved; whether one of the calls is a clone."""
    x = variants.as_input([t.clone() for t in variants.leaves()])
    with Calls(formulas) as calls:
        result = (variants.inplace if variant == INPLACE else variants.outofplace)(x)
    own = {storage(t) for t in tensors(x)}
    places = dict.fromkeys(own, SELF) if variant == OUTOFPLACE else {}
    places |= {storage(t): ARGUMENT for other in variants.inputs.others for t in tensors(other)}
    places |= {storage(t): RESULT for t in tensors(result)}
    kinds = {
        (CLONE if storage(t) in own else OTHER) if copied else places.get(storage(t), OTHER)
        for copied, t in calls.wanted
    }
    return tuple(sorted(kinds)), any(func is torch.ops.aten.clone.default for func, _, _ in calls.made)


def subjects():
    """Every pair with a gradient, its other operand in each condition."""
    for pair in (pair for pairs in families().values() for pair in pairs):
        dtype = usual_dtype(pair, "float32", "cpu")
        if dtype not in DIFFERENTIABLE:
            continue
        for condition in conditions(pair, dtype, "cpu"):
            yield pair.name, condition, variants_in(condition, pair, dtype, "cpu")


@pytest.fixture(scope="module")
def compared(formulas):
    """By pair, variant and requirement: the kinds measured, those implied, and whether autograd called clone."""
    with without_warnings():
        return {
            (name, variant, condition): (
                saved_for_backward(variants, variant),
                *implied(formulas, variants, variant),
            )
            for name, condition, variants in subjects()
            for variant in VARIANTS
        }


@pytest.mark.slow
def test_what_is_saved_is_what_the_formulas_need(compared):
    differ = {key: (measured, needed) for key, (measured, needed, _) in compared.items() if measured != needed}
    assert differ.keys() == DISAGREEMENTS.keys(), differ


@pytest.mark.slow
def test_the_comparison_holds_every_kind_with_and_without_the_other_gradient(compared):
    """So that agreement is not agreement on nothing."""
    kinds = Counter(kind for measured, _, _ in compared.values() for kind in measured)
    assert min(kinds[kind] for kind in (ARGUMENT, CLONE, OTHER, RESULT, SELF)) >= 20
    assert compared["mul", INPLACE, PLAIN][1] == (ARGUMENT,), "the guard: self only for the other's gradient"
    assert compared["mul", INPLACE, REQUIRES_GRAD][1] == (ARGUMENT, CLONE)
    assert compared["mul", INPLACE, NUMBER][1] == (), "a number is no tensor"
    assert compared["copysign", INPLACE, NUMBER][1] == (CLONE, RESULT)
    assert compared["foreach_add", OUTOFPLACE, PLAIN][1] == (ARGUMENT, SELF), "lists are saved without a guard"


@pytest.mark.slow
def test_a_clone_of_self_is_one_that_autograd_really_makes(compared):
    for key, (measured, _, cloned) in compared.items():
        if key[1] == INPLACE:
            assert cloned == (CLONE in measured), key


@pytest.mark.slow
def test_in_place_copies_its_input_only_where_out_of_place_keeps_it(compared):
    for (name, variant, condition), (measured, _, _) in compared.items():
        if variant == INPLACE and CLONE in measured:
            assert SELF in compared[name, OUTOFPLACE, condition][0], name
