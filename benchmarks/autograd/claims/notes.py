"""Two sentences of torch's autograd notes, compared with what torch does."""

from collections.abc import Iterator

from benchmarks.autograd.claims.claim import Claim, Setting
from benchmarks.autograd.evidence import error_of, leaf_tensor, numbers, program_error_text
from benchmarks.autograd.hazards import HAZARDS
from benchmarks.autograd.hazards.hazard import examine_hazard
from benchmarks.autograd.record.findings import SILENT, Observation

_NOTES = "docs.pytorch.org/docs/stable/notes/autograd.html"

_OTHERS = {
    "z.view(-1)": lambda z: z.view(-1),
    "z[0]": lambda z: z[0],
    "z.detach()": lambda z: z.detach(),
    "z.t()": lambda z: z.t(),
}


def shared_storage(setting: Setting) -> Iterator[Observation]:
    for name, reference in _OTHERS.items():
        x = leaf_tensor([1.0, 2.0], setting.device)
        z = x * 1
        other = reference(z)
        error = error_of(lambda z=z: z.mul_(3).sum().backward())
        if error is not None:
            yield Observation(f"other = {name}; z.mul_(3)", program_error_text(error), True)
            continue
        shares = other.untyped_storage().data_ptr() == z.untyped_storage().data_ptr()
        seen = f"no error, though other shares the storage: {shares}; x.grad {numbers(x.grad)}, 3, 3 is right"
        yield Observation(f"other = {name}; z.mul_(3)", seen, False)


def no_error(setting: Setting) -> Iterator[Observation]:
    for hazard in HAZARDS:
        if hazard.kind != SILENT or hazard.isolated:
            continue
        row = examine_hazard(hazard, setting.device)
        if row.status == SILENT:
            seen = f"no error; {row.obtained} where {row.true} is right"
            yield Observation(f"hazard {hazard.name}", seen, False)


CLAIMS = (
    Claim(
        "notes-shared-storage",
        "an in-place op raises where another tensor refers to the storage it writes",
        f"{_NOTES}: an error where the storage of modified inputs is referenced by any other tensor",
        shared_storage,
    ),
    Claim(
        "notes-no-error",
        "no error means right gradients",
        f"{_NOTES}: without errors one can be sure that the computed gradients are correct",
        no_error,
    ),
)
