"""Stops processes for a while, as a suspended machine or a frozen container does."""

import os
import signal
import time


def stop_for(seconds: float, *pids: int) -> None:
    """Stop processes, and let them go on after so many seconds."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    time.sleep(seconds)
    for pid in pids:
        os.kill(pid, signal.SIGCONT)
