"""Store an answer as an ordinary run: facts in `run.json`, and rows per step and variant, as given and patched."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from benchmarks import record
from benchmarks.advise.answers.stored_facts import advice_facts
from benchmarks.advise.trials.step_times import PASSES, PRECISION
from benchmarks.advise.user.question import DO, Question
from benchmarks.measure.machine import machine_facts, own_host_name
from benchmarks.record import INPLACE, OUTOFPLACE, USER, VARIANTS, Case, Measurement
from benchmarks.record.run_facts import PairFacts, PassRow, RunFacts, ScenarioFacts
from benchmarks.running.facts import suite_hash
from benchmarks.running.run import MEMORY_PASS, Run, free_folder, run_name
from benchmarks.tracking.lives import BACKWARD

#: The label and the preset of such a run.
ADVICE = "advice"
#: The names of a step's two variants: out-of-place, then in-place.
LABELS = ("as given", "patched")
_NO_PATCH = "nothing is to be switched: both variants are the step as given"
_PATCHED = "the patched variant is the code with the advisor's patch, in a fresh process"


def store_advice(
    question: Question, answer: Mapping[str, Any], printed: Sequence[str], parent: Path, command: str, host: str = ""
) -> Path:
    """Store an answer as a run under the folder `parent`, and return the run's folder.

    `printed`: the lines of the printed answer. `command`: the command line that asks again. `host`: the name to store
    in place of the machine's own. OSError if the folder cannot be written; ValueError if a number fits no field.
    """
    rows = list(_rows(question, answer))
    passes = sorted({(each.pass_number, each.kind) for pair in rows for each in pair})
    facts = _facts(question, answer, passes, command, host)
    facts["advice"] = advice_facts(question, answer, printed)
    run = Run.create(free_folder(parent, run_name(facts)), facts)
    for outofplace, inplace in rows:
        run.append(outofplace, inplace)
    run.save(state="complete", end=_utc(0.0))
    return run.folder


def _facts(
    question: Question, answer: Mapping[str, Any], passes: Sequence[tuple[int, Any]], command: str, host: str
) -> RunFacts:
    timed = answer["times"] or ()
    machine = machine_facts(host or own_host_name())
    machine["threads"] = answer["threads_used"]
    count = len(question.names)
    of_passes: list[PassRow] = [
        {"pass_number": number, "kind": kind, "allocator": "inherited", "state": "done", "cases": count}
        for number, kind in passes
    ]
    return {
        "state": "partial",
        "label": ADVICE,
        "preset": ADVICE,
        "start": _utc(answer["seconds"]),
        "end": None,
        "command": command,
        "options": _options(question),
        "suite_sha256": suite_hash(),
        "pairs_sha256": None,
        "cases_sha256": None,
        "budget": {
            "passes": PASSES if timed else 0,
            "seconds": max((each["rounds_s"] for step in timed for each in step["rounds"]), default=0.0),
            "precision": PRECISION,
        },
        "thresholds": record.THRESHOLDS,
        "machine": machine,
        "ceilings": [],
        "floors": {},
        "passes": of_passes,
        "pairs": {name: _pair(answer) for name in question.names},
        "scenarios": {name: _scenario(question, answer) for name in question.names},
        "skipped": {},
        "coverage": {},
        "ceilings_left_out": [],
    }


def _options(question: Question) -> dict[str, str]:
    found = {
        "steps": " ".join(question.steps),
        "model": question.model,
        "input": " ".join(question.inputs),
        "repeats": str(question.repeats),
        "only": question.only,
        "device": question.device,
    }
    return {name: value for name, value in found.items() if value}


def _pair(answer: Mapping[str, Any]) -> PairFacts:
    chosen = [each for each in answer["decisions"] if each["verdict"] == DO]
    return {
        "family": USER,
        "outofplace": "\n".join(each["expression"] for each in chosen) or "the step",
        "inplace": "\n".join(each["replacement"] or "" for each in chosen) or "the step",
        "domain": "",
        "note": _PATCHED if answer["proved"] else _NO_PATCH,
        "labels": list(LABELS),
    }


def _scenario(question: Question, answer: Mapping[str, Any]) -> ScenarioFacts:
    return {
        "topic": USER,
        "practice": "",
        "axis": "executions",
        "scales": [question.repeats],
        "gpu_scales": [],
        "tolerance": 0.0 if answer["proved"] else None,
        "update_alone": False,
        "expects": [],
    }


def _rows(question: Question, answer: Mapping[str, Any]) -> Iterator[tuple[Measurement, Measurement]]:
    """Yield per step a row of bytes for both variants, then a row of times per pass.

    If the patch was not proved, the bytes of the in-place variant are those of the step as given.
    """
    times = answer["times"] or [{"rounds": []}] * len(question.names)
    for number, (name, step) in enumerate(zip(question.names, answer["per_step"], strict=True)):
        places = (answer.get("places") or [{}] * len(question.names))[number]
        trains = BACKWARD in places.get("regions", (BACKWARD,))
        case = _case(question, name, trains, answer["threads_used"])
        counted = {OUTOFPLACE: step["before"], INPLACE: step["after"] if answer["proved"] else step["before"]}
        both = {variant: _bytes_row(case, variant, counted[variant]) for variant in VARIANTS}
        yield both[OUTOFPLACE], both[INPLACE]
        for pass_number, rounds in enumerate(times[number]["rounds"], MEMORY_PASS + 1):
            timed = {variant: _timed_row(case, variant, pass_number, rounds) for variant in VARIANTS}
            yield timed[OUTOFPLACE], timed[INPLACE]


def _case(question: Question, name: str, trains: bool, threads: int) -> Case:
    return Case(
        family=USER,
        pair=name,
        phase="step" if trains else "inference",
        numel=1,
        shape=(1,),
        dtype="float32",
        layout="contiguous",
        operand="none",
        other_requires_grad=False,
        device=question.device,
        allocator="inherited" if question.device == "cpu" else "caching",
        threads=threads,
        scale=question.repeats,
    )


def _bytes_row(case: Case, variant: str, counted: Mapping[str, int]) -> Measurement:
    return Measurement(
        case,
        variant,
        "memory",
        MEMORY_PASS,
        verified=True,
        peak_bytes=counted["peak_bytes"],
        held_bytes=counted["held_bytes"] if case.records_graph else None,
    )


def _timed_row(case: Case, variant: str, pass_number: int, rounds: Mapping[str, Any]) -> Measurement:
    return Measurement(
        case,
        variant,
        "time",
        pass_number,
        verified=True,
        times_s=tuple(rounds[variant]),
        calls_per_round=rounds["calls_per_round"],
        empty_call_s=0.0,
        rounds_s=rounds["rounds_s"],
    )


def _utc(seconds_ago: float) -> str:
    return (datetime.now(timezone.utc) - timedelta(seconds=seconds_ago)).isoformat(timespec="seconds")
