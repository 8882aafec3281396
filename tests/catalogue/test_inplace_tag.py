"""Torch's own tag names the same in-place ops as the schemas; a difference is explained or shows."""

import pytest
import torch

from benchmarks.catalogue.inplace_tag import UNTAGGED, tag_differences
from benchmarks.catalogue.surface import inplace_names, written_by_aten

has_tag = pytest.mark.skipif(not hasattr(torch.Tag, "inplace"), reason="torch has the tag from 2.13 on")


@has_tag
def test_tags_and_schemas_name_the_same_ops():
    found = tag_differences()
    assert found is not None and found.tagged > 200
    assert not found.unexplained, found.line
    assert set(found.only_schema) <= UNTAGGED.keys()


@has_tag
def test_a_difference_shows_with_its_reason_or_as_unexplained():
    named = {*written_by_aten(), "brand_new_", *UNTAGGED} - {"add_"}
    found = tag_differences(named)
    assert found is not None and set(found.unexplained) == {"add_", "brand_new_"}
    assert "only tagged: add_ (unexplained)" in found.line and "brand_new_ (unexplained)" in found.line
    assert all(f"{name} ({why})" in found.line for name, why in UNTAGGED.items())


def test_what_is_untagged_is_no_name_that_a_pair_could_measure():
    from benchmarks.catalogue.excused import EXCUSED

    assert UNTAGGED.keys() <= EXCUSED.keys()
    assert not UNTAGGED.keys() & {name for name, place in inplace_names().items() if "method" in place}


@pytest.mark.skipif(hasattr(torch.Tag, "inplace"), reason="torch has the tag")
def test_a_torch_without_the_tag_has_no_differences():
    assert tag_differences() is None
