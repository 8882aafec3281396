"""How the suite's commands end: their exit statuses, which scripts rely on, and a mistake in one line."""

import argparse
import os
import sys
from functools import partial
from typing import Any, NoReturn

#: FAILED is a failure of the suite, and what `compare` answers where something got worse.
DONE, FAILED, USER_ERROR, INTERRUPTED = 0, 1, 2, 130


class OneLineParser(argparse.ArgumentParser):
    """argparse, but a wrong command line gets one line, like every other user's error; its commands' likewise.

    `mistake`: that line, with the fields {message} and {prog}.
    """

    def __init__(self, *, mistake: str, **settings: Any) -> None:
        super().__init__(**settings)
        self._mistake = mistake

    def add_subparsers(self, **settings: Any) -> "argparse._SubParsersAction[OneLineParser]":
        one_line: Any = partial(OneLineParser, mistake=self._mistake)  # argparse asks for a class, and only calls it
        return super().add_subparsers(parser_class=one_line, **settings)

    def error(self, message: str) -> NoReturn:
        self.exit(USER_ERROR, self._mistake.format(message=message, prog=self.prog) + "\n")


def drop_output() -> None:
    """After a BrokenPipeError: what read the output, such as head, has seen enough, and the rest goes nowhere.

    Else Python writes what is left when it exits, and complains.
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
