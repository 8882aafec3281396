"""Tries a cure: runs the changed script in a process of its own, and says how it ended and its peak bytes."""

import importlib.machinery
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from torch import nn
from torch.nn.modules.module import register_module_forward_pre_hook

from benchmarks.explain.conflicts import HANDED, OVERLAP, SILENT, STALE
from benchmarks.explain.cures import Cure
from benchmarks.explain.program_watch import ProgramWatch
from benchmarks.explain.script import compiled_script, run_script
from benchmarks.measure.allocator_events import peak_bytes_of
from benchmarks.process import Events, child_module
from benchmarks.process_end import Hung
from benchmarks.record.plain_text import plain_bytes
from benchmarks.record.reason import filled_lines

#: How long a script with a cure may take.
LIMIT_S = 600.0
_END_LIMIT_S = 10.0
_FLAG = "inplace"


def try_cure(cure: Cure | None, kind: str, script: Path, arguments: Sequence[str]) -> str:
    """Run the script with a cure, and return in a sentence whether it runs to its end, and its highest live bytes.

    Without a cure the script runs as it is. A finding that torch does not report is first looked for again, in a run of
    its own.
    """
    task = {
        "script": str(script),
        "arguments": list(arguments),
        "file": cure.file if cure is not None else "",
        "text": cure.text if cure is not None else None,
        "flag": cure.flag if cure is not None else None,
        "kind": kind,
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "task.json"
        path.write_text(json.dumps(task))
        if cure is None:
            return _peak(_result(path, "count"))
        return f"tried: {_outcome(path, kind in (SILENT, HANDED, OVERLAP, STALE))}"


def _outcome(task: Path, judged: bool) -> str:
    if judged:
        seen = _result(task, "watch")
        if seen.get("error") or seen.get("again"):
            return seen.get("error") or "it is found again"
    counted = _result(task, "count")
    error = counted.get("error", "")
    return f"{_peak(counted)}; {error}" if error and "peak_bytes" in counted else _peak(counted)


def _peak(counted: Mapping[str, Any]) -> str:
    if "peak_bytes" not in counted:
        return counted["error"]
    peak = plain_bytes(counted["peak_bytes"])
    return f"peak until it fails {peak}" if counted["error"] else f"runs to its end; peak of the whole script {peak}"


def _result(task: Path, what: str) -> dict[str, Any]:
    with child_module(__name__, [str(task), what]) as child:
        try:
            found = child.event(LIMIT_S)
            status = child.status(_END_LIMIT_S)
        except Hung as error:
            return {"error": str(error)}
        return found if found is not None else {"error": child.cause(status, child.printed())}


def main(arguments: Sequence[str]) -> None:
    """Run a script with a cure, and send one event that says how it ended."""
    task_file, what, pipe = arguments
    events = Events(pipe)
    task = json.loads(Path(task_file).read_text())
    with _changed(task["file"], task["text"]), _flag_off(task["flag"]):
        found = _watched(task) if what == "watch" else _counted(task)
    events.send("ended", **found)
    events.end()


def _watched(task: Mapping[str, Any]) -> dict[str, Any]:
    watch = ProgramWatch()
    with watch.watching():
        error = _error_of(task)
    return {"error": error, "again": any(finding.kind == task["kind"] for finding in watch.findings)}


def _counted(task: Mapping[str, Any]) -> dict[str, Any]:
    errors: list[str] = []
    peak_bytes = peak_bytes_of(lambda: errors.append(_error_of(task)))
    return {"error": errors[0], "peak_bytes": peak_bytes}


def _error_of(task: Mapping[str, Any]) -> str:
    """Run the script, and return how it fails, in a line; "" if it runs to its end."""
    path = Path(task["script"])
    own = task["text"] if Path(task["file"]).resolve() == path.resolve() else None
    try:
        run_script(path, compiled_script(path, own), task["arguments"], ModuleType("__main__"))
    except SystemExit as end:
        return f"exit status {end.code}" if end.code else ""
    except Exception as error:  # a script may raise any error
        return ": ".join([type(error).__name__, *(line[:120] for line in filled_lines(error)[:1])])
    return ""


@contextmanager
def _changed(file: str, text: str | None) -> Iterator[None]:
    """Inside this block, import the module in this file with another text. Nothing changes without a text."""
    original = importlib.machinery.SourceFileLoader.get_code

    def get_code(self: Any, fullname: str) -> CodeType | None:
        if text is not None and Path(self.path).resolve() == Path(file).resolve():
            return compile(text, self.path, "exec")
        return original(self, fullname)

    importlib.machinery.SourceFileLoader.get_code = get_code
    try:
        yield
    finally:
        importlib.machinery.SourceFileLoader.get_code = original


@contextmanager
def _flag_off(path: str | None) -> Iterator[None]:
    """Inside this block, turn off the flag of the module at this path, in each module that is called."""
    if path is None:
        yield
        return

    def turn_off(module: nn.Module, args: Any) -> None:
        for name, each in module.named_modules():
            if name == path and getattr(each, _FLAG, False):
                setattr(each, _FLAG, False)

    hook = register_module_forward_pre_hook(turn_off)
    try:
        yield
    finally:
        hook.remove()


if __name__ == "__main__":
    main(sys.argv[1:])
