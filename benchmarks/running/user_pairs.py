"""A user's pairs are held to their promises before anything is measured."""

from collections.abc import Callable, Mapping

from benchmarks.catalogue import USER
from benchmarks.catalogue.pair import Pair
from benchmarks.catalogue.scenarios import Scenario
from benchmarks.entry import Interrupted
from benchmarks.measure.lost_device import why_lost
from benchmarks.record import VARIANTS, Case
from benchmarks.record.reason import typed_line
from benchmarks.running.limits import ran_out_of_memory, why_too_large, within_memory
from benchmarks.verify.ops import Disagreement
from benchmarks.verify.prepared import check, prepare, run_once


def check_user_pairs(cases: list[Case], pairs: Mapping[str, Pair | Scenario], begin: Callable[[Case], None]) -> None:
    """Hold a user's pairs to their promises; Disagreement names pair and reason.

    One case for each pair and phase, the smallest; `begin` gets it first, as its callables may crash.
    """
    smallest: dict[tuple[str, str], Case] = {}
    for case in sorted(cases, key=lambda case: case.numel):
        if case.family == USER:
            smallest.setdefault((case.pair, case.phase), case)
    for case in smallest.values():
        begin(case)
        try:
            if why_too_large(case):
                continue  # it will be a row that says so
            with within_memory(case):
                prepared = prepare(pairs[case.pair], case)
                if prepared.pair.verify:
                    check(prepared)
                else:
                    for variant in VARIANTS:
                        run_once(prepared, variant)
            if lost := why_lost(case.device):
                raise Disagreement(lost)
        except Disagreement as error:
            raise Disagreement(f"{case.pair} ({case.phase}): {error}") from error
        except Interrupted:
            raise
        except BaseException as error:  # whatever a user's callable raises is reported, not swallowed
            if ran_out_of_memory(error):
                continue  # it will be a row that says so
            raise Disagreement(f"{case.pair} ({case.phase}): {typed_line(error)}") from error
