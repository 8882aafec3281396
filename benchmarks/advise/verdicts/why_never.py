"""Say why a call must not be in place: what reads, writes or keeps its operand, or gave it; with that line."""

import ast
from collections.abc import Iterator, Sequence

from benchmarks.advise.source.giving_lines import giving_line
from benchmarks.advise.source.keeping_lines import keeping_statement
from benchmarks.advise.source.rewrite import Source
from benchmarks.advise.switches.candidates import Candidate
from benchmarks.advise.user.question import ARGUMENT, Reader
from benchmarks.advise.watch.ledger import Access, StorageRecord
from benchmarks.advise.watch.occurrences import Occurrence, Trace
from benchmarks.advise.watch.storage_parts import StoragePart, share_bytes
from benchmarks.advise.watch.survivors import RETURNED

#: An op after a call: in words why it forbids the switch, its place, and what it does.
Later = tuple[str, Reader, Access]

_OF_CUSTOM_FUNCTION = "it is an argument of a custom function, which must not write it without mark_dirty"
_OF_BACKWARD = "autograd handed it over in backward, and others may hold the same gradient"
_MADE_BY = "; its memory was made by"


def why_never(
    candidate: Candidate, occurrence: Occurrence, level: str, trace: Trace, source: Source
) -> tuple[str, Reader | None] | None:
    """Return why a call must not be in place, and the op or the line because of which; None if it may.

    `level`: as of a `SiteFinding`. `source`: that of the candidate's file.
    """
    found = _forbidden(candidate, occurrence, level, trace, source)
    return with_giving_line(found[0], candidate, source) if found is not None and found[1] is None else found


def _forbidden(
    candidate: Candidate, occurrence: Occurrence, level: str, trace: Trace, source: Source
) -> tuple[str, Reader | None] | None:
    if occurrence.problem is not None:
        return _with_line(occurrence.problem, occurrence.made_by, _MADE_BY)
    kept = trace.ledger.storages.get(occurrence.key) if occurrence.key is not None else None
    if kept is None:
        return "its memory is not torch's own", None
    later = later_access(occurrence, kept, occurrence.part, trace)
    if kept.born <= occurrence.execution_began and (later is None or _is_next(later[2], occurrence, trace)):
        return _of_older(kept, later)
    if later is not None:
        return later[:2]
    if occurrence.custom_began is not None and kept.born <= occurrence.custom_began:
        return _with_line(_OF_CUSTOM_FUNCTION, occurrence.handed_by, ":")
    if occurrence.in_backward and level == ARGUMENT:
        return _with_line(_OF_BACKWARD, occurrence.handed_by, ":")
    if kept.escaped is not None:
        return f"{kept.escaped} gave its memory away", kept.escaped
    if kept.survived:
        return _of_survivor(kept, _keeping_line(candidate, source, occurrence))
    return None


def _with_line(reason: str, line: Reader | None, link: str) -> tuple[str, Reader | None]:
    return (reason if line is None else f"{reason}{link} {line}"), line


def _is_next(access: Access, occurrence: Occurrence, trace: Trace) -> bool:
    """Whether an access was in a later execution than a call."""
    return any(occurrence.execution_began < began < access.at for began in trace.executions)


def _of_older(kept: StorageRecord, later: Later | None) -> tuple[str, Reader | None]:
    made = "an earlier execution made it" if kept.maker is not None else "no op of the step made it"
    if later is not None:
        _, reader, access = later
        return f"{made}, and the next execution {'writes' if access.write else 'reads'} it: {reader}", reader
    keepers = f", {_they_keep(kept.keepers)}" if kept.keepers else ""
    reason = f"{made}{keepers}: its owner, or the next execution, would see it changed"
    return _with_line(reason, kept.maker, _MADE_BY)


def _of_survivor(kept: StorageRecord, line: Reader | None) -> tuple[str, Reader | None]:
    if kept.keepers == [RETURNED]:
        keeps = RETURNED
    else:
        keeps = _they_keep(kept.keepers) if kept.keepers else "something keeps it, or the step returns it"
    reason = f"it lives on after the step: {keeps}"
    return _with_line(reason, line, ":") if line is not None else _with_line(reason, kept.maker, _MADE_BY)


def _they_keep(names: Sequence[str]) -> str:
    """Two keepers at most, as text."""
    return f"{' and '.join(names[:2])} {'keeps' if len(names) == 1 else 'keep'} it"


def with_giving_line(reason: str, candidate: Candidate, source: Source) -> tuple[str, Reader | None]:
    """Return a reason that names no line with the one that gives the operand its value."""
    site = source.node(candidate.place)
    line = giving_line(source, site, candidate.written) if site is not None else None
    return _with_line(reason, line, "; it comes from")


def _keeping_line(candidate: Candidate, source: Source, occurrence: Occurrence) -> Reader | None:
    site = source.node(candidate.place)
    own = {candidate.written.id} if isinstance(candidate.written, ast.Name) else set[str]()
    statement = keeping_statement(source, site, own | occurrence.sharing) if site is not None else None
    if statement is None:
        return None
    return Reader(" ".join(source.text(statement).split()), candidate.place.file, statement.lineno)


def later_access(occurrence: Occurrence, kept: StorageRecord, part: StoragePart | None, trace: Trace) -> Later | None:
    """Return in words the first op after the call that reads or writes the part, with that op; None if none does.

    `part`: of the storage `kept`; None for all of it. The call's own backward does not count.
    """
    for access in accesses_after(occurrence, kept, trace):
        if _touches(access, part, occurrence):
            did = "writes" if access.write else "reads"
            return f"{access.reader} {did} what it would overwrite", access.reader, access
    return None


def accesses_after(occurrence: Occurrence, kept: StorageRecord, trace: Trace) -> Iterator[Access]:
    """Yield what reads or writes the storage `kept` after a call, without the call's own backward."""
    for access in kept.accesses:
        if access.at > occurrence.ended and not trace.ledger.is_within(access.node, occurrence.nodes):
            yield access


def _touches(access: Access, part: StoragePart | None, occurrence: Occurrence) -> bool:
    if 0 <= access.node < occurrence.nodes[0]:  # saved before the call: torch checks for writes to the whole storage
        return True
    return part is None or access.part is None or share_bytes(part, access.part)
