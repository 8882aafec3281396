"""Markers for what was found: a program, and what it gives on each torch that is stored; the answers on safety."""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from analysis.readme.markers import Filling, Fillings
from analysis.readme.quoted import Quoted
from analysis.readme.standalone import source_of, standalone
from analysis.readme.table_markers import markdown_table
from analysis.report.markdown import markdown_text
from analysis.right.safety import answers_by_question
from benchmarks.autograd.record.findings import FIXED, NOT_AVAILABLE, RAISES, SILENT, HazardRow, Outcome
from benchmarks.record.reason import without_hint

_DEVICE = "cpu"
_SAID = {SILENT: "wrong", FIXED: "right", RAISES: "raises", NOT_AVAILABLE: "not available"}


def finding_fillings(quoted: Quoted) -> Fillings:
    """What each of these markers means, for the kept results of the hazards."""
    return {
        "finding": lambda words: Filling(finding_text(quoted, *words)),
        "findings": lambda words: Filling(findings_table(quoted, *words)),
        "safety-table": lambda words: Filling(answers_table(quoted, *words)),
    }


def finding_text(quoted: Quoted, name: str) -> str:
    """`finding fused-step`: the hazard's program as a script, and what it gives by version. LookupError for a name
    that is unknown or a program that has changed since it was run."""
    rows = _by_version(quoted).get(name)
    if not rows:
        raise LookupError(f"no kept results of the hazard {name}")
    newest = list(rows.values())[-1]
    place = (newest.file, newest.function) if newest.file else _place_in_text(newest)
    source = source_of(quoted.root, *place)
    if changed := [version for version, row in rows.items() if not _same_code(row.program, source)]:
        raise LookupError(f"its program has changed since it was run on torch {_listed(changed)}; run it again")
    script = standalone(quoted.root, *place)
    lines = ["```python", script.rstrip(), "```", "", *_outcome_lines(rows), *_other_lines(newest)]
    if newest.instead and newest.rewrite and newest.rewrite.status == FIXED:
        lines.append(f"- What to write instead, run and right: {markdown_text(newest.instead)}.")
    return "\n".join(lines)


def findings_table(quoted: Quoted) -> str:
    """`findings`: a row per hazard that is silently wrong on some kept version, a column per version."""
    by_name = _by_version(quoted)
    wrong = {name: rows for name, rows in by_name.items() if any(row.status == SILENT for row in rows.values())}
    versions = [version for version, device in quoted.truth.hazards.places if device == _DEVICE]
    table = []
    for name, rows in wrong.items():
        title = markdown_text(list(rows.values())[-1].title)
        table.append((f"[`{name}`](#{name})", title, *(_word(rows.get(version)) for version in versions)))
    return markdown_table(("name", "what happens", *(f"torch {version}" for version in versions)), table)


def answers_table(quoted: Quoted) -> str:
    """`safety-table`: a row per situation, a column per answer, with the number of pairs."""
    statuses, rows = answers_by_question(quoted.truth.safety.at(quoted.where))
    return markdown_table(("situation", *statuses), [(markdown_text(asked), *counts) for _, asked, counts, _ in rows])


def _word(row: HazardRow | None) -> str:
    if row is None:
        return "not run"
    word = _SAID.get(row.status, row.status)
    return f"**{word}**" if row.status == SILENT else word


def _by_version(quoted: Quoted) -> dict[str, dict[str, HazardRow]]:
    """The newest rows by name, then by torch in ascending order; names in the order in which they first appear."""
    found: dict[str, dict[str, HazardRow]] = {}
    for version, device in quoted.truth.hazards.places:
        if device == _DEVICE:
            for row in quoted.truth.hazards.at((version, device)):
                found.setdefault(row.name, {})[version] = row
    return found


def _place_in_text(row: HazardRow) -> tuple[str, str]:
    """The file and the function of a row that was stored without them: its place is 'file:line'."""
    found = re.search(r"^def (\w+)\(", row.program, re.MULTILINE)
    if found is None:
        raise LookupError(f"the program of {row.name} is no function")
    return row.place.rpartition(":")[0], found[1]


def _same_code(one: str, other: str) -> bool:
    """Whether two sources differ in comments and layout only."""
    return ast.dump(ast.parse(one)) == ast.dump(ast.parse(other))


def _outcome_lines(rows: Mapping[str, HazardRow]) -> Iterator[str]:
    """A line for each outcome, with the versions that share it."""
    for said, group in groupby(rows.items(), key=lambda item: _outcome(item[1])):
        yield f"- torch {_listed([version for version, _ in group])}: {said}"


def _outcome(row: HazardRow) -> str:
    if row.status == SILENT:
        warned = f" It warns: {row.warned[0]}" if row.warned else ""
        return f"**`{row.obtained}`** without an error; right is `{row.true}`.{warned}"
    if row.status == FIXED:
        return f"right: `{row.obtained}`."
    said = without_hint(row.reason).replace("`", "'")
    return f"raises: `{said}`; right is `{row.true}`." if row.status == RAISES else f"{row.status}: {said}."


def _other_lines(row: HazardRow) -> Iterator[str]:
    """What other versions of the program give, on the newest torch."""
    for status, said in ((SILENT, "Wrong as well"), (RAISES, "Raises"), (FIXED, "Right")):
        names = [_code(other) for other in row.beside if other.status == status]
        if names:
            yield f"- {said}: {', '.join(names)}."


def _code(other: Outcome) -> str:
    """What differs in another version of a program; as code where it looks like some."""
    return f"`{other.what}`" if re.search(r"[(_.=]", other.what) or " " not in other.what else markdown_text(other.what)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:-1]) + f" and {names[-1]}" if len(names) > 1 else names[0]
