"""The safety matrix of chosen pairs on one device, as rows."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks.autograd.record.safety import PLAIN, QUESTIONS, UNKNOWN, SafetyCell, SafetyRow, Saved
from benchmarks.autograd.safety import isolated
from benchmarks.catalogue.domains import domain_text
from benchmarks.catalogue.pair import Pair
from benchmarks.record import INPLACE, OUTOFPLACE
from benchmarks.record.checking import read_object

#: Seconds after which a cell counts as hung; compiling one takes up to a minute.
LIMIT_S = 120.0


def safety_rows(
    families: Mapping[str, Sequence[Pair]], device: str, compile_too: bool, pairs_file: Path | None = None
) -> Iterator[SafetyRow]:
    """A row per pair, in declared order, as soon as it is known. isolated.ProcessFailed if no process can start.

    `pairs_file`: a user's file that declares some of the pairs.
    """
    pairs = [(family, pair) for family, each in families.items() for pair in each]
    columns = (*QUESTIONS, isolated.MEMORY)
    tasks = [(pair.name, column) for _, pair in pairs for column in columns]
    answers = isolated.answers(tasks, device, compile_too, LIMIT_S, pairs_file)
    for family, pair in pairs:
        found = {column: next(answers)[1] for column in columns}
        memory = found.pop(isolated.MEMORY)
        yield SafetyRow(
            name=pair.name,
            family=family,
            outofplace=pair.statement(OUTOFPLACE),
            inplace=pair.statement(INPLACE),
            cells={
                column: read_object(SafetyCell, {"text": "", "error": None, **answer})
                for column, answer in found.items()
            },
            inputs=inputs_text(pair),
            saved=tuple(read_object(Saved, each) for each in memory)
            if isinstance(memory, list)
            else (_no_memory(memory),),
        )


def inputs_text(pair: Pair) -> str:
    """The domains of a pair's operands: `x: 0.25 to 2, both signs; other: places (rows), each once`."""
    names = ["x", *(f"other{i}" if i > 1 else "other" for i in range(1, len(pair.others) + 1))]
    domains = (pair.domain, *pair.others)
    return "; ".join(f"{name}: {domain_text(domain)}" for name, domain in zip(names, domains, strict=True))


def _no_memory(answer: Mapping[str, str]) -> Saved:
    """The memory class of a pair whose process ended or froze: unknown, with the reason."""
    return Saved(PLAIN, (), (), UNKNOWN, f"{answer['status']}: {answer['text']}", 0)
