"""Which cases of BASE a HEAD of another selection was asked for: what it was not asked has not vanished."""

from collections.abc import Mapping

from analysis.run import facts
from analysis.run.load import StoredRun
from benchmarks.record import Case

#: Options that leave cases out: without one all are measured. `pair` names them, `select` is pytest's -k.
_NARROWING = ("pair", "select")
#: Options that decide which cases there are: with another value there are others.
_DECIDING = ("preset", "pairs", "cases", "numel", "shape", "dtype", "layout", "operand", "scale", "threads", "device")


class Selection:
    """What HEAD was asked, beside BASE."""

    def __init__(self, base: StoredRun, head: StoredRun) -> None:
        before, self._options = (_options(run) for run in (base, head))
        differing = [name for name in _DECIDING if before.get(name, "") != self._options.get(name, "")]
        narrower = [name for name in _NARROWING if self._options.get(name) and before.get(name) != self._options[name]]
        self._differing = [*narrower, *differing]
        self._names = [name.strip() for name in self._options.get("pair", "").split(",")]

    def asks(self, case: Case) -> bool:
        """Whether HEAD should hold a case of BASE. Where its options leave that open, it was not asked."""
        if self._differing == ["pair"]:
            return case.pair in self._names
        return not self._differing

    def __str__(self) -> str:
        """'pair relu, select step': by what HEAD's selection differs."""
        return ", ".join(f"{name} {self._options.get(name) or 'not given'}" for name in self._differing)


def _options(run: StoredRun) -> Mapping[str, str]:
    options = facts.part(run.facts, "options")
    return {name: value for name in options if (value := facts.text(options[name]))}
