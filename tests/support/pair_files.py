"""Users' files of pairs, as text: honest ones, wrong ones, and ones that end their process."""

COUNT = 5  #: number of pairs in the `honest` fixture's file

HEAD = """
import ctypes, itertools, os, signal, time
import torch
from benchmarks.catalogue import Pair

def double(x): return x * 2
def double_(x): return x.mul_(2)

def pair(name, outofplace=double, inplace=double_, phases=("step",), **fields):
    return Pair(name, outofplace=outofplace, inplace=inplace, phases=phases, **fields)

def after(calls, action):  # checks and the memory pass make fewer calls than this, a timed pass makes more
    count = itertools.count()
    def variant(x):
        if next(count) >= calls:
            action()
        return x * 2
    return variant
"""


def honest(count: int) -> str:
    """Return a file of pairs that keep their promises but are not checked: honest0, honest1, ..."""
    return HEAD + f"PAIRS = tuple(pair(f'honest{{i}}', verify=False) for i in range({count}))\n"


TROUBLE = (
    HEAD
    + """
from benchmarks.running import session

def fails(): raise IndexError("no such thing\\nin two lines")
def hangs(): time.sleep(600)
def segfaults(): ctypes.string_at(0)
def killed(): os.kill(os.getpid(), signal.SIGKILL)
def exits(): os._exit(3)

# A failing GPU is simulated: after this pair's calls the process believes that its device is lost.
def loses(): session.why_lost = lambda device: "the device is lost: CUDA error: device-side assert triggered"

PAIRS = (
    pair("fine_first"),
    *(pair(f.__name__, after(10, f), verify=False) for f in (fails, hangs, segfaults, killed, exits, loses)),
    pair("dies_at_once", after(0, segfaults)),
    pair("fine_last"),
)
"""
)

DIES_AT_IMPORT = (
    HEAD
    + """
import sys
if "--run-dir" in sys.argv:  # a pass
    os._exit(7)
PAIRS = (pair("never"),)
"""
)


LIARS = (
    HEAD
    + """
def lying(name, outofplace, inplace): return pair(name, outofplace, inplace, phases=("inference",))

PAIRS = (
    pair("honest"),
    lying("writes_nothing", double, lambda x: x),
    lying("writes_both", double_, double_),
    lying("other_value", lambda x: x * 3, double_),
    lying("misspelled", double, lambda x: x.nonsense()),
    lying("exits", double, lambda x: exit(4)),
)
"""
)
