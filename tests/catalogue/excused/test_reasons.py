"""Each excused name is of one kind and has a reason."""

from benchmarks.catalogue.excused import EXCUSED, KINDS
from benchmarks.catalogue.shipped import OF_SOME_VERSIONS
from tests.catalogue.excused.named import shipped


def test_each_name_is_of_one_kind_and_has_a_reason_in_words():
    assert sum(map(len, KINDS.values())) == len(EXCUSED) > 50
    for name, (kind, about) in EXCUSED.items():
        assert KINDS[kind][name] == about
        assert len(about) > 2 and len(kind.split()) > 2, name


def test_every_excuse_is_for_this_torch_or_for_a_version_that_is_known():
    assert set(EXCUSED) - set(shipped(EXCUSED)) <= OF_SOME_VERSIONS.keys()
