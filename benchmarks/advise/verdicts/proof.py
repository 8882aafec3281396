"""Prove from the trace that a candidate is safe for all values: nothing reads or keeps what it would overwrite."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from benchmarks.advise.source.rewrite import Source
from benchmarks.advise.switches.candidates import BY_RESULT, SAVE_RESULT, Candidate
from benchmarks.advise.user.question import ARGUMENT, DO, LEAVE, LEVELS, LOCAL, MAY, NEVER, TEMPORARY, VERDICTS, Reader
from benchmarks.advise.verdicts.memory_bound import Edge
from benchmarks.advise.verdicts.static import Caution, caution_of, is_name, reorders_calls
from benchmarks.advise.verdicts.why_never import accesses_after, later_access, why_never
from benchmarks.advise.watch.occurrences import Occurrence, Trace
from benchmarks.advise.watch.storage_parts import are_split

#: The reason of a switch that is `may`.
UNSEEN = "it rests on what the steps given cannot show"


@dataclass
class SiteFinding:
    """What the trace and the source say about one switch, before any trial."""

    candidate: Candidate | None  #: None for a switch that is no candidate, such as an optimizer's
    verdict: str
    reason: str = ""
    reader: Reader | None = None  #: the op that forbids the switch, if one does
    level: str | None = None  #: one of `LEVELS`: what the operand is to its function
    warning: str | None = None  #: what a `may` rests on
    is_copied: bool = False  #: in place, torch copies the operand first, for the gradient: that seldom saves bytes
    edges: frozenset[Edge] = frozenset()  #: the pairs of storages that the switch would join


def finding_of(
    candidate: Candidate, occurrences: Sequence[Occurrence], trace: Trace, source: Source, nameless: bool = False
) -> SiteFinding:
    """Return the finding on a candidate: `never`, `leave`, `may` or `do`, with the reason.

    `occurrences`: all calls of it that were seen. `source`: that of its file. `nameless`: the operand was made within
    the expression itself, so that no variable holds it.
    """
    level = max((_level(candidate, each, trace, nameless) for each in occurrences), key=LEVELS.index)
    edges = frozenset(edge for each in occurrences for edge in _edge(candidate, each, trace))
    found = SiteFinding(candidate, DO, level=level, edges=edges)
    for each in occurrences:
        forbidden = why_never(candidate, each, level, trace, source)
        if forbidden is not None:
            found.verdict, (found.reason, found.reader) = NEVER, forbidden
            return found
    if reorders_calls(candidate):
        found.verdict, found.reason = (
            LEAVE,
            "the other operand has a call in it, which would be evaluated after this one",
        )
        return found
    found.is_copied = not _saves_result(candidate) and all(_own_reads(each, trace) for each in occurrences)
    cautions = [*_cautions(candidate, level), *_of_copies(occurrences, trace), *_of_parts(occurrences, trace)]
    sharing = frozenset(name for each in occurrences for name in each.sharing)
    cautions += caution_of(candidate, source, trace, frozenset() if nameless else sharing, nameless)
    if cautions:
        found.verdict, found.warning = MAY, "; ".join(caution.text for caution in cautions)
        found.reason = UNSEEN
    return found


def _edge(candidate: Candidate, occurrence: Occurrence, trace: Trace) -> Iterator[Edge]:
    """Yield the edge of a call, if the storages of its operand and of its result are known."""
    if occurrence.key is not None and occurrence.result is not None:
        copied_until = 0 if _saves_result(candidate) else max(_own_reads(occurrence, trace), default=0)
        yield Edge(occurrence.key, occurrence.result, copied_until)


def _own_reads(occurrence: Occurrence, trace: Trace) -> list[int]:
    """Return the moments at which the call's own backward, or the backward of that, read the operand."""
    kept = trace.ledger.storages.get(occurrence.key) if occurrence.key is not None else None
    accesses = kept.accesses if kept is not None else []
    return [access.at for access in accesses if trace.ledger.is_within(access.node, occurrence.nodes)]


def _saves_result(candidate: Candidate) -> bool:
    return candidate.op.replace("_", "") in SAVE_RESULT


def worst(findings: Sequence[SiteFinding]) -> SiteFinding:
    """Return the finding that permits the least, with the edges of all findings."""
    found = max(findings, key=lambda found: (VERDICTS.index(found.verdict), LEVELS.index(found.level or TEMPORARY)))
    return replace(found, edges=frozenset(edge for each in findings for edge in each.edges))


def _level(candidate: Candidate, occurrence: Occurrence, trace: Trace, nameless: bool) -> str:
    if nameless:
        return TEMPORARY
    kept = trace.ledger.storages.get(occurrence.key) if occurrence.key is not None else None
    if kept is None or kept.born <= occurrence.frame_began:
        return ARGUMENT
    return LOCAL if is_name(candidate.written) else TEMPORARY


def _of_parts(occurrences: Sequence[Occurrence], trace: Trace) -> list[Caution]:
    """Return a caution if later reads touch other parts of the storage only because of the numbers of these inputs."""
    for each in occurrences:
        kept = trace.ledger.storages.get(each.key) if each.key is not None else None
        for access in accesses_after(each, kept, trace) if kept is not None else ():
            assert kept is not None and each.part is not None and access.part is not None  # else the finding is `never`
            if (
                not each.part.is_empty
                and not access.part.is_empty
                and not are_split(kept.splits, each.part, access.part)
            ):
                return [Caution("with other inputs it may share bytes with what is read later")]
    return []


def _cautions(candidate: Candidate, level: str) -> list[Caution]:
    found: list[Caution] = []
    if level == ARGUMENT:
        found.append(Caution("it is an argument of the function: another caller may still need it"))
    if candidate.op in BY_RESULT:
        found.append(Caution("in place the gradient comes from the result: it differs in the last digits"))
    return found


def _of_copies(occurrences: Sequence[Occurrence], trace: Trace) -> list[Caution]:
    """Return a caution if the operand comes from a call that may return its argument, and that is still needed.

    Such a call, as `x.contiguous()`, copied in this execution; for other inputs it may not.
    """
    storages = trace.ledger.storages
    for each in occurrences:
        waiting = list(storages[each.key].copied_from) if each.key in storages else []
        while waiting:
            kept = storages[waiting.pop()]
            waiting += kept.copied_from
            if kept.born <= each.frame_began or kept.survived or later_access(each, kept, None, trace) is not None:
                return [Caution("the call that made it may return its own input, which is still needed")]
    return []
