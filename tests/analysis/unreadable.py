"""Files and folders in place of a run that cannot be read as one."""

import json
from pathlib import Path

from benchmarks.record.folder import JOURNAL_FILE, RUN_FILE
from tests.analysis.invented import append_times, around, case, empty_run


def with_one_case(folder: Path) -> Path:
    append_times(folder, case("relu"), around(2.0, 0.01))
    return folder


def torn(parent: Path) -> Path:
    folder = with_one_case(empty_run(parent))
    (folder / RUN_FILE).write_text((folder / RUN_FILE).read_text()[:40])
    return folder


def newer(parent: Path) -> Path:
    folder = with_one_case(empty_run(parent))
    (folder / RUN_FILE).write_text(json.dumps({**json.loads((folder / RUN_FILE).read_text()), "record": 99}))
    return folder


def foreign(parent: Path) -> Path:
    folder = parent / "foreign"
    folder.mkdir()
    (folder / RUN_FILE).write_text('{"name": "something else"}')
    return folder


def other_lines(parent: Path) -> Path:
    folder = empty_run(parent)
    (folder / JOURNAL_FILE).write_text('{"record": 1, "some": "other tool"}\n')
    return folder


def a_file(parent: Path) -> Path:
    (parent / "file").write_text("text")
    return parent / "file"
