"""A hazard in its own process: if it aborts or hangs, only its row is lost, not the command."""

import sys
from dataclasses import asdict
from importlib import import_module

from benchmarks.autograd.hazards.hazard import Hazard, examine_hazard, row_without_answer
from benchmarks.autograd.record.findings import CRASHED, HUNG, HazardRow
from benchmarks.process import Events, child_module
from benchmarks.process_end import Hung
from benchmarks.record.checking import read_object

#: How long a process may take to end after it has sent its row, in seconds.
END_LIMIT_S = 10.0


def examine_isolated(hazard: Hazard, device: str) -> HazardRow:
    """The row of `examine_hazard`, made by a fresh process; if that sends none, a row that says how it ended.

    The process finds the hazard by its name in the HAZARDS of the module that defines its program.
    """
    with child_module(__name__, [hazard.program.__module__, hazard.name, device]) as child:
        try:
            found = child.event(hazard.limit_s)
            status = child.status(END_LIMIT_S)
        except Hung as error:
            return row_without_answer(hazard, HUNG, str(error))
        if status == 0 and found is not None:
            return read_object(HazardRow, found["row"])
        return row_without_answer(hazard, CRASHED, child.cause(status, child.printed()))


def main(arguments: list[str]) -> None:
    """Run one hazard, and send its row as one event."""
    module, name, device, pipe = arguments
    events = Events(pipe)
    hazard = next(each for each in import_module(module).HAZARDS if each.name == name)
    events.send("row", row=asdict(examine_hazard(hazard, device)))


if __name__ == "__main__":
    main(sys.argv[1:])
