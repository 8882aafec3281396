"""The process of the safety matrix with probes that abort, hang, or lose the device, as some torch may."""

import os
import signal
import sys
import time

from benchmarks.autograd.safety import isolated, matrix


def abort(variants):
    print("its last words", flush=True)
    os.kill(os.getpid(), signal.SIGABRT)


def hang(variants):
    time.sleep(600)


def lose(variants):
    sys.exit("the device is lost")


PROBES = {"leaf": abort, "chunk": hang, "vmap": lose}

if __name__ == "__main__":
    matrix.PROBES |= {column: matrix.Probe(probe) for column, probe in PROBES.items()}
    isolated.main(sys.argv[1:])
