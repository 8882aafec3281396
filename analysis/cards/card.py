"""All that is known of one op on one device of a run: the data of its card. Nothing here is laid out or computed.

`cards` makes it, `python -m analysis show NAME` prints it, the report shows it. Numbers are SI seconds, bytes and plain
ratios, None where there is none.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from analysis.right.findings import Finding
from benchmarks.autograd.record.safety import SafetyRow
from benchmarks.record import Case


@dataclass(frozen=True)
class CardCase:
    """One case of the op: what a card needs of a row of `ratios.case_table`, by its names and in its units."""

    case: Case
    quantities: Mapping[str, tuple[float | None, float | None]]  #: by name, out-of-place and in-place
    repeat: str  #: the options that follow its card's command to measure it once more
    label: str  #: 'add', 'add (broadcast)'
    qualifiers: tuple[str, ...]  #: what `label` says beyond the op's name
    plain: bool  #: it represents the op
    state: str
    reason: str | None
    verdict: str | None
    outofplace_time_s: float | None
    inplace_time_s: float | None
    speedup: float | None
    speedup_low: float | None
    speedup_high: float | None
    failed_variant: str | None  #: that ended its process, hung or took all memory
    verified: bool  #: some pass showed the variants to agree
    agreement_error: float | None  #: how far, where a pass compared them
    agreement_differing: float | None
    outofplace_rounding_error: float | None
    inplace_rounding_error: float | None
    same_calls: bool  #: both variants of a scenario make the same calls: nothing is switched
    below_resolution: bool  #: what the op changes is less than its dtype can tell
    gradient: str | None  #: of a user's own code: whether it is the derivative, in words
    disturbed: bool | None
    below_floor: bool
    bistable: bool
    outofplace_host_time_s: float | None  #: of a GPU's case, as all that follows: None, or False, on a CPU
    inplace_host_time_s: float | None
    host_speedup: float | None
    host_speedup_low: float | None
    host_speedup_high: float | None
    host_verdict: str | None
    host_decides: bool | None
    host_bound: bool | None
    felt_speedup: float | None  #: what a user feels, as `numbers.felt` says
    felt_speedup_low: float | None
    felt_speedup_high: float | None
    felt_verdict: str | None
    held: bool | None
    unheld_reason: str | None
    cache: str | None
    throttled_blocks: int | None
    throttled_kept: bool

    @property
    def answer_speedup(self) -> float | None:
        """What the case answers: the felt speedup, on a CPU the only one there is."""
        return self.speedup if self.felt_speedup is None else self.felt_speedup

    @property
    def answer_verdict(self) -> str | None:
        """The verdict of `answer_speedup`."""
        return self.verdict if self.felt_speedup is None else self.felt_verdict


@dataclass(frozen=True)
class Need:
    """What both variants need, in multiples of the bytes of the input, by one of `memory.QUESTIONS`."""

    question: str
    outofplace: float
    inplace: float


@dataclass(frozen=True)
class Advice:
    """One of `advice.WORDS` for one of its situations, and the numbers it rests on."""

    situation: str
    word: str
    why: str
    wrong: bool = False  #: the in-place variant is not right there: no number recommends it


@dataclass(frozen=True)
class Card:
    """An op on one device of one run."""

    run: str
    device: str
    machine: str  #: in one line
    torch: str  #: the torch and kind of device that safety, claims and hazards speak of: 'torch 2.13.0 on cpu'
    pair: str
    family: str
    labels: tuple[str, str]  #: what the variants are called
    outofplace: str | None  #: the code of both variants, where the run tells it
    inplace: str | None
    note: str | None
    advice: tuple[Advice, ...]
    cases: tuple[CardCase, ...]  #: in the order of `ratios.case_table`
    needs: tuple[Need, ...]
    safety: SafetyRow | None  #: its row of the matrix (with what it saves for backward), if one is stored of this torch
    claims: tuple[Finding, ...]  #: those that speak of it
    hazards: tuple[Finding, ...]
    command: str  #: that measures the op once more

    @property
    def is_scenario(self) -> bool:
        """Whether it is of a model-sized pair, which represents no op."""
        return all(case.case.scale for case in self.cases)
