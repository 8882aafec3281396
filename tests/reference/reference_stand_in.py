"""A stand-in of the suite's commands, and parts that are measured by it."""

from pathlib import Path

from benchmarks.record.folder import write_run
from benchmarks.reference import reference_steps
from benchmarks.reference.reference_parts import (
    PARTS,
    RUN,
    SELFTEST,
    Part,
)
from benchmarks.running.facts import suite_hash

OPTIONS = {"preset": "smoke", "device": "cpu", "threads": "1", "seconds": "0.01", "passes": "1", "pair": "relu"}
SMALL = Part("small", "one op", RUN, OPTIONS)
CHECKED = Part("checked", "a self-test", SELFTEST)
PART_NAMED = {part.name: part for part in PARTS}
PASSES = [{"pass_number": n, "kind": "time", "allocator": "retained", "state": "done", "wall_s": 2.0} for n in range(2)]


class Suite:
    """Stands in for the suite's commands: stores a run, complete or partial, or a self-test, or fails."""

    def __init__(self):
        self.typed, self.failing, self.states = [], "", ["complete"]

    def __call__(self, command, limit_s=None, folder=None):
        words = command[command.index("-m") + 1 :]
        self.typed.append(" ".join(words[:3]))
        if self.failing and self.failing in " ".join(words):
            return 1
        if words[:2] == ["benchmarks", "run"]:
            self.run(words)
        elif words[:2] == ["benchmarks", "selftest"]:
            out = Path(words[words.index("--out") + 1])
            out.mkdir(parents=True, exist_ok=True)
            (out / "checked.json").write_text('{"a row": "1 of 2"}')
        elif words[:2] == ["benchmarks", "claims"]:
            out = Path(words[words.index("--out") + 1])
            out.mkdir(parents=True, exist_ok=True)
            (out / "20260101T000000Z-claims-torch2.6.0-cpu.json").write_text("{}")
        return 0

    def run(self, words):
        state = self.states.pop(0)
        if "--resume" in words:
            folder = Path(words[words.index("--resume") + 1])
        else:
            folder = Path(words[words.index("--out") + 1]) / "20260101T000000Z-vm-torch2.13.0"
            folder.mkdir(parents=True)
        version = reference_steps.torch.__version__
        facts = {"machine": {"torch_version": str(version)}, "options": {**OPTIONS, "host": "vm"}, "passes": PASSES}
        write_run(folder, {**facts, "suite_sha256": suite_hash(), "start": "2026-01-01T00:00:00+00:00", "state": state})
        for number in (1, 2):
            (folder / f"pytest-benchmark-{number}.json").write_text("{}")
