"""A file is replaced as a whole; where writing it fails, the old one stays and nothing else is left."""

import os

import pytest

from benchmarks.record.whole_file import whole_file, write_whole


@pytest.mark.parametrize("content", ["né\n", b"\x00\xff"], ids=["text", "bytes"])
def test_a_file_is_written_and_replaced(tmp_path, content):
    path = tmp_path / "made.json"
    path.write_text("old")
    write_whole(path, content)
    assert path.read_bytes() == (content if isinstance(content, bytes) else content.encode())
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("by_several", [False, True])
def test_an_error_keeps_the_old_file_and_leaves_nothing_else(tmp_path, by_several):
    path = tmp_path / "made.json"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt), whole_file(path, by_several) as unfinished:
        unfinished.write_text("half")
        assert path.read_text() == "old"
        raise KeyboardInterrupt
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_a_fifo_in_the_way_is_removed(tmp_path):
    """Opening it to write would wait for a reader for ever."""
    path = tmp_path / "made.json"
    os.mkfifo(tmp_path / "made.json.new")
    write_whole(path, "new")
    assert path.read_text() == "new" and list(tmp_path.iterdir()) == [path]


def test_of_several_writers_each_has_a_path_of_its_own(tmp_path, monkeypatch):
    path = tmp_path / "made.parquet"
    with whole_file(path, by_several=True) as first:
        first.write_text("first")
        monkeypatch.setattr(os, "getpid", lambda: 1)
        with whole_file(path, by_several=True) as second:
            second.write_text("second")
        assert path.read_text() == "second" and first.read_text() == "first"
    assert path.read_text() == "first"
