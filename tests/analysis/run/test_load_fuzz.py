"""Damaged runs: each is read or refused in one line, and what is read is told (exports, page, summary, gate) without a
wrong number.

python -m pytest tests/analysis/run/test_load_fuzz.py --hypothesis-profile=many
"""

import json
import math
import re
import statistics
from pathlib import Path

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from analysis.cards.gather import cards
from analysis.cards.show import card_text
from analysis.gate.change import STATES as GATE_STATES
from analysis.gate.change import Limits
from analysis.gate.ci_files import as_json
from analysis.gate.ci_files import gate_markdown as gate_markdown
from analysis.gate.compare import compare
from analysis.gate.terminal import comparison_lines as gate_lines
from analysis.report import tables
from analysis.report.answer import answer_sentences
from analysis.report.exports.files import export_files
from analysis.report.html.render import html
from analysis.report.markdown import report_markdown
from analysis.right.truth import Truth
from analysis.run.load import CASE_COLUMNS, StoredRun, load_run, printable
from analysis.run.wall_time import wall_time
from analysis.section import Section, sections
from benchmarks.record import OK, STATES, RecordError
from benchmarks.record.folder import JOURNAL_FILE, RUN_FILE
from benchmarks.record.interval import VERDICTS
from tests.analysis.damage import as_bytes, damaged_bytes, damaged_facts, damaged_lines
from tests.analysis.invented import append_bytes, append_failure, append_times, around, case, empty_run

#: A quarter of what the profile says: each example is a whole run.
EXAMPLES = max(1, settings().max_examples // 4)
damaged = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def valid(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict], dict]:
    """A folder to write to, and the lines and facts of a run that has something of everything."""
    folder = empty_run(
        tmp_path_factory.mktemp("fuzz"),
        pairs={"same": {"outofplace": "x.same()", "inplace": "x.same_()", "note": "a note"}},
        options={"preset": "quick"},
        coverage={"torch": "2.13.0", "measured": ["a_"], "excused": {"b_": "alias"}, "missing": ["c_"]},
        skipped={"gone": "not in this torch"},
    )
    append_times(folder, case("same"), around(1.0, 0.005), floor_s=1e-6, moved_bytes=1, ceiling_bytes_per_s=1e9)
    append_times(folder, case("fast"), around(2.0, 0.01), other_load_ratio=0.0)
    append_times(folder, case("fast", phase="step"), around(0.5, 0.01, passes=6))
    append_times(folder, case("fast", dtype="bfloat16"), [2.0])
    append_failure(folder, case("lost"), "crashed", "killed by signal 9")
    append_bytes(folder, case("fast"), {"peak_bytes": 2 * 4 * 65536}, {"peak_bytes": 4 * 65536})
    lines = [json.loads(line) for line in (folder / JOURNAL_FILE).read_text().splitlines()]
    return folder, lines, json.loads((folder / RUN_FILE).read_text())


@pytest.fixture(scope="module")
def base(valid: tuple[Path, list[dict], dict], tmp_path_factory: pytest.TempPathFactory) -> StoredRun:
    """The run as it was before any damage, from another day: what a damaged one is compared with."""
    _, lines, facts = valid
    earlier = tmp_path_factory.mktemp("earlier")
    (earlier / JOURNAL_FILE).write_bytes(as_bytes(lines))
    (earlier / RUN_FILE).write_text(json.dumps({**facts, "start": "2025-12-31T00:00:00+00:00"}))
    return load_run(earlier)


@pytest.mark.slow
@damaged
@given(data=st.data())
def test_a_damaged_run_is_told_or_refused_in_one_line(
    data: st.DataObject, valid: tuple[Path, list[dict], dict], base: StoredRun
) -> None:
    folder, lines, facts = valid
    journal = data.draw(damaged_lines(lines).map(as_bytes).flatmap(damaged_bytes))
    (folder / JOURNAL_FILE).write_bytes(journal)
    stored = data.draw(damaged_facts(facts).map(json.dumps).map(str.encode).flatmap(damaged_bytes))
    (folder / RUN_FILE).write_bytes(stored)
    try:
        run = load_run(folder)
    except RecordError as error:
        event("refused")
        assert len(str(error).splitlines()) == 1
        assert str(error).isprintable()
        return
    event("read")
    parts = sections([run])
    _check_numbers(parts, _speedups(journal))
    for section in parts:
        _check_texts(answer_sentences(section))
    for before, after in ((base, run), (run, base)):
        _check_compared(before, after)
    if data.draw(st.integers(0, 3)) == 0:
        event("told in full")
        _check_told(run, parts)


def _check_numbers(parts: list[Section], expected: dict[tuple, list[float]]) -> None:
    """Every number of the case table is one, in its range, of a case that may have numbers, and the right one."""
    for section in parts:
        for row in section.cases.to_dict("records"):
            assert row["state"] in STATES
            numbers = {name: value for name, value in row.items() if isinstance(value, float) and not math.isnan(value)}
            assert all(map(math.isfinite, numbers.values())), numbers
            assert all(value >= 0 for name, value in numbers.items() if not name.startswith("log_")), numbers
            above = ("speedup", "outofplace_time", "inplace_time")
            assert all(value > 0 for name, value in numbers.items() if name.startswith(above)), numbers
            for low, middle, high in _INTERVALS:
                assert low not in numbers or numbers[low] <= numbers[middle] <= numbers[high], numbers
            judged = row["state"] == OK and not row["bistable"] and "speedup" in numbers
            assert (row["verdict"] in VERDICTS) == judged, row
            if "speedup" in numbers:
                assert row["state"] == OK
                assert any(row["speedup"] == pytest.approx(speedup) for speedup in expected[_key(row)]), row


_INTERVALS = (
    ("speedup_low", "speedup", "speedup_high"),
    ("outofplace_time_low_s", "outofplace_time_s", "outofplace_time_high_s"),
    ("inplace_time_low_s", "inplace_time_s", "inplace_time_high_s"),
)


def _key(row: dict) -> tuple:
    """A case as it is shown, but for the digest of one that had to be changed."""
    values = (row.get(name, 0) for name in CASE_COLUMNS)
    return tuple(
        re.sub(r" #[0-9a-f]{6}$", "", printable(v)) if isinstance(v, str) else tuple(v) if isinstance(v, list) else v
        for v in values
    )


def _speedups(journal: bytes) -> dict[tuple, list[float]]:
    """By the case's key: the speedups, found another way than the suite does, line by line as the contract has it."""
    pairs: dict[str, tuple[dict, dict]] = {}
    waiting = None
    for text in filter(bytes.strip, journal.split(b"\n")):
        try:
            line = json.loads(text.decode(), parse_constant=_refuse)
        except (ValueError, RecursionError):
            waiting = None
            continue
        name = json.dumps([line.get(name, 0) for name in (*CASE_COLUMNS, "kind", "pass_number")])
        if line["variant"] == "inplace" and waiting is not None and waiting[0] == name:
            pairs[name] = (waiting[1], line)
        waiting = (name, line) if line["variant"] == "outofplace" else None
    passes: dict[str, list[float]] = {}
    keys: dict[str, tuple] = {}
    for out, into in pairs.values():
        ratio = _log_ratio(out, into)
        if out["kind"] == "time" and ratio is not None:
            name = json.dumps([out.get(name, 0) for name in CASE_COLUMNS])
            passes.setdefault(name, []).append(ratio)
            keys[name] = _key(out)
    found: dict[tuple, list[float]] = {}
    for name, ratios in passes.items():
        found.setdefault(keys[name], []).append(math.exp(statistics.median(ratios)))
    return found


def _log_ratio(out: dict, into: dict) -> float | None:
    """The median over all pairs of rounds, of blocks that are all above zero; None without one, or beyond 1e9."""
    if out.get("state", OK) != OK or into.get("state", OK) != OK:
        return None
    rounds = list(zip(out.get("times_s", ()), into.get("times_s", ()), strict=False))
    blocks = [rounds[at : at + 2] for at in range(0, len(rounds) - 1, 2)]
    kept = [both for block in blocks if min(time for both in block for time in both) > 0 for both in block]
    ratios = [math.log(slow) - math.log(fast) for slow, _ in kept for _, fast in kept]
    ratio = statistics.median(ratios) if ratios else None
    return ratio if ratio is not None and abs(ratio) <= math.log(1e9) else None


def _refuse(name: str) -> float:
    raise ValueError(name)


def _check_texts(texts: list[str]) -> None:
    for text in texts:
        assert text
        assert text.replace("\u00a0", " ").isprintable()
        assert not re.search(r"\b(nan|NaN|None|inf|<NA>)\b", text.replace("None of the", "")), text


def _check_compared(before: StoredRun, after: StoredRun) -> None:
    """The gate judges every case, or refuses in one line; what it says is JSON, and text that a terminal takes."""
    try:
        comparison = compare(before, after, Limits())
    except RecordError as error:
        event("refused by the gate")
        assert len(str(error).splitlines()) == 1 and str(error).isprintable()
        return
    event("compared")
    assert all(judged.state in GATE_STATES for judged in comparison.cases)
    json.loads(as_json(comparison), parse_constant=_refuse)
    assert len(gate_markdown(comparison).encode()) <= 60 * 1024
    _check_texts([line for line in gate_lines(comparison) if line])


def _check_told(run: StoredRun, parts: list[Section]) -> None:
    """All that is made of a run but its figures: each comes out, and as text that a page, a shell or JSON takes."""
    for name, content in export_files(parts, Truth()).items():
        if name.endswith(".json"):
            json.loads(content, parse_constant=_refuse)
    made = [card for section in parts for card in cards(section, Truth())]
    by_section = [cards(section, Truth()) for section in parts]
    assert html(parts, Truth(), by_section).endswith("</html>")
    assert len(report_markdown(parts, Truth(), by_section).encode()) <= 60 * 1024
    wall_time(run)
    for section in parts:
        tables.run_facts(section)
        tables.problems(section)
        tables.cautions(section)
        tables.compared_phases(section)
        tables.memory_rows(section)
        tables.effect_rows(section)
        for by in ("family", "size"):
            tables.geomean_rows(section, by)
    for card in made:
        assert all(line.isprintable() for line in card_text(card).splitlines())
