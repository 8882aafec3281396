"""A run in which every text from a file is hostile: markup, Markdown, templates, characters that break lines."""

from dataclasses import replace
from pathlib import Path

from tests.analysis.invented import append_bytes, append_failure, append_times, around, case, empty_run

HOSTILE = '<script>alert("x")</script>|`$x$`[a](http://evil.example)&amp;@team\u202e{{ 7907 * 7919 }}'
#: The text as a reader sees it.
SEEN = HOSTILE.replace("\u202e", "\ufffd")


def hostile_run(parent: Path) -> Path:
    """The folder of the run."""
    folder = empty_run(
        parent,
        command=HOSTILE,
        label=HOSTILE,
        pairs={HOSTILE: {"outofplace": HOSTILE, "inplace": HOSTILE, "note": HOSTILE}},
        skipped={HOSTILE: HOSTILE},
        coverage={
            "torch": HOSTILE,
            "measured": [HOSTILE],
            "excused": {"a" + HOSTILE: HOSTILE},
            "missing": ["b" + HOSTILE],
        },
        machine={"cpu_model": HOSTILE, "caches": {HOSTILE: HOSTILE}},
    )
    named = case(HOSTILE, family=HOSTILE, dtype=HOSTILE, layout=HOSTILE, device=HOSTILE, operand=HOSTILE)
    append_times(folder, named, around(2.0, 0.01))
    append_times(folder, replace(named, dtype="float32" + HOSTILE, phase="step"), around(2.0, 0.01))
    for value in ("same", HOSTILE):
        append_times(folder, case("add", device=HOSTILE, operand=value), around(2.0, 0.01))
    append_failure(folder, case("relu", device=HOSTILE), "crashed", HOSTILE)
    append_bytes(folder, case("exp", device=HOSTILE), {"peak_bytes": 2}, {"peak_bytes": 1})
    append_bytes(folder, named, {"state": "crashed", "reason": HOSTILE}, {"state": "crashed", "reason": HOSTILE})
    return folder
