"""What a run of the advisor stores in `run.json` besides its rows: decisions, patch, and where the bytes are."""

from typing import Annotated, Any, TypedDict

from benchmarks.record.field_types import Bytes, Count, Number, Seconds

#: Below zero where memory that was there before was let go by then.
SignedBytes = Annotated[int, Number("bytes", signed=True)]


class PlaceFacts(TypedDict):
    """A place in a step."""

    region: str  #: "input" (made by `make`, or by executions before the last), "forward", "backward", "update", or ""
    op: str  #: torch's name; "" for what no op was seen to make
    module: str | None  #: path of the module that ran; "" the model itself; None outside all
    file: str | None  #: of the user's code, from the current folder; of a package, from the folder of packages
    line: Count | None  #: from 1; of what backward made, that of the op whose gradient it computed
    text: str  #: the source line, shortened; "" where there is none


class PeakRowFacts(PlaceFacts):
    """Bytes that live at the peak, made in one place for one purpose."""

    category: str  #: "parameters", "gradients", "saved for backward" ...
    sum_bytes: SignedBytes  #: of all its blocks
    blocks: Count  #: how many


class PeakFacts(PlaceFacts):
    """The peak of a step, and the place where it is reached; the sum of its rows, to the byte."""

    peak_bytes: Bytes  #: all that lives then, what `make` built included
    start_bytes: Bytes  #: the same as the last execution begins
    regions: list[str]  #: those that the step went through, in order
    rows: list[PeakRowFacts]  #: the largest first


class CountedFacts(TypedDict):
    """Exact bytes of a step beyond what lived when `make` had returned."""

    peak_bytes: Bytes  #: highest during its last execution
    held_bytes: Bytes  #: as its backward begins; without one, as it returns


class AdvisedStepFacts(TypedDict):
    """One of the user's steps."""

    step: str  #: its name: "train.py:make"
    given: CountedFacts  #: as it is
    patched: CountedFacts | None  #: with all that is "do"; None where nothing is
    given_peak: PeakFacts | None  #: None where it could not be said
    patched_peak: PeakFacts | None  #: likewise, and where nothing is "do"
    why_no_peak: str | None  #: why it could not be said


class DecisionFacts(TypedDict):
    """One place of the user's code, or one class of modules."""

    verdict: str  #: "do", "may", "leave", "never"
    kind: str  #: of switch: "flag", "method" ...
    file: str  #: as in a place; "" where none makes the modules
    line: Count  #: from 1; 0 without a file
    expression: str  #: as it is
    replacement: str | None  #: as it would be
    reason: str  #: in a sentence
    warning: str | None  #: of "may": what it rests on
    level: str | None  #: "temporary", "local", "argument"
    modules: list[str]  #: their paths; empty for an expression
    saver: dict[str, Any] | None  #: of "never", the op because of which: `op`, `file`, `line`
    saved_peak_bytes: SignedBytes  #: at the peak of the step that saves most
    saved_held_bytes: SignedBytes  #: likewise, of what is held for backward


class SilentWriteFacts(TypedDict):
    """A line that makes a gradient or a value wrong as it is, while torch says nothing. Lines are 0 if not known."""

    op: str  #: that wrote; "" where the memory was written past torch
    file: str  #: of the write; "" where it is not known
    line: Count  #: of the write, in that file
    saved_by: str  #: the op whose backward takes what was overwritten; "" where the write itself gives wrong values
    saved_file: str  #: of that op; "" where it is not known
    saved_line: Count  #: of that op, in that file
    why: str  #: in a sentence


class AdviceFacts(TypedDict):
    """An answer of the advisor."""

    repeats: Count  #: executions of each step per trial
    executions: Count  #: of each step, in all
    answered_s: Seconds  #: from the question to the answer
    sources_sha256: dict[str, str]  #: by the file of each step, and each that the patch changes: its digest
    steps: list[AdvisedStepFacts]  #: in the order asked
    decisions: list[DecisionFacts]  #: the best first
    overwritten: list[SilentWriteFacts]  #: what is wrong as it is
    proved: bool | None  #: whether the patch did the same in a fresh process, in the bytes promised; None without one
    unproved: str | None  #: what was different
    times_note: str | None  #: why it was not timed
    patch: list[str]  #: the lines of the unified diff
    printed: list[str]  #: the answer's lines
