"""Print the answer: the bytes, a line per decision, the name of the patch, and what was proved."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from benchmarks.advise.answers.printed_bytes import places_lines, times_lines
from benchmarks.advise.answers.printed_effects import effects_lines
from benchmarks.advise.user.question import DO, MAY, VERDICTS
from benchmarks.advise.user.whose_file import path_as_shown
from benchmarks.record.plain_text import first_names, plain_bytes

_COLUMNS = 120
_MOST_PATHS = 3  #: the most module paths that one line names


def answer_text(answer: Mapping[str, Any], patch: str | None) -> str:
    """Return the answer as text, ready to print. `patch`: the file that holds the patch; None if there is none."""
    lines = [*_bytes(answer), "", *_decisions(answer["decisions"]), *places_lines(answer), ""]
    return "\n".join([*lines, *times_lines(answer), *_end(answer, patch)]) + "\n"


def _bytes(answer: Mapping[str, Any]) -> Iterator[str]:
    for step in answer["per_step"]:
        before, after = step["before"], step["after"]
        peak, held = plain_bytes(before["peak_bytes"]), plain_bytes(before["held_bytes"])
        line = f"{step['step']}: peak {peak}, held for backward {held}"
        if after is not None:
            peak, held = plain_bytes(after["peak_bytes"]), plain_bytes(after["held_bytes"])
            line += f"; with what to do: peak {peak}, held {held}"
        yield line
    if answer["device"] != "cpu":
        yield f"These are bytes of {answer['device']}; the host's do not count."


def _decisions(decisions: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if not decisions:
        yield "no op was seen that could be in place"
    for verdict in VERDICTS:
        for decision in decisions:
            if decision["verdict"] == verdict:
                yield from _decision(decision)


def _decision(decision: Mapping[str, Any]) -> Iterator[str]:
    where = f"{path_as_shown(decision['file'])}:{decision['line']}" if decision["file"] else "a module"
    what = f"{decision['verdict']:5}  {where}  {decision['expression']}"
    becomes = f"-> {decision['replacement']}" if decision["verdict"] in (DO, MAY) else ""
    of = f" ({decision['level']})" if decision["level"] else ""
    line = " ".join(filter(None, (what, becomes))) + of
    yield from (line,) if len(line) <= _COLUMNS or not becomes else (what, f"       {becomes}{of}")
    if decision["modules"]:
        names = [name or "the outermost one" for name in decision["modules"]]
        yield f"       modules: {first_names(names, _MOST_PATHS)}"
    if decision["verdict"] in (DO, MAY):
        saved = f"saves {plain_bytes(decision['peak_bytes_saved'])} at the peak"
        if decision["held_bytes_saved"]:
            saved += f", {plain_bytes(decision['held_bytes_saved'])} of what is held for backward"
        if decision["verdict"] == DO and not (decision["peak_bytes_saved"] or decision["held_bytes_saved"]):
            saved = "saves time, and no byte"
        yield f"       {saved}"
    reason = decision["warning"] if decision["verdict"] == MAY and decision["warning"] else decision["reason"]
    yield f"       {reason}"


def _end(answer: Mapping[str, Any], patch: str | None) -> Iterator[str]:
    if answer["differs"] is not None:
        yield f"The step is not deterministic: {answer['differs']} differs between two executions. Nothing is proved."
    if answer["watch_differs"] is not None:
        yield f"While watched, the step did something else: {answer['watch_differs']} differs. Nothing is proved."
    for each in answer["overwritten"]:
        yield from _overwritten(each)
    yield from effects_lines(answer)
    counts = f"{answer['runs']} executions of each step, {answer['seconds']:.1f} s"
    if not answer["sets"]["do"]:
        may = any(decision["verdict"] == MAY for decision in answer["decisions"])
        rest = "; what is `may` is at your own risk" if may else ""
        yield f"Leave it as it is: nothing that is safe saves a byte{rest} ({counts})."
        return
    if answer["unwritten"]:
        names = ", ".join(answer["unwritten"])
        yield f"Set the flag of these modules by hand, as no line of source makes them: {names}."
    if patch is not None:
        yield f"The patch: {patch} (git apply {patch})"
    if answer["proved"]:
        where = "" if answer["device"] == "cpu" else f" on {answer['device']}"
        proved = (
            "Proved: patched, in a fresh process, outputs, gradients, parameters, buffers, optimizer state, random "
            "states and all tensors that live on are the same to the bit, and the bytes are those promised, for these "
            f"inputs, {answer['repeats']} executions of each step, torch {answer['torch']}{where} ({counts})."
        )
        yield from textwrap.wrap(proved, _COLUMNS)
    else:
        yield f"Not proved: in a fresh process, {answer.get('unproved') or 'it could not be asked'} ({counts})."


def _overwritten(write: Mapping[str, Any]) -> Iterator[str]:
    where = f"{path_as_shown(write['file'])}:{write['line']}  {write['op']}"
    by = where if write["op"] else "memory written past torch"
    yield f"wrong  {by}"
    if write["op"] and not write["saved_by"]:
        yield f"       {write['why']}"
        return
    saved = f"{write['saved_by']} at {path_as_shown(write['saved_file'])}:{write['saved_line']}"
    yield f"       it overwrites what {saved} saved for backward, and torch does not say so: {write['why']}"
