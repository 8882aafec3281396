"""The data of an op card: everything known of one op on one device of a run. Nothing here is laid out or computed.

`gather.cards` makes it, `python -m analysis show NAME` prints it, the report shows it. Numbers are SI seconds, bytes
and plain ratios, or None.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from analysis.right.findings import Finding
from benchmarks.autograd.record.safety import SafetyRow
from benchmarks.record import Case


@dataclass(frozen=True)
class CardCase:
    """One case of the op: the columns of `ratios.case_table` that a card needs, in the same units."""

    case: Case
    quantities: Mapping[str, tuple[float | None, float | None]]  #: by name, out-of-place and in-place
    repeat: str  #: the options that, after its card's command, measure this case again
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
    failed_variant: str | None  #: the variant that ended its process, hung or ran out of memory
    verified: bool  #: some pass showed the variants to agree
    agreement_error: float | None  #: how closely they agree, where a pass compared them
    agreement_differing: float | None
    outofplace_rounding_error: float | None
    inplace_rounding_error: float | None
    same_calls: bool  #: both variants of a scenario make the same calls: nothing is switched
    below_resolution: bool  #: the op changes less than its dtype can resolve
    gradient: str | None  #: of a user's own code: whether its gradient is the derivative, in words
    disturbed: bool | None
    below_floor: bool
    bistable: bool
    outofplace_host_time_s: float | None  #: from here on, fields of a GPU's case: None or False on a CPU
    inplace_host_time_s: float | None
    host_speedup: float | None
    host_speedup_low: float | None
    host_speedup_high: float | None
    host_verdict: str | None
    host_decides: bool | None
    host_bound: bool | None
    felt_speedup: float | None  #: what a user feels: see `numbers.felt`
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
        """The speedup to answer with: the felt one; on a CPU there is only one."""
        return self.speedup if self.felt_speedup is None else self.felt_speedup

    @property
    def answer_verdict(self) -> str | None:
        """The verdict of `answer_speedup`."""
        return self.verdict if self.felt_speedup is None else self.felt_verdict


@dataclass(frozen=True)
class Need:
    """The bytes that both variants need for one of `memory.QUESTIONS`, in multiples of the input's bytes."""

    question: str
    outofplace: float
    inplace: float


@dataclass(frozen=True)
class Advice:
    """One of `advice.WORDS` for one situation, with the numbers behind it."""

    situation: str
    word: str
    why: str
    wrong: bool = False  #: the in-place variant is not right there, so no number recommends it
    by_bytes_alone: bool = False  #: its bytes are all that speaks for it, or against it


@dataclass(frozen=True)
class Card:
    """An op on one device of one run."""

    run: str
    device: str
    machine: str  #: its description, one line
    torch: str  #: the torch and kind of device on which safety, claims and hazards ran: 'torch 2.13.0 on cpu'
    pair: str
    family: str
    labels: tuple[str, str]  #: what the variants are called
    outofplace: str | None  #: the code of both variants, where the run stores it
    inplace: str | None
    note: str | None
    advice: tuple[Advice, ...]
    cases: tuple[CardCase, ...]  #: in the order of `ratios.case_table`
    needs: tuple[Need, ...]
    safety: SafetyRow | None  #: its row of the safety matrix, if one is stored for this torch
    claims: tuple[Finding, ...]  #: the claims that mention it
    hazards: tuple[Finding, ...]
    command: str  #: the command that measures the op again

    @property
    def is_scenario(self) -> bool:
        """Whether it is the card of a scenario, which represents no op."""
        return all(case.case.scale for case in self.cases)
