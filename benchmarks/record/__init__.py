"""The contract."""

from benchmarks.record.measurement import *  # noqa
