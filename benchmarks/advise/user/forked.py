"""Run a call in a fork: the copy of all state costs nothing, and a crash or a hang ends only the fork."""

import functools
import pickle
import traceback
from collections.abc import Callable
from typing import Any

from benchmarks.advise.user.hidden import ours_in_sight
from benchmarks.advise.user.whose_file import is_own
from benchmarks.fork import ForkDied, answer_of_fork
from benchmarks.process_end import Hung


class TrialFailed(RuntimeError):
    """The call in a fork raised, died or hung, or it changed a result; the message is one line.

    `place`: the file and the line of the user's code that raised, if any did.
    """

    def __init__(self, message: str, place: tuple[str, int] | None = None) -> None:
        super().__init__(message)
        self.place = place


def in_fork(call: Callable[[], Any], limit_s: float) -> Any:
    """Run `call` in a fork of this process and return its result, which must be picklable.

    TrialFailed if it raises, if the fork dies, or if it takes more than `limit_s` seconds. This process must have only
    one thread.
    """
    try:
        data = answer_of_fork(functools.partial(_answer, call), limit_s)
    except (Hung, ForkDied) as error:
        raise TrialFailed(str(error)) from error
    with ours_in_sight():
        kind, value = pickle.loads(data)
    if kind == "raised":
        raise TrialFailed(*value)
    return value


def _answer(call: Callable[[], Any]) -> bytes:
    """Return, pickled, what `call` returned, or what it raised in one line."""
    try:
        answer = "returned", call()
    except BaseException as error:  # the parent process reports whatever a user's step raises
        answer = "raised", (_one_line(error), users_place(error))
    with ours_in_sight():
        return pickle.dumps(answer)


def _one_line(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}"[:600] if text else type(error).__name__


def users_place(error: BaseException) -> tuple[str, int] | None:
    """Return the file and the line number of the innermost frame in the user's code; None if there is none."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if is_own(f.filename) and f.lineno is not None]
    return (own[-1].filename, own[-1].lineno or 0) if own else None
