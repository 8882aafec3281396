"""The command `explain`: run a user's script, and say which line overwrote what its backward needs."""

import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from benchmarks.entry import DONE, FAILED
from benchmarks.explain.cure_trial import try_cure
from benchmarks.explain.cures import cures_of
from benchmarks.explain.program_watch import ProgramWatch
from benchmarks.explain.rejections import rejection
from benchmarks.explain.script import compiled_script, run_script
from benchmarks.explain.wording import conflict_text

#: The folder of this suite. Its frames are no part of the script's traceback.
_OWN = str(Path(__file__).resolve().parents[1])
_UNCOMPILED = "explain: torch.compile was left out: compiled code does not say what it saves"


def run_explain(script: Path, arguments: Sequence[str], tries: bool) -> int:
    """Run the script once, print the findings, and return the exit status.

    The status is the script's own, but 1 if that is 0 and something was found. `tries`: also run each cure, in a
    process of its own. BadScript if there is no script that can be run.
    """
    code = compiled_script(script)
    watch, main = ProgramWatch(), ModuleType("__main__")
    status = DONE
    try:
        with watch.watching():
            run_script(script, code, arguments, main)
    except SystemExit as end:
        status = _status_of(end)
    except KeyboardInterrupt:
        _print_findings(watch, script, arguments, tries=False)
        raise
    except BaseException as error:  # any error of a script is shown as Python shows it
        status = FAILED
        _print_error(error)
        found = None if watch.findings else rejection(error, watch.recorder)
        if found is not None:
            watch.add(found)
    _print_findings(watch, script, arguments, tries)
    return status or (FAILED if watch.findings else DONE)


def _print_findings(watch: ProgramWatch, script: Path, arguments: Sequence[str], tries: bool) -> None:
    sys.stdout.flush()
    if watch.left_uncompiled:
        _say(_UNCOMPILED)
    for number, finding in enumerate(watch.findings, 1):
        cures = cures_of(finding, watch.has_flag)
        tried = {n: try_cure(cure, finding.kind, script, arguments) for n, cure in enumerate(cures) if tries}
        _say(conflict_text(number, finding, cures, tried))
    if tries and watch.findings:
        _say(f"the script as it is: {try_cure(None, '', script, arguments)}")


def _print_error(error: BaseException) -> None:
    """Print the traceback that the script alone would give."""
    shown = traceback.TracebackException.from_exception(error)
    frames = [frame for frame in shown.stack if not frame.filename.startswith(_OWN)]
    shown.stack = traceback.StackSummary.from_list(frames)
    _say("".join(shown.format()).rstrip())


def _status_of(end: SystemExit) -> int:
    if end.code is None or isinstance(end.code, int):
        return int(end.code or 0)
    _say(str(end.code))
    return FAILED


def _say(text: str) -> None:
    print(text, file=sys.stderr)
