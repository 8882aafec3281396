"""A part of pytest: what happens when a signal interrupts a case."""

from collections.abc import Iterator

import pytest

from benchmarks.entry import Interrupted


class InterruptedCases:
    """Ends the session when a signal interrupts a case, or pytest's own work around it.

    Where pytest shows the interrupted frame itself, it fails if the frame has no line number.
    """

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self) -> Iterator[None]:
        """Run a test; Interrupted ends the session, without a traceback."""
        try:
            return (yield)
        except Interrupted:
            raise pytest.exit.Exception("interrupted") from None
