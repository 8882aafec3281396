"""The question to the advisor, and the terms of its answer: plain data, sent between its processes as JSON."""

from dataclasses import asdict, dataclass, field, fields
from typing import Any

from benchmarks.advise.user.whose_file import path_as_shown

#: The verdicts, from the switch that is safe and saves bytes to the switch that must not be made.
DO, MAY, LEAVE, NEVER = VERDICTS = ("do", "may", "leave", "never")

#: What an operand is to the function that holds the site; the safest first.
TEMPORARY, LOCAL, ARGUMENT = LEVELS = ("temporary", "local", "argument")


@dataclass(frozen=True)
class Question:
    """The steps to advise on, and the options of the command."""

    steps: tuple[str, ...] = ()  #: FILE.py:MAKE, each of which returns a step
    model: str = ""  #: FILE.py:CLASS in place of steps
    inputs: tuple[str, ...] = ()  #: shapes of the model's inputs: 4x3x224x224
    repeats: int = 2  #: executions of each step per trial
    only: str = ""  #: only sites below this path; empty: no limit
    device: str = "cpu"
    limit_s: float = 600.0  #: seconds for one trial
    places: bool = False  #: also find where the bytes are at the peak
    proves: bool = False  #: only execute the steps, with the patch, in a fresh process
    scratch: bool = False  #: execute the steps in a scratch folder
    folder: str = ""  #: the scratch folder of the process that is asked
    patched: tuple[tuple[str, str], ...] = ()  #: per file that the patch changes, its path, and that of its new text

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the steps in the answer."""
        return self.steps or (f"{self.model} training", f"{self.model} inference")

    @property
    def json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of(cls, stored: dict[str, Any]) -> "Question":
        """Return the question from its JSON; lists become tuples again."""
        known: dict[str, Any] = {each.name: stored[each.name] for each in fields(cls)}
        known["patched"] = tuple(tuple(pair) for pair in known["patched"])
        known["steps"], known["inputs"] = tuple(known["steps"]), tuple(known["inputs"])
        return cls(**known)


@dataclass(frozen=True)
class Bytes:
    """The bytes of a step's last execution, beyond those that were live before its first one."""

    peak_bytes: int  #: highest live bytes
    held_bytes: int  #: live bytes when backward begins, or when the step returns if it has no backward

    def __sub__(self, other: "Bytes") -> "Bytes":
        return Bytes(self.peak_bytes - other.peak_bytes, self.held_bytes - other.held_bytes)


@dataclass(frozen=True)
class SourcePlace:
    """The place of an expression in a file: 1-based lines, 0-based columns in bytes of UTF-8, as in `co_positions`."""

    file: str
    line: int
    end_line: int
    column: int
    end_column: int

    @property
    def is_empty(self) -> bool:
        """Whether it is a place on a line, and that of no expression."""
        return (self.line, self.column) == (self.end_line, self.end_column)


@dataclass(frozen=True)
class Reader:
    """An op that reads, writes, keeps, made or handed over what a switch would overwrite, and the line of its call."""

    op: str
    file: str
    line: int
    module: str | None = None

    @property
    def json(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        return f"{self.op} at {path_as_shown(self.file)}:{self.line}" if self.file else self.op


@dataclass
class Decision:
    """One line of the answer."""

    verdict: str
    kind: str
    file: str
    line: int
    end_line: int
    column: int | None
    end_column: int | None
    expression: str
    replacement: str | None
    reason: str
    module: str | None = None  #: the path of the first module
    modules: list[str] = field(default_factory=list)  #: the paths of all modules
    operand: int | None = None  #: the number of the operand that is overwritten, from 1
    level: str | None = None  #: one of `LEVELS`
    saver: dict[str, Any] | None = None  #: a `Reader` as JSON: the op because of which the verdict is `never`
    warning: str | None = None  #: what a `may` rests on
    peak_bytes_saved: int = 0
    held_bytes_saved: int = 0
