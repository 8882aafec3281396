"""What is packed reads as before; damaged, it is refused in one line; and only what is complete is packed."""

import lzma

import pytest

from benchmarks.record.folder import JOURNAL_FILE, RecordError, has_packed_journal, read_whole_journal
from benchmarks.record.packed_file import is_packed, open_stored, pack_file, packed_path
from tests.support.commands import ROOT

RUN = ROOT / "tests/record/first_record"


@pytest.fixture
def journal(tmp_path):
    path = tmp_path / JOURNAL_FILE
    path.write_bytes((RUN / JOURNAL_FILE).read_bytes())
    return path


def test_a_packed_journal_reads_as_before(journal):
    before = read_whole_journal(journal.parent)
    assert before.pairs
    packed = pack_file(journal)
    assert not has_packed_journal(journal.parent)  # the file itself counts while it is there
    assert packed.stat().st_size < journal.stat().st_size / 4
    journal.unlink()
    assert has_packed_journal(journal.parent) and is_packed(journal)
    assert read_whole_journal(journal.parent) == before


@pytest.mark.parametrize("keep", [0, 40, 400])
def test_a_cut_one_is_refused_in_one_line(journal, keep):
    packed = pack_file(journal)
    journal.unlink()
    packed.write_bytes(packed.read_bytes()[:keep])
    with pytest.raises(RecordError, match="cannot be read: is damaged") as refused:
        read_whole_journal(journal.parent)
    assert "\n" not in str(refused.value)


def test_what_is_no_packed_file_is_refused(journal):
    journal.unlink()
    packed_path(journal).write_text("no archive")
    with pytest.raises(RecordError, match="cannot be read: is damaged"):
        read_whole_journal(journal.parent)


def test_what_is_there_in_neither_form_is_missing(tmp_path):
    with pytest.raises(FileNotFoundError), open_stored(tmp_path / "x.json"):
        pass


def test_nothing_is_packed_that_would_differ(journal, monkeypatch):
    monkeypatch.setattr(lzma, "decompress", lambda data: b"something else")
    with pytest.raises(OSError, match="not the same"):
        pack_file(journal)
    assert not packed_path(journal).exists() and journal.exists()
