"""Invented hazards and claims that the machinery must distinguish."""

import os
import signal
import time

import torch

from benchmarks.autograd.claims.claim import Claim
from benchmarks.autograd.evidence import NotAvailable
from benchmarks.autograd.hazards.hazard import Hazard
from benchmarks.autograd.record.findings import FIXED, NOT_AVAILABLE, RAISES, SILENT, Observation


def _gradient(value: float) -> torch.Tensor:
    return torch.tensor([value, 0.0])


def right(device):
    return _gradient(2.0)


def lies(device):
    return _gradient(3.0)


def lies_little(device):
    return _gradient(2.0 * 1.01)


def gives_none(device):
    return None


def other_shape(device):
    return torch.tensor([2.0])


def not_a_number(device):
    return _gradient(float("nan"))


def too_many(device):
    return _gradient(2.0), _gradient(2.0)


def raises(device):
    raise RuntimeError("a first line\nand a second")


def raises_otherwise(device):
    raise ValueError("not torch's own error")


def lacks(device):
    return torch.no_such_function(1)


def lacks_argument(device):
    return torch.ones(2, no_such_argument=True)


def needs(device):
    raise NotAvailable("needs a compiler")


def aborts(device):
    os.kill(os.getpid(), signal.SIGABRT)


def leaves(device):
    print("its last words", flush=True)
    os._exit(7)


def hangs(device):
    time.sleep(600)


def hazard(program, kind=SILENT, last_known=SILENT, **more) -> Hazard:
    return Hazard(program.__name__, "invented", kind, program, right, last_known, **more)


#: A program, and its expected status.
STATUSES = {
    right: FIXED,
    lies: SILENT,
    lies_little: SILENT,
    gives_none: SILENT,
    other_shape: SILENT,
    not_a_number: SILENT,
    too_many: SILENT,
    raises: RAISES,
    raises_otherwise: RAISES,
    lacks: NOT_AVAILABLE,
    lacks_argument: NOT_AVAILABLE,
    needs: NOT_AVAILABLE,
}
#: By name, for processes of their own.
HAZARDS = (*(hazard(program) for program in (lies, aborts, leaves, hangs)),)


def _observe(*held):
    def program(setting):
        for number, holds in enumerate(held):
            yield Observation(f"observation {number}", "seen", holds)

    return program


def breaks_off(setting):
    yield Observation("before", "seen", True)
    raise ZeroDivisionError("in the program")


def lacks_device(setting):
    yield Observation("before", "seen", True)
    raise NotAvailable("no source of bytes")


def claim(program, name="invented") -> Claim:
    return Claim(name, "a belief", "a saying", program)


VERDICTS = {
    (True, True): "true",
    (False, None): "false",
    (True, False): "partly",
    (None, None): "not available",
    (): "not available",
}
PROGRAMS = {held: _observe(*held) for held in VERDICTS}
