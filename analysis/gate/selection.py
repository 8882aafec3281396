"""Which cases of BASE belong to HEAD's own selection: a case outside of it has not vanished."""

from collections.abc import Mapping

from analysis.run import facts
from analysis.run.load import StoredRun
from benchmarks.record import Case

#: Options that leave cases out; without them all are measured. `pair` names pairs, `select` is pytest's -k.
_NARROWING = ("pair", "select")
#: Options that decide which cases exist: another value makes other cases. The last are those of the advisor.
_DECIDING = (
    *("preset", "pairs", "cases", "numel", "shape", "dtype", "layout", "operand", "scale", "threads", "device"),
    *("steps", "model", "input", "repeats"),
)


class Selection:
    """The options by which HEAD selects its cases, where they differ from BASE's."""

    def __init__(self, base: StoredRun, head: StoredRun) -> None:
        before, self._options = (_options(run) for run in (base, head))
        differing = [name for name in _DECIDING if before.get(name, "") != self._options.get(name, "")]
        narrower = [name for name in _NARROWING if self._options.get(name) and before.get(name) != self._options[name]]
        self._differing = [*narrower, *differing]
        self._names = [name.strip() for name in self._options.get("pair", "").split(",")]

    def includes(self, case: Case) -> bool:
        """Whether HEAD's selection includes a case of BASE; False where its options leave that open."""
        if self._differing == ["pair"]:
            return case.pair in self._names
        return not self._differing

    def __str__(self) -> str:
        """'pair relu, select step': the options in which HEAD's selection differs."""
        return ", ".join(f"{name} {self._options.get(name) or 'not given'}" for name in self._differing)


def _options(run: StoredRun) -> Mapping[str, str]:
    options = facts.part(run.facts, "options")
    return {name: value for name in options if (value := facts.text(options[name]))}
