"""What a run of the advisor says of the user's code: read from `run.json`, where any part may be missing or wrong."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from analysis.run.facts import items, number, part, text

#: The verdicts on a decision, the best first.
DO, MAY, LEAVE, NEVER = ("do", "may", "leave", "never")


@dataclass(frozen=True)
class CodePlace:
    """A place in a step. `line_text`: the source line."""

    region: str = ""
    op: str = ""
    module: str | None = None
    file: str | None = None
    line: int | None = None
    line_text: str = ""

    @property
    def file_and_line(self) -> str:
        """'train.py:14'; '' where there is none."""
        return f"{self.file}:{self.line}" if self.file and self.line else self.file or ""

    @property
    def module_text(self) -> str:
        """The module in words."""
        return "outside all modules" if self.module is None else self.module or "the model itself"


@dataclass(frozen=True)
class PeakPart(CodePlace):
    """Bytes that live at a peak, made in one place for one purpose."""

    category: str = ""
    sum_bytes: int = 0


@dataclass(frozen=True)
class StepPeak:
    """A step's peak, what `make` built included: its place, and parts that add up to it."""

    place: CodePlace
    peak_bytes: int
    parts: tuple[PeakPart, ...]

    def sums(self, key: Callable[[PeakPart], Any]) -> dict[Any, int]:
        """Bytes by what `key` says of each part, most first."""
        sums: dict[Any, int] = {}
        for each in self.parts:
            sums[key(each)] = sums.get(key(each), 0) + each.sum_bytes
        return dict(sorted(sums.items(), key=lambda item: -item[1]))


@dataclass(frozen=True)
class AdvisedStep:
    """One step. Bytes beyond what lived when `make` had returned; None where they are not stored."""

    name: str
    given_peak_bytes: int | None = None
    patched_peak_bytes: int | None = None
    given_held_bytes: int | None = None
    patched_held_bytes: int | None = None
    given_peak: StepPeak | None = None
    patched_peak: StepPeak | None = None
    why_no_peak: str = ""


@dataclass(frozen=True)
class StoredDecision:
    """One place of the user's code, and what to do about it."""

    verdict: str
    file: str
    place: str  #: 'train.py:14'
    expression: str
    replacement: str
    reason: str
    level: str
    modules: tuple[str, ...]
    saver: str  #: 'mul at train.py:15': because of which it is `never`
    saved_peak_bytes: int
    saved_held_bytes: int


@dataclass(frozen=True)
class StoredSilentWrite:
    """A line that makes a gradient wrong, while torch says nothing."""

    op: str
    place: str  #: 'train.py:14'; '' where it is not known
    saved: str  #: 'exp at train.py:12'
    why: str


@dataclass(frozen=True)
class StoredAdvice:
    """The whole answer."""

    steps: tuple[AdvisedStep, ...]
    decisions: tuple[StoredDecision, ...]
    overwritten: tuple[StoredSilentWrite, ...]
    proved: bool
    unproved: str
    times_note: str
    repeats: int
    executions: int
    patch: tuple[str, ...]
    printed: tuple[str, ...]
    command: str = ""
    by_name: Mapping[str, AdvisedStep] = field(default_factory=dict)

    def with_verdict(self, *verdicts: str) -> list[StoredDecision]:
        """The decisions with one of some verdicts."""
        return [each for each in self.decisions if each.verdict in verdicts]


def stored_advice(facts: dict) -> StoredAdvice | None:
    """The answer that a run stores; None for a run of anything else."""
    stored = part(facts, "advice")
    steps = tuple(_step(each) for each in items(stored, "steps"))
    if not steps:
        return None
    return StoredAdvice(
        steps=steps,
        decisions=tuple(_decision(each) for each in items(stored, "decisions")),
        overwritten=tuple(_silent_write(each) for each in items(stored, "overwritten")),
        proved=stored.get("proved") is True,
        unproved=text(stored.get("unproved")) or "",
        times_note=text(stored.get("times_note")) or "",
        repeats=_whole(stored.get("repeats")) or 1,
        executions=_whole(stored.get("executions")) or 0,
        patch=_lines(stored.get("patch")),
        printed=_lines(stored.get("printed")),
        command=text(facts.get("command")) or "",
        by_name={each.name: each for each in steps},
    )


def _step(stored: dict) -> AdvisedStep:
    given, patched = part(stored, "given"), part(stored, "patched")
    return AdvisedStep(
        name=text(stored.get("step")) or "a step",
        given_peak_bytes=_whole(given.get("peak_bytes")),
        patched_peak_bytes=_whole(patched.get("peak_bytes")),
        given_held_bytes=_whole(given.get("held_bytes")),
        patched_held_bytes=_whole(patched.get("held_bytes")),
        given_peak=_peak(part(stored, "given_peak")),
        patched_peak=_peak(part(stored, "patched_peak")),
        why_no_peak=text(stored.get("why_no_peak")) or "",
    )


def _peak(stored: dict) -> StepPeak | None:
    peak_bytes, rows = _whole(stored.get("peak_bytes")), items(stored, "rows")
    if peak_bytes is None:
        return None
    parts = tuple(
        PeakPart(
            **_place(row), category=text(row.get("category")) or "unknown", sum_bytes=_whole(row.get("sum_bytes")) or 0
        )
        for row in rows
    )
    return StepPeak(CodePlace(**_place(stored)), peak_bytes, parts)


def _place(stored: dict) -> dict[str, Any]:
    module = stored.get("module")
    return {
        "region": text(stored.get("region")) or "",
        "op": text(stored.get("op")) or "",
        "module": module.strip() if isinstance(module, str) else None,
        "file": text(stored.get("file")),
        "line": _whole(stored.get("line")),
        "line_text": text(stored.get("text")) or "",
    }


def _silent_write(stored: dict) -> StoredSilentWrite:
    saved_at = _file_and_line(stored, "saved_file", "saved_line")
    return StoredSilentWrite(
        op=text(stored.get("op")) or "",
        place=_file_and_line(stored, "file", "line"),
        saved=" at ".join(filter(None, (text(stored.get("saved_by")), saved_at))),
        why=text(stored.get("why")) or "",
    )


def _file_and_line(stored: dict, file_field: str, line_field: str) -> str:
    file, line = text(stored.get(file_field)) or "", _whole(stored.get(line_field))
    return f"{file}:{line}" if file and line else file


def _decision(stored: dict) -> StoredDecision:
    saver = part(stored, "saver")
    saver_place = ":".join(filter(None, (text(saver.get("file")), text(saver.get("line")))))
    verdict = text(stored.get("verdict")) or LEAVE
    reason = text(stored.get("reason")) or ""
    modules = stored.get("modules")
    return StoredDecision(
        verdict=verdict,
        file=text(stored.get("file")) or "",
        place=_file_and_line(stored, "file", "line"),
        expression=text(stored.get("expression")) or "",
        replacement=text(stored.get("replacement")) or "",
        reason=(text(stored.get("warning")) or reason) if verdict == MAY else reason,
        level=text(stored.get("level")) or "",
        modules=tuple(name for name in map(text, modules) if name) if isinstance(modules, list) else (),
        saver=" at ".join(filter(None, (text(saver.get("op")), saver_place))),
        saved_peak_bytes=_whole(stored.get("saved_peak_bytes")) or 0,
        saved_held_bytes=_whole(stored.get("saved_held_bytes")) or 0,
    )


def _whole(value: object) -> int | None:
    found = number(value)
    return int(found) if found is not None else None


def _lines(value: object) -> tuple[str, ...]:
    return tuple(line for line in value if isinstance(line, str)) if isinstance(value, list) else ()
