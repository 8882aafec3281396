"""Which line overwrote what backward needs: both places, by name and line of the code that was given."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from benchmarks.catalogue import Pair
from benchmarks.in_flight import note_variant
from benchmarks.verify.overwritten import is_overwritten, why_overwritten
from benchmarks.verify.prepare import check_case
from tests.verify.declared import inputs_of


def writes_what_exp_saved(x):
    y = x.exp()
    z = y.sum()
    y.add_(1)
    return x.copy_(y * z)


def writes_a_slice(x):
    y = x.sigmoid()
    y[:2].mul_(0)
    return x.copy_(y)


def failing(call):
    leaf = torch.ones(8, requires_grad=True)
    return lambda: torch.autograd.grad(call(leaf * 1).sum(), leaf)


@pytest.mark.parametrize(
    "call, saved, written",
    [
        (
            writes_what_exp_saved,
            r"ExpBackward0 at test_overwritten.py:\d+ \(y = x.exp\(\)\)",
            r"add_ .*\(y.add_\(1\)\)",
        ),
        (writes_a_slice, r"SigmoidBackward0 .*\(y = x.sigmoid\(\)\)", r"mul_ .*\(y\[:2\].mul_\(0\)\)"),
    ],
)
def test_both_lines_are_named(call, saved, written):
    with pytest.raises(RuntimeError) as raised:
        failing(call)()
    assert is_overwritten(raised.value)
    assert re.fullmatch(f"saved by {saved}; written by {written}", why_overwritten(failing(call)))


def test_a_line_of_a_package_whose_name_begins_with_torch_is_named():
    """torchvision lies next to torch, in a folder whose path begins with the path of torch's."""
    space = {}
    text = "def call(x):\n    y = x.exp()\n    z = y.sum()\n    y.add_(1)\n    return z\n"
    exec(compile(text, str(Path(torch.__file__).parent) + "vision/ops.py", "exec"), space)
    assert re.fullmatch(
        r"saved by ExpBackward0 at ops.py:2; written by add_ at ops.py:4", why_overwritten(failing(space["call"]))
    )


def test_what_does_not_fail_tells_nothing():
    assert why_overwritten(failing(lambda x: x.exp())) == ""
    assert not is_overwritten(RuntimeError("modified")) and not is_overwritten(
        ValueError("modified by an inplace operation")
    )
    assert not torch.is_anomaly_enabled()


def test_a_case_that_is_refused_says_so():
    inputs = inputs_of(
        Pair("own", outofplace=lambda x: x.exp() * 2, inplace=writes_what_exp_saved, code=("a", "b")), "step"
    )
    with pytest.raises(
        RuntimeError, match=r"expected version 0 instead\. saved by ExpBackward0 at .*; written by add_ at"
    ):
        check_case(inputs)
    note_variant(None)
    other = replace(inputs, pair=Pair("own", outofplace=torch.exp, inplace=lambda x: 1 / 0, code=("a", "b")))
    with pytest.raises(ZeroDivisionError):
        check_case(other)
