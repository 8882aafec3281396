"""Stands in for the suite's process on a machine of a fleet: it stores a shard that was made before, or does not.

`python stand_in_suite.py FOLDER -m benchmarks.fleet.clean_start PARENT run ...`, or `-m benchmarks run ...` where the
real start came before: FOLDER holds the shards, and `modes`, a word per process to come: what it does; without one it
stores. It writes down what it was given in `begun`. With a file `pace` each takes so many seconds, and writes into
`at_once` if another process is at work on its machine.
"""

import fcntl
import json
import os
import shutil
import signal
import sys
import time
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "own_machine"))

from slot_stamps import stamp


def main() -> int:
    folder, words = Path(sys.argv[1]), sys.argv[2:]
    words = words[3:] if words[1] == "benchmarks.fleet.clean_start" else words[2:]
    assert words[0] == "run", words
    with (folder / "begun").open("a") as file:
        file.write(json.dumps({"words": words, "environment": dict(os.environ), "cwd": str(Path.cwd())}) + "\n")
    if (folder / "pace").exists():
        return _measured_slowly(folder, words, float((folder / "pace").read_text()))
    number = words[words.index("--shard") + 1].partition("/")[0] if "--shard" in words else ""
    if (folder / f"never{number}").exists():
        print("error: the disk is full")
        return 1
    mode, *left = (folder / "modes").read_text().split() or ["stores"]
    (folder / "modes").write_text(" ".join(left))
    if mode == "busy":
        print("error: cpu is in use by another run: process 7, make bench; wait for it or stop it (lock)")
        return 75
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


def _measured_slowly(folder: Path, words: list[str], seconds: float) -> int:
    """Store a partial run, and after some time all of it. Asked to end, it takes its time."""
    stamp(Path.cwd())
    alone = os.open("at_work", os.O_RDWR | os.O_CREAT)  # of its machine: the folder that it works in
    try:
        fcntl.flock(alone, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        with (folder / "at_once").open("a") as file:
            file.write(f"{Path.cwd()} {words}\n")
    signal.signal(signal.SIGTERM, lambda *_: (time.sleep(min(2 * seconds, 1)), os._exit(130)))
    if "--resume" not in words:
        _store(folder, words, "partial")
        words = [*words, "--resume", str(_target(words))]
    time.sleep(seconds)
    _store(folder, words, "complete")
    return 0


def _target(words: list[str]) -> Path:
    if "--resume" in words:
        return Path(words[words.index("--resume") + 1])
    out, number = Path(words[words.index("--out") + 1]), words[words.index("--shard") + 1].partition("/")[0]
    return out / f"20260101T000000Z-host-torch2.13.0-shard{number}of3"


def _store(folder: Path, words: list[str], state: str) -> None:
    """Store a shard under the folder after --out, or finish the one after --resume; at once, as a kill may come."""
    target = _target(words)
    if "--resume" not in words:
        new = target.with_name(f".{os.getpid()}.new")
        shutil.copytree(folder / target.name.rpartition("-")[2].removesuffix("of3"), new)
        _write_state(new, state)
        new.rename(target)
    _write_state(target, state)


def _write_state(run: Path, state: str) -> None:
    facts = json.loads((run / "run.json").read_text())
    (run / "new").write_text(json.dumps({**facts, "state": state}))
    (run / "new").replace(run / "run.json")


if __name__ == "__main__":
    sys.exit(main())
