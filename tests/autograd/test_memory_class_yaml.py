"""The measured memory classes against those that derivatives.yaml, shipped with torch, implies."""

from pathlib import Path

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from benchmarks.autograd.safety.comparing import Errors, quiet
from benchmarks.autograd.safety.forms import forms_of, usual_dtype
from benchmarks.autograd.safety.saved import ARGUMENT, CLONE, OTHER, RESULT, SELF, saved_for_backward
from benchmarks.catalogue import families
from benchmarks.catalogue.dtypes import DIFFERENTIABLE
from benchmarks.inputs import tensors
from benchmarks.record import INPLACE, VARIANTS

torchgen = pytest.importorskip("torchgen", reason="torch ships its code generator; this one does not")
pytest.importorskip("yaml", reason="needs pyyaml to read derivatives.yaml")

PAIRS = {pair.name: pair for pairs in families().values() for pair in pairs}

#: By pair, variant and whether the other operand requires grad: why torch saves something else than the file says.
DISAGREEMENTS: dict[tuple[str, str, bool], str] = {}


@pytest.fixture(scope="module")
def formulas():
    """By overload, such as `mul_.Tensor`: its entry of derivatives.yaml, matched as torch's build matches it."""
    from torchgen.api.autograd import match_differentiability_info
    from torchgen.gen import parse_native_yaml
    from torchgen.packaged.autograd.load_derivatives import load_derivatives

    packaged = Path(torchgen.__file__).parent / "packaged"
    native, tags = (str(packaged / "ATen" / "native" / name) for name in ("native_functions.yaml", "tags.yaml"))
    entries, _ = load_derivatives(str(packaged / "autograd" / "derivatives.yaml"), native, tags)
    matched = match_differentiability_info(parse_native_yaml(native, tags).native_functions, entries)
    return {str(each.func.func.name): each.info["Default"] for each in matched if each.info}


class Saving(TorchDispatchMode):
    """Notes what the calls below autograd save by the formulas: (the op writes it and saves a copy, tensor)."""

    def __init__(self, formulas):
        super().__init__()
        self.formulas, self.saved, self.calls = formulas, [], []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        self.calls.append((func, args, kwargs, result))  # kept, so that no storage is made twice in one place
        info = self.formulas.get(str(func)[len("aten.") :].removesuffix(".default"))
        if info is not None and info.has_derivatives and torch.is_grad_enabled():
            self._note(func, info, [*args, *(kwargs or {}).values()], result)
        return result

    def _note(self, func, info, values, result):
        inplace = func._schema.arguments[0].is_write
        given = dict(zip((a.name for a in info.func.func.arguments.flat_non_out), values, strict=False))
        differentiable = {a.name: tree_leaves(given.get(a.name)) for a in info.args_with_derivatives}
        wanted = {n for n, ts in differentiable.items() if any(getattr(t, "requires_grad", False) for t in ts)}
        if not wanted:
            return
        guarded = len(differentiable) > 1 and (inplace or not isinstance(values[0], list))
        for attribute in info.all_saved_inputs:
            name = str(attribute.nctype.name)
            if name in given and not (guarded and _is_left_out(attribute, info, wanted)):
                self.saved += [(inplace and name == "self", t) for t in tree_leaves(given[name])]
        if info.all_saved_outputs:
            self.saved += [(False, t) for t in tree_leaves(values[0] if inplace else result)]


def _is_left_out(attribute, info, wanted):
    """The generator's guard: what a single formula alone needs is saved where that formula will be asked."""
    from torchgen.api.types import BaseCType, tensorT

    users = [each for each in info.derivatives if attribute in each.saved_inputs]
    alone = len(users) == 1 and len(users[0].var_names) == 1 and attribute.nctype.type == BaseCType(tensorT)
    return alone and users[0].var_names[0] not in wanted


def storage(t):
    return t.untyped_storage()._cdata


def implied(formulas, forms, variant):
    """The kinds of tensors that the formulas of all calls of a variant save."""
    x = forms.given([t.clone() for t in forms.leaves()])
    with Saving(formulas) as saving:
        result = (forms.inplace if variant == INPLACE else forms.outofplace)(x)
    written = {storage(t) for t in tensors(x)}
    places = {} if variant == INPLACE else dict.fromkeys(written, SELF)
    places |= {storage(t): ARGUMENT for other in forms.inputs.others for t in tensors(other)}
    places |= {storage(t): RESULT for t in tensors(result)}
    kinds = set()
    for copied, t in saving.saved:
        if isinstance(t, torch.Tensor):
            kinds.add((CLONE if storage(t) in written else OTHER) if copied else places.get(storage(t), OTHER))
    return tuple(sorted(kinds))


def questions():
    for pair in PAIRS.values():
        dtype = usual_dtype(pair, "float32", "cpu")
        if dtype in DIFFERENTIABLE:
            for other_requires_grad in (False, True):
                forms = forms_of(pair, dtype, "cpu", other_requires_grad=other_requires_grad)
                if not other_requires_grad or any(t.requires_grad for o in forms.inputs.others for t in tensors(o)):
                    yield pair, other_requires_grad, forms


@pytest.fixture(scope="module")
def compared(formulas):
    """By pair, variant and the other operand's requirement: what was measured, and what the file implies."""
    found = {}
    for pair, other_requires_grad, forms in questions():
        for variant in VARIANTS:
            with quiet():
                try:
                    both = saved_for_backward(forms, variant), implied(formulas, forms, variant)
                except Errors as e:
                    print("ERR", pair.name, variant, e)
                    continue
            found[pair.name, variant, other_requires_grad] = both
    return found


def test_what_is_saved_is_what_the_formulas_need(compared):
    differ = {key: both for key, both in compared.items() if both[0] != both[1]}
    for key, both in differ.items(): print(key, both)
    assert differ.keys() == DISAGREEMENTS.keys()
