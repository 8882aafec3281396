"""pytest's items of a pass, the case of each, and a plugin that comes back at the end to those of cases put off."""

from collections.abc import Mapping
from typing import TypeGuard

import pytest

from benchmarks.record import Case
from benchmarks.running.put_off import PutOff
from benchmarks.running.run import Pass, Run

#: Cases by family, phase and readable id.
NamedCases = Mapping[tuple[str, str, str], Case]


def is_ours(item: pytest.Item) -> TypeGuard[pytest.Function]:
    """Whether an item measures a case."""
    return item.get_closest_marker("phase") is not None


def case_of(item: pytest.Function, cases: NamedCases) -> Case:
    """The case that an item of ours measures."""
    marker = next(item.iter_markers("phase"))
    return cases[vars(item.module)["FAMILY"], marker.args[0], str(item.callspec.params["case"])]


class PutOffItems:
    """The plugin, for a timed pass under a supervisor."""

    def __init__(self, run: Run, current: Pass, cases: NamedCases) -> None:
        self._run, self._pass, self._cases = run, current, cases
        self._put_off = PutOff()
        self._passed_over: set[pytest.Item] = set()  #: until they come again

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
        """Pass an item over, and its partner behind it, and append both to the session's items."""
        if item in self._passed_over:
            self._passed_over.remove(item)
            return True
        if not is_ours(item):
            return None
        case = case_of(item, self._cases)
        if self._run.find(case, self._pass) or not self._put_off.puts_off(case):
            return None
        item.session.items.append(item)
        if nextitem is not None and is_ours(nextitem) and case_of(nextitem, self._cases) == case:
            item.session.items.append(nextitem)
            self._passed_over.add(nextitem)
        return True
