"""What the suite declares of a part now: a text per pair, hazard, claim or file, in the form in which it is stored."""

import ast
import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

from benchmarks.autograd.record.files import CLAIMS, HAZARDS
from benchmarks.autograd.record.findings import ClaimRow, HazardRow
from benchmarks.autograd.record.safety import COMPILED, SafetyRow
from benchmarks.catalogue.pair import Pair
from benchmarks.catalogue.scenarios import FAMILY, Scenario
from benchmarks.planning.options import resolve
from benchmarks.planning.plan import make_plan
from benchmarks.record import (
    INPLACE,
    METHOD_VERSION,
    OUTOFPLACE,
    RECORD_VERSION,
    SPEEDUP_VERSION,
    STATISTICS_VERSION,
    Case,
)
from benchmarks.reference.reference_parts import ADVICE, FINDINGS, JUDGED, SELFTEST, Part
from benchmarks.reference.staleness import Wanted
from benchmarks.running.facts import budget_of

#: By what the numbers of a self-test are measured and computed.
SELFTEST_VERSIONS = {"method": METHOD_VERSION, "speedup": SPEEDUP_VERSION, "statistics": STATISTICS_VERSION}
#: The file that shows the program which the advisor is asked about, in its only block of Python.
_SHOWN_IN = Path(__file__).parents[1] / "advise/README.md"
_SHOWN = re.compile(r"^```py\n(.*?)^```$", re.DOTALL | re.MULTILINE)
STEP_FILE = "train.py"  #: under which the advisor is asked about it
#: Models as users write them, the file that they share, and how they import it where the judge keeps them.
_MODELS = Path(__file__).parents[1] / "advise_judge/models"
_SHARED, _FROM_JUDGE = "steps.py", "from benchmarks.advise_judge.models."
_SELECTED = {"bench_scenarios": {True}, "not bench_scenarios": {False}, "": {True, False}}


class NothingDeclared(ValueError):
    """A part whose declaration is missing; the message is one line."""


def wanted_of(part: Part) -> Wanted:
    """What a result of this part says of itself if it is measured now."""
    if part.kind == FINDINGS:
        return Wanted(declared=_laboratory(part.name), adds_rows=True)
    if part.kind == ADVICE:
        files = advised_files(part)
        digests = {name: hashlib.sha256(program.encode()).hexdigest() for name, program in files.items()}
        wanted = {"method": METHOD_VERSION, "record": RECORD_VERSION}
        return Wanted(wanted, digests, may_lack=frozenset({_SHARED}))  # if it has nothing to switch
    if part.kind == JUDGED:
        return Wanted()
    if part.kind == SELFTEST:
        return Wanted(SELFTEST_VERSIONS, selftest_declared(part))
    plan = make_plan({name: value for name, value in part.options.items() if name != "select"})
    kinds = _SELECTED[part.options.get("select", "")]
    cases = [case for case in plan.cases if (case.family == FAMILY) in kinds]
    statements = {
        name: (pair.statement(OUTOFPLACE), pair.statement(INPLACE), "" if isinstance(pair, Scenario) else pair.domain)
        for name, pair in plan.pairs.items()
    }
    # What a preset no longer chooses is still right in a kept run, if the catalogue has it.
    wanted = {"method": METHOD_VERSION, "record": RECORD_VERSION}
    return Wanted(wanted, run_texts(statements, cases), may_hold=frozenset(plan.pairs))


def selftest_declared(part: Part) -> dict[str, str]:
    """What a self-test's trials imitate: the time that the preset `quick` gives a case. The gate's has its own."""
    return {} if part.arguments else {"quick": json.dumps(budget_of(resolve({"device": "cpu"})), sort_keys=True)}


def run_texts(statements: Mapping[str, tuple[str, str, str]], cases: Iterable[Case]) -> dict[str, str]:
    """By pair: its two statements, its domain, and its cases. Threads are left out: they are the machine's."""
    of_pair: dict[str, set[str]] = defaultdict(set)
    for case in cases:
        axes = (case.phase, case.numel, case.shape, case.dtype, case.layout, case.operand, case.other_requires_grad)
        of_pair[case.pair].add(json.dumps([*axes, case.allocator, case.scale]))
    return {name: json.dumps([*statements.get(name, ()), *sorted(found)]) for name, found in sorted(of_pair.items())}


def asked_text(row: ClaimRow | HazardRow | SafetyRow) -> str:
    """What a stored row says of what was asked: its programs, or a pair's statements, inputs and questions."""
    if isinstance(row, SafetyRow):
        return _pair_text(row.outofplace, row.inplace, row.inputs, row.cells)
    return _code(row.program) + (_code(row.rewrite_program) if isinstance(row, HazardRow) else "")


def _pair_text(outofplace: str, inplace: str, inputs: str, questions: Iterable[str]) -> str:
    return json.dumps([outofplace, inplace, inputs, sorted(set(questions) - set(COMPILED))])


def _code(source: str) -> str:
    """A program without comments and layout. One that cannot be parsed (part of a line, as of a lambda) as it is."""
    try:
        return ast.unparse(ast.parse(source))
    except SyntaxError:
        return source


def _laboratory(kind: str) -> dict[str, str]:
    # Imported here: no other command needs the laboratory.
    from benchmarks.autograd.claims import CLAIMS as CLAIMED
    from benchmarks.autograd.evidence import source
    from benchmarks.autograd.hazards import HAZARDS as DECLARED
    from benchmarks.autograd.record.safety import QUESTIONS
    from benchmarks.autograd.safety.rows import inputs_text
    from benchmarks.catalogue import families
    from benchmarks.catalogue.select import runnable_families

    if kind == CLAIMS:
        return {claim.name: _code(source(claim.program)) for claim in CLAIMED}
    if kind == HAZARDS:
        return {
            each.name: _code(source(each.program)) + (_code(source(each.rewrite)) if each.rewrite else "")
            for each in DECLARED
        }
    pairs = [pair for some in runnable_families(families())[0].values() for pair in some if isinstance(pair, Pair)]
    return {
        pair.name: _pair_text(pair.statement(OUTOFPLACE), pair.statement(INPLACE), inputs_text(pair), QUESTIONS)
        for pair in pairs
    }


def advised_files(part: Part) -> dict[str, str]:
    """The files of a part's step, by the names under which the advisor is asked about them: the program of its README,
    or a model of the judge with the file that it shares. NothingDeclared where there is none."""
    asked = part.arguments[0].partition(":")[0]
    if asked == STEP_FILE:
        return {STEP_FILE: _shown_program()}
    try:
        found = {name: (_MODELS / name).read_text(encoding="utf-8") for name in (asked, _SHARED)}
    except OSError as error:
        raise NothingDeclared(f"{_MODELS / asked}: {error.strerror}") from None
    return {name: program.replace(_FROM_JUDGE, "from ") for name, program in found.items()}


def _shown_program() -> str:
    """The program that the advisor's README shows. NothingDeclared where it shows none, or several."""
    found = _SHOWN.findall(_SHOWN_IN.read_text(encoding="utf-8"))
    if len(found) != 1:
        raise NothingDeclared(f"{_SHOWN_IN.parent.name}/{_SHOWN_IN.name} shows {len(found)} programs, not one")
    return found[0]
