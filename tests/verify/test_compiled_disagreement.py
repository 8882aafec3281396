"""Compiled variants that disagree: it is told whether what is written agrees."""

import pytest
import torch

from benchmarks.catalogue import Pair
from benchmarks.verify.ops import Disagreement
from benchmarks.verify.prepare import check_case
from tests.verify.declared import inputs_of

pytestmark = pytest.mark.slow  # loads torch's compiler


def otherwise_compiled_(x):
    return x.mul_(3.0 if torch.compiler.is_compiling() else 2.0)


def wrong_(x):
    return x.mul_(3.0)


@pytest.mark.parametrize("variant, uncompiled_agree", [(otherwise_compiled_, True), (wrong_, False)])
def test_it_is_said_where_uncompiled_variants_agree(variant, uncompiled_agree):
    torch.compiler.reset()
    compiled = torch.compile(variant, backend="eager")
    inputs = inputs_of(Pair("own", outofplace=lambda x: x * 2.0, inplace=lambda x: compiled(x), code=("a", "b")))
    with pytest.raises(Disagreement) as raised:
        check_case(inputs)
    said = str(raised.value)
    assert "values differ between the variants" in said and "in 1,024 of 1,024 elements" in said
    assert said.endswith("; uncompiled, the variants agree") == uncompiled_agree
