"""The hazards: both lines are named of those that raise and of writes that no counter saw; of others, nothing is."""

import re

import pytest
import torch

from benchmarks.autograd.hazards import HAZARDS
from benchmarks.explain.conflicts import HANDED, OVERLAP, REFUSED, REJECTED, SILENT, STALE
from tests.explain.explained import findings_of, text_at

#: What is found on torch 2.13, by hazard and place of the program in it (0: its own, then those beside it): the kind,
#: and what stands in the lines of who saved or made the tensor and of who wrote it ("": nobody did).
FOUND = {
    ("untracked-write", 0): (SILENT, "y = x.exp()", "y.data.add_(10)"),
    ("untracked-write", 1): (SILENT, "y = x.exp()", ".numpy()[:] += 10"),
    ("untracked-write", 2): (SILENT, "y = x.exp()", "torch.from_dlpack(y.detach()).add_(10)"),
    ("untracked-write", 3): (SILENT, "y = x.exp()", ".data_ptr(), ctypes"),
    ("untracked-write", 4): (REFUSED, "y = x.exp()", "y.detach().add_(10)"),
    ("untracked-write", 5): (REFUSED, "y = x.exp()", "y.add_(10)"),
    ("fused-step", 0): (SILENT, "(w * w)", "stepper.step()"),
    ("fused-step", 1): (SILENT, "(w * w)", "stepper.step()"),
    ("fused-step", 2): (SILENT, "(w * w)", "stepper.step()"),
    ("fused-step", 3): (SILENT, "(w * w)", "stepper.step()"),
    ("fused-step", 4): (REFUSED, "(w * w)", "stepper.step()"),
    ("fused-step", 5): (REFUSED, "(w * w)", "stepper.step()"),
    ("running-statistics", 0): (SILENT, "y = norm(x)", "norm.train()("),
    ("saved-then-written", 0): (HANDED, "context.save_for_backward(x)", "x.mul_(x.sigmoid())"),
    ("compiled-version-check", 0): (REFUSED, "x @ w", "x.add_(10)"),
    ("compiled-version-check", 1): (REFUSED, "product(x, w)", "x.add_(10)"),
    ("compiled-version-check", 2): (REFUSED, "x @ w", "x.add_(10)"),
    ("compiled-foreach-square", 0): (REFUSED, "_foreach_mul_([h], [h])", "_foreach_mul_([h], [h])"),
    ("compiled-foreach-square", 1): (REFUSED, "_foreach_mul_([h], [h])", "_foreach_mul_([h], [h])"),
    ("compiled-foreach-square", 2): (REFUSED, "_foreach_mul_([h], [h])", "_foreach_mul_([h], [h])"),
    ("own-column", 0): (OVERLAP, "", "x.div_(x[:, :1])"),
    ("product-with-itself", 0): (OVERLAP, "", "baddbmm_(x[None], x[None])"),
    ("product-with-itself", 1): (OVERLAP, "", "x.addmm_(x, x)"),
    ("product-with-itself", 2): (OVERLAP, "", "x.addbmm_(x[None], x[None])"),
    ("scattered-itself", 0): (OVERLAP, "", "x.masked_scatter_(x > 2, x)"),
    ("aliased-gradients", 0): (OVERLAP, "", "_foreach_mul_(list(gradients), 0.5)"),
    ("overlapping-views", 0): (OVERLAP, "", "windows(y).mul_(2)"),
    ("overlapping-views", 1): (OVERLAP, "", "windows(y).mul_(2)"),
    ("autocast-stale-cast", 0): (STALE, "", "weight.mul_(3)"),
    ("own-column", 1): (REJECTED, "torch.tensor(", "x.div_(x[:1])"),
    ("own-element", 0): (REFUSED, "a[1].sin()", "a[0] = a[1].sin()"),
    ("square-by-itself", 0): (REFUSED, "h *= h", "h *= h"),
    ("residual-after-relu", 0): (REFUSED, "h = F.relu(x * 2)", "h += x"),
    ("vmap-batched-operand", 0): (REJECTED, "x = torch.ones(2", "x.clone().add_(row)"),
    ("foreach-by-tensor", 0): (REJECTED, "torch._foreach_mul([x, y], s)", ""),
    ("steps-interleaved", 0): (REFUSED, "torch.tanh(g * d)", "discriminator.step()"),
    ("backward-hook", 0): (REJECTED, "torch.tensor(", "model(x)"),
    ("dropout-after-relu", 0): (REFUSED, "F.relu(x * 1)", "inplace=inplace"),
    ("leaf-written", 0): (REJECTED, "torch.tensor(", "x.mul_(2)"),
    ("leaf-written", 1): (REJECTED, "torch.tensor(", "x[:].mul_(2)"),
    ("view-of-unbind", 0): (REJECTED, "unbind()[0].narrow(0, 0, 2)", "row.mul_(2)"),
    ("view-of-unbind", 1): (REJECTED, "row.view_as(row)", "row.mul_(2)"),
    ("negative-slope", 0): (REJECTED, "F.leaky_relu_(x * 1, -2.0)", ""),
    ("negative-alpha", 0): (REJECTED, "F.elu_(x * 1, -2.0)", ""),
    ("saved-view-written", 0): (REJECTED, "y = x.exp().t()", "y += 1"),
    ("function-view-filled", 0): (REJECTED, ".mul(3).view(-1)", "y.fill_(1)"),
    ("marked-not-returned", 0): (REJECTED, "y = x * 1", "x.mul_(2)"),
    ("function-views-written", 0): (REJECTED, "return (x * 3).chunk(2)", "first.mul_(2)"),
}
PROGRAMS = {
    (hazard.name, place): program
    for hazard in HAZARDS
    for place, program in enumerate((hazard.program, *(program for _, program in hazard.beside)))
}


@pytest.mark.parametrize("name, place", PROGRAMS, ids=[f"{name}-{place}" for name, place in PROGRAMS])
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_both_lines_of_a_hazard_are_named(name, place):
    findings, error = findings_of(lambda: PROGRAMS[name, place]("cpu"))
    found = [(f.kind, text_at(f.saved), "".join(map(text_at, f.written))) for f in findings]
    expected = FOUND.get((name, place))
    assert len(found) == (expected is not None)
    for kind, saved, written in found:
        assert kind == expected[0] and expected[1] in saved and expected[2] in written
        assert bool(written) == bool(expected[2])
    assert (error is not None) == (expected is not None and expected[0] in (REFUSED, REJECTED))
    assert findings or error is None, f"nothing is said of {error}"


@pytest.mark.parametrize("hazard", [h for h in HAZARDS if h.rewrite], ids=lambda hazard: hazard.name)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_nothing_is_said_of_what_to_write_instead(hazard):
    assert findings_of(lambda: hazard.rewrite("cpu")) == ([], None)


@pytest.mark.parametrize("name", [name for (name, place), (kind, *_) in FOUND.items() if kind == REFUSED and not place])
def test_a_refusal_is_torchs_own(name, monkeypatch):
    """The same error with and without the recorder, to the letter but for what is a view of what."""
    monkeypatch.setattr(torch, "compile", lambda function, **_: function)
    _, error = findings_of(lambda: PROGRAMS[name, 0]("cpu"))
    with pytest.raises(RuntimeError) as native:
        PROGRAMS[name, 0]("cpu")
    assert str(error) == re.sub(", which is output 0 of AsStrided(Backward0)?,", "", str(native.value))
