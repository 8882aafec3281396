"""The commands claims, hazards and safety: choose by name, run, print, store, compare with other versions."""

import difflib
import platform
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import cpuinfo
import torch

from benchmarks.autograd import terminal
from benchmarks.autograd.claims import CLAIMS
from benchmarks.autograd.claims.claim import Claim, Setting, decide
from benchmarks.autograd.hazards import HAZARDS
from benchmarks.autograd.hazards.hazard import Hazard, examine_hazard
from benchmarks.autograd.hazards.isolated import examine_isolated
from benchmarks.autograd.record import files
from benchmarks.autograd.record.differences import changed_answers
from benchmarks.autograd.record.files import Stored
from benchmarks.autograd.record.findings import ClaimRow, HazardRow, Row
from benchmarks.autograd.record.safety import SafetyRow
from benchmarks.autograd.safety.rows import safety_rows
from benchmarks.catalogue.pair import Pair, PairError
from benchmarks.catalogue.scenarios import FAMILY
from benchmarks.catalogue.select import Families, runnable_families, select_families
from benchmarks.measure.lost_device import DeviceLost, why_lost

#: Where the repository keeps results; they are compared with those of the user's own folder.
REFERENCE = Path("results/reference/autograd")

Named = TypeVar("Named", Claim, Hazard)
Found = TypeVar("Found", ClaimRow, HazardRow)
Print = Callable[[str], object]


class UnknownName(ValueError):
    """A claim or hazard that does not exist; the message is one line."""


def run_claims(
    names: Sequence[str], devices: Sequence[str], out: Path, say: Print = print, warn: Print = print
) -> None:
    """Decide the claims (by default all) on each device; print, store and compare the rows.

    Raises OSError, UnknownName, DeviceLost.
    """
    chosen = select(CLAIMS, names, "claim")

    def decided(device: str) -> Iterator[ClaimRow]:
        known, hazards = (files.read_all((REFERENCE, out), kind)[0] for kind in (files.CLAIMS, files.HAZARDS))
        rows: dict[str, ClaimRow] = {}
        for claim in chosen:
            rows[claim.name] = decide(claim, Setting(device, str(torch.__version__), dict(rows), known, hazards))
            yield rows[claim.name]

    _run(files.CLAIMS, decided, devices, out, terminal.claim_block, terminal.claims_summary, say, warn)


def run_hazards(
    names: Sequence[str], devices: Sequence[str], out: Path, say: Print = print, warn: Print = print
) -> None:
    """Run the hazards (by default all) on each device; print, store and compare the rows.

    Raises OSError, UnknownName, DeviceLost.
    """
    chosen = select(HAZARDS, names, "hazard")

    def examined(device: str) -> Iterator[HazardRow]:
        for hazard in chosen:
            yield (examine_isolated if hazard.isolated else examine_hazard)(hazard, device)

    _run(files.HAZARDS, examined, devices, out, terminal.hazard_block, terminal.hazards_summary, say, warn)


def _run(
    kind: str,
    found: Callable[[str], Iterable[Found]],
    devices: Sequence[str],
    out: Path,
    block: Callable[[Found], str],
    summary: Callable[[list[Found]], str],
    say: Print,
    warn: Print,
) -> None:
    """Print each row as soon as it is found; store a device's rows together.

    Raises DeviceLost if a program lost a GPU: every later one would fail in this process, which says nothing about
    torch.
    """
    files.make_ready(out)
    for device in devices:
        name = _device_name(device)
        rows: list[Found] = []
        for row in found(device):
            if lost := why_lost(device):
                raise DeviceLost(f"{device}: {lost}, by {row.name}; leave it out, by naming the others")
            rows.append(row)
            say(block(row))
        say(summary(rows))
        say(f"stored: {files.write(out, _stored(kind, device, name, rows))}")
    _compare(kind, out, say, warn)


def run_safety(
    names: Sequence[str],
    devices: Sequence[str],
    out: Path,
    compile_too: bool = False,
    pairs_file: Path | None = None,
    say: Print = print,
    warn: Print = print,
) -> None:
    """Fill the safety matrix of pairs on each device; print, store and compare the rows.

    Without names: all pairs of the catalogue, or of a user's file if one is given. Raises PairError, OSError, and
    isolated.ProcessFailed if no process can be started.
    """
    families = _of_ops(select_families(pairs_file, names), names)
    if not any(families.values()):
        raise PairError(f"{pairs_file}: declares scenarios only; safety asks about ops")
    files.make_ready(out)
    for device in devices:
        name = _device_name(device)
        rows = []
        for row in safety_rows(families, device, compile_too, pairs_file):
            rows.append(row)
            if names or pairs_file:
                say(terminal.safety_block(row))
        say(terminal.safety_summary(rows))
        say(f"stored: {files.write(out, _stored(files.SAFETY, device, name, rows))}")
        _tell_differences(device, {row.name: row for row in rows}, out, say)
    for line in files.read_all((REFERENCE, out), files.SAFETY)[1]:
        warn(f"left out: {line}")


def _of_ops(families: Families, names: Sequence[str]) -> dict[str, list[Pair]]:
    """The ops that this torch has. PairError for a named scenario: a model cannot be put on a leaf or a view."""
    asked = [scenario.name for scenario in families.get(FAMILY, ()) if scenario.name in names]
    if asked:
        raise PairError(f"{asked[0]} is a scenario; safety asks about ops: name one, or none for all")
    here, _ = runnable_families({family: pairs for family, pairs in families.items() if family != FAMILY})
    return {family: [pair for pair in pairs if isinstance(pair, Pair)] for family, pairs in here.items()}


def _tell_differences(device: str, rows: Mapping[str, SafetyRow], out: Path, say: Print) -> None:
    here = (str(torch.__version__), device)
    known = files.read_all((REFERENCE, out), files.SAFETY)[0]
    for (version, where), others in files.newest(known).items():
        if (version, where) != here:
            lines = terminal.difference_lines(changed_answers(rows, others)) or ["the same in every cell"]
            say(f"\ncompared with torch {version} on {where}:\n  " + "\n  ".join(lines))


def select(declared: Sequence[Named], names: Sequence[str], kind: str) -> Sequence[Named]:
    """The named ones, in declared order; by default all. Raises UnknownName for a name that does not exist."""
    known = [each.name for each in declared]
    for name in names:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=3)
            hint = f"did you mean {', '.join(close)}?" if close else f"choose from {', '.join(known)}"
            raise UnknownName(f"unknown {kind} {name!r}; {hint}")
    return [each for each in declared if not names or each.name in names]


def _device_name(device: str) -> str:
    if device == "cpu":
        return cpuinfo.get_cpu_info().get("brand_raw") or platform.processor() or "unknown CPU"
    return torch.cuda.get_device_name(device)


def _stored(kind: str, device: str, name: str, rows: Iterable[Row | SafetyRow]) -> Stored:
    return Stored(
        kind=kind,
        torch=str(torch.__version__),
        device=device,
        device_name=name,
        system=platform.platform(),
        python=platform.python_version(),
        made=files.now(),
        rows=tuple(rows),
    )


def _compare(kind: str, out: Path, say: Print, warn: Print) -> None:
    """Print versions side by side if several are stored; name the files that cannot be read."""
    known, refused = files.read_all((REFERENCE, out), kind)
    table = terminal.status_table(files.newest(known))
    if table:
        say(f"\nside by side, by version and device:\n{table}")
    for line in refused:
        warn(f"left out: {line}")
