"""What is found in a program that runs in this process."""

from collections.abc import Callable

from benchmarks.explain.conflicts import Conflict, OpPlace
from benchmarks.explain.program_watch import ProgramWatch
from benchmarks.explain.rejections import rejection
from benchmarks.explain.source import line_at


def findings_of(program: Callable[[], object]) -> tuple[list[Conflict], Exception | None]:
    """As the command has them; and what the program raised."""
    watch = ProgramWatch()
    try:
        with watch.watching():
            program()
    except Exception as error:
        found = None if watch.findings else rejection(error, watch.recorder)
        if found is not None:
            watch.add(found)
        return watch.findings, error
    return watch.findings, None


def text_at(place: OpPlace | None) -> str:
    """The line of a place; "" of none."""
    return line_at(place.site) if place is not None and place.site is not None else ""
