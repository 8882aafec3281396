"""Which pairs a run measures: from the catalogue, a user's file and the names asked for."""

import difflib
import importlib.util
import os
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch

from benchmarks.catalogue import families as catalogue
from benchmarks.catalogue import scenarios
from benchmarks.catalogue.pair import Pair, PairError
from benchmarks.catalogue.scenarios import Scenario
from benchmarks.record import USER
from benchmarks.record.reason import typed_line

Families = Mapping[str, Sequence[Pair | Scenario]]


def load_pairs(path: Path) -> tuple[Pair | Scenario, ...]:
    """The PAIRS of a user's file. PairError, one line that names the file, if it has none or fails to load."""
    try:
        present = path.is_file()
    except OSError as error:  # for example a name that is too long
        raise PairError(f"{path}: {error.strerror}") from error
    if not present:
        why = "is no file" if path.exists() else "no such file"
        raise PairError(f"{path}: {why}")
    spec = importlib.util.spec_from_file_location(f"pairs_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise PairError(f"{path}: not a Python file (its name must end in .py)")
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)  # dataclasses look up their module there
    folder = Path.cwd()
    try:
        spec.loader.exec_module(module)
    except PairError as error:
        raise PairError(f"{path}: {error}") from error
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # whatever a user's file raises is reported, not swallowed
        raise PairError(f"{path}: cannot be imported: {typed_line(error)}") from error
    finally:
        os.chdir(folder)  # keep relative paths, such as the run's, valid
    pairs = getattr(module, "PAIRS", None)
    if pairs is None:
        raise PairError(f"{path}: has no PAIRS (a tuple of Pair or Scenario)")
    if not isinstance(pairs, tuple | list) or not pairs or not all(isinstance(p, Pair | Scenario) for p in pairs):
        raise PairError(f"{path}: PAIRS must be a tuple of Pair or Scenario, and not empty")
    for pair in pairs:
        if isinstance(pair, Pair) and pair.lacking:
            close = difflib.get_close_matches(
                pair.op or pair.name, [name for name in dir(torch.Tensor) if name[0] != "_"]
            )
            raise PairError(f"{path}: {pair.name}: {pair.lacking}{_hint(close)}")
    return tuple(pairs)


def select_families(file: Path | None = None, names: Sequence[str] = (), expression: str = "") -> Families:
    """The pairs of a run by family, in declared order, the scenarios last.

    A user's file is measured alone, unless a selection (names that are not all from the file, or pytest's -k
    expression) also picks from the catalogue. PairError for an unknown name, and for one that two pairs share.
    """
    families: dict[str, Sequence[Pair | Scenario]] = dict(catalogue())
    families[scenarios.FAMILY] = [each for topic in scenarios.topics().values() for each in topic]
    if file is not None:
        own = load_pairs(file)
        elsewhere = set(names) - {pair.name for pair in own}
        families = {**families, USER: own} if elsewhere or (expression and not names) else {USER: own}
    counts = Counter(pair.name for pairs in families.values() for pair in pairs)
    twice = [name for name, count in counts.items() if count > 1]
    if twice:
        where = f"{file}: " if file is not None else ""
        raise PairError(f"{where}pair {twice[0]!r} is declared twice; rename one")
    unknown = [name for name in names if name not in counts]
    if unknown:
        raise PairError(f"unknown pair {unknown[0]!r}{_hint(difflib.get_close_matches(unknown[0], counts, n=3))}")
    if not names:
        return families
    chosen = {family: [pair for pair in pairs if pair.name in names] for family, pairs in families.items()}
    return {family: pairs for family, pairs in chosen.items() if pairs}


def runnable_families(families: Families) -> tuple[Families, dict[str, str]]:
    """The pairs that this torch can run; and the names of the others, with the reason."""
    skipped = {pair.name: pair.lacking for pairs in families.values() for pair in pairs if pair.lacking}
    kept = {family: [pair for pair in pairs if pair.name not in skipped] for family, pairs in families.items()}
    return {family: pairs for family, pairs in kept.items() if pairs}, skipped


def _hint(close: Sequence[str]) -> str:
    return f"; did you mean {', '.join(close)}?" if close else ""
