"""Asks the advisor about a step file, through its command, and reads its answer from the JSON that it writes.

The command runs in a fork of this process, which has loaded torch already. So do the command's own processes: to start
them would take longer than all else of a small program.
"""

import contextlib
import json
import os
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.advise.user.question import NEVER
from benchmarks.advise_judge.forked_worker import fork_workers
from benchmarks.advise_judge.switchable import GeneratedProgram
from benchmarks.entry import enter
from benchmarks.fork import ForkedProcess
from benchmarks.waits import status_within

LIMIT_S = 300.0  #: for one run of the advisor
#: Options without which the advisor would do more than the advice that is judged.
_ADVICE_ONLY = ("--no-time", "--no-run")
_NO_PLACES = "--no-places"
TIMED_OUT = -1  #: the status of a run that took longer


@dataclass(frozen=True)
class AdvisorAnswer:
    """What the command answered. `status`: its exit status, TIMED_OUT, or minus the number of a signal."""

    status: int
    printed: str
    wall_s: float
    facts: dict[str, Any] = field(default_factory=dict)  #: the JSON; empty if there is none

    @property
    def decisions(self) -> list[dict[str, Any]]:
        """All its decisions; empty without an answer."""
        return self.facts.get("decisions", [])

    @property
    def recommended(self) -> list[dict[str, Any]]:
        """The decisions of its set `do`."""
        return [self.decisions[i] for i in self.facts.get("sets", {}).get("do", [])]

    @property
    def never_of_one_line(self) -> list[dict[str, Any]]:
        """The decisions `never` that name no line besides their own, because of which they are it."""
        return [each for each in self.decisions if each["verdict"] == NEVER and not each.get("saver")]


def ask_advisor(
    steps: Sequence[str], folder: Path, options: Sequence[str] = (), fresh: bool = False, places: bool = False
) -> AdvisorAnswer:
    """Run `advise STEP... --json FILE` in a folder, and return its answer. The folder then holds its files.

    `fresh`: the advisor starts its processes anew, as it does for users, and does not fork them. `places`: it also says
    where the bytes are.
    """
    stored, printed = folder / "advice.json", folder / "advice.txt"
    stored.unlink(missing_ok=True)
    began = time.monotonic()
    less = _ADVICE_ONLY if places else (*_ADVICE_ONLY, _NO_PLACES)
    status = _forked(["advise", *steps, "--json", str(stored), *less, *options], folder, printed, fresh)
    wall_s = time.monotonic() - began
    facts = {}
    if stored.exists():
        with contextlib.suppress(ValueError):
            facts = json.loads(stored.read_text(encoding="utf-8"))
    return AdvisorAnswer(status, printed.read_text(encoding="utf-8", errors="replace"), wall_s, facts)


def _forked(arguments: list[str], folder: Path, printed: Path, fresh: bool) -> int:
    fork = ForkedProcess(lambda: _run_command(arguments, folder, printed, fresh))
    try:
        status = status_within(fork, LIMIT_S)
    finally:
        fork.end()
    return TIMED_OUT if status is None else status


def _run_command(arguments: list[str], folder: Path, printed: Path, fresh: bool) -> int:
    """Run the command in this process, and return its exit status."""
    output = os.open(printed, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.chdir(folder)
    if not fresh:
        fork_workers()
    from benchmarks.cli import main

    try:
        enter(lambda: main(arguments))
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    return 1


def patched_text(source: Path, patch: str, scratch: Path) -> str | None:
    """Return the text of a source file after `git apply` of a patch; None if the patch does not apply.

    `scratch`: a folder for the patched copy.
    """
    folder = scratch / "patched"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copy(source, folder / source.name)
    done = subprocess.run(["git", "apply", "-"], input=patch, text=True, cwd=folder, capture_output=True)
    return (folder / source.name).read_text(encoding="utf-8") if done.returncode == 0 else None


def switches_of(decision: Mapping[str, Any], program: GeneratedProgram) -> dict[int, int] | None:
    """Return what a decision of the advisor switches: operand by site number. None if it switches no known site."""
    sites, found = program.sites(), {}
    modules = {name.rsplit(".", 1)[-1] for name in [*(decision.get("modules") or ()), decision.get("module") or ""]}
    operand = decision.get("operand") or 1
    for number, place in program.places().items():
        choice = sites[number].choice
        if decision["kind"] == "flag":
            if place.module and place.module in modules:
                found[number] = 0
        elif (place.line, place.column, place.end_column) == tuple(
            decision.get(name) for name in ("line", "column", "end_column")
        ):
            numbers = choice.operand_numbers[: len(choice.inplace)]
            index = numbers.index(operand) if operand in numbers else 0
            if choice.inplace[index] is not None:
                found[number] = index
    return found or None
