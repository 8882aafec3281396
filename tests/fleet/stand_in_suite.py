"""Stands in for the suite's process on a machine of a fleet: it stores a shard that was made before, or does not.

`python stand_in_suite.py FOLDER -m benchmarks.fleet.clean_start PARENT run ...`: FOLDER holds the shards, and `modes`,
a word per process to come: what it does; without one it stores. It writes down what it was given in `begun`.
"""

import json
import os
import shutil
import signal
import sys
import time
from pathlib import Path


def main() -> int:
    folder, words = Path(sys.argv[1]), sys.argv[2:]
    assert words[:2] == ["-m", "benchmarks.fleet.clean_start"] and words[3] == "run", words
    with (folder / "begun").open("a") as file:
        file.write(json.dumps({"words": words[3:], "environment": dict(os.environ), "cwd": str(Path.cwd())}) + "\n")
    number = words[words.index("--shard") + 1].partition("/")[0] if "--shard" in words else ""
    if (folder / f"never{number}").exists():
        print("error: the disk is full")
        return 1
    mode, *left = (folder / "modes").read_text().split() or ["stores"]
    (folder / "modes").write_text(" ".join(left))
    if mode == "busy":
        print("error: cpu is in use by another run: process 7, make bench; wait for it or stop it (lock)")
        return 2
    if mode == "fails":
        print("it measured\nerror: the disk is full")
        return 1
    if mode == "cannot":
        print("processes have low priority here")
        return 76
    if mode == "refuses":
        print("error: it was started on another machine; start a new run")
        return 2
    if mode == "waits":
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))
        time.sleep(60)
    _store(folder, words, "partial" if mode == "partial" else "complete")
    return 0 if mode != "partial" else 130


def _store(folder: Path, words: list[str], state: str) -> None:
    """Store a shard under the folder after --out, or finish the one after --resume."""
    if "--resume" in words:
        target = Path(words[words.index("--resume") + 1])
    else:
        out, number = Path(words[words.index("--out") + 1]), words[words.index("--shard") + 1].partition("/")[0]
        target = out / f"20260101T000000Z-host-torch2.13.0-shard{number}of3"
        shutil.copytree(folder / f"shard{number}", target)
    facts = json.loads((target / "run.json").read_text())
    (target / "run.json").write_text(json.dumps({**facts, "state": state}))


if __name__ == "__main__":
    sys.exit(main())
