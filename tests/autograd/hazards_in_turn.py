"""Runs all hazards that need a process of their own in this one, so that torch and its compiler start once."""

import sys
from dataclasses import asdict

from benchmarks.autograd.hazards import HAZARDS
from benchmarks.autograd.hazards.hazard import examine_hazard
from benchmarks.process import Events

if __name__ == "__main__":
    events = Events(sys.argv[1])
    for hazard in HAZARDS:
        if hazard.isolated:
            events.send("row", row=asdict(examine_hazard(hazard, "cpu")))
