"""What is asked of the advisor, and what it answers: plain data that goes between its processes as JSON."""

from dataclasses import asdict, dataclass, field, fields
from typing import Any

from benchmarks.advise.whose_file import path_as_shown

#: Verdicts on a decision, from the one that can be followed blindly to the one that must not be taken.
DO, MAY, LEAVE, NEVER = VERDICTS = ("do", "may", "leave", "never")

#: What an operand is to the function that holds the site; the safest first.
TEMPORARY, LOCAL, ARGUMENT = LEVELS = ("temporary", "local", "argument")


@dataclass(frozen=True)
class Question:
    """The steps to advise on, and how."""

    steps: tuple[str, ...] = ()  #: FILE.py:MAKE, each of which returns a step
    model: str = ""  #: FILE.py:CLASS in place of steps
    inputs: tuple[str, ...] = ()  #: shapes of the model's inputs: 4x3x224x224
    repeats: int = 2  #: how often each step is executed in one trial
    only: str = ""  #: sites below this path alone
    device: str = "cpu"
    limit_s: float = 600.0  #: for one trial
    places: bool = False  #: also say where the bytes are at the peak
    proves: bool = False  #: only execute the steps, patched, in a fresh process
    scratch: bool = False  #: execute the steps in a scratch folder
    folder: str = ""  #: that folder, in the question to one process
    patched: tuple[tuple[str, str], ...] = ()  #: of a proof: path of a file, and the path that holds its new text

    @property
    def names(self) -> tuple[str, ...]:
        """What the steps are called in the answer."""
        return self.steps or (f"{self.model} training", f"{self.model} inference")

    @property
    def json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of(cls, stored: dict[str, Any]) -> "Question":
        """From its JSON, whose lists become tuples again."""
        known: dict[str, Any] = {each.name: stored[each.name] for each in fields(cls)}
        known["patched"] = tuple(tuple(pair) for pair in known["patched"])
        known["steps"], known["inputs"] = tuple(known["steps"]), tuple(known["inputs"])
        return cls(**known)


@dataclass(frozen=True)
class Bytes:
    """Of a whole step, beyond what lived before the first execution."""

    peak_bytes: int  #: highest live bytes during the last execution of the step
    held_bytes: int  #: live when its backward begins; where there is none, when it returns

    def __sub__(self, other: "Bytes") -> "Bytes":
        return Bytes(self.peak_bytes - other.peak_bytes, self.held_bytes - other.held_bytes)


@dataclass(frozen=True)
class SourcePlace:
    """An expression in a source file: 1-based lines, 0-based utf-8 columns, as `co_positions` gives them."""

    file: str
    line: int
    end_line: int
    column: int
    end_column: int


@dataclass(frozen=True)
class Reader:
    """The op that forbids a switch, and where the user called it."""

    op: str
    file: str
    line: int
    module: str | None = None

    @property
    def json(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        return f"{self.op} at {path_as_shown(self.file)}:{self.line}"


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
    module: str | None = None
    modules: list[str] = field(default_factory=list)
    operand: int | None = None
    level: str | None = None
    saver: dict[str, Any] | None = None
    warning: str | None = None
    peak_bytes_saved: int = 0
    held_bytes_saved: int = 0
