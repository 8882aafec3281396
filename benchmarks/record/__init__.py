"""The contract: names, units and version of everything that is measured and stored. Standard library only.

- `names`: variants, phases, allocators, states, and the words for them; thresholds; dtypes
- `field_types`: what a stored field may hold, with its unit
- `checking`: checks parsed JSON against a declaration
- `strict_json`: JSON without NaN and Infinity
- `regular_file`: opens regular files only, no FIFO, no device; `packed_file`: the same text in fewer bytes
- `whole_file`: writes a file that is there complete or not at all
- `measurement`: `Case` and `Measurement`, a line of the journal
- `run_facts`, `machine_facts`, `advice_facts`: `RunFacts` and its parts, the fields of `run.json`
- `machine_kind`: which facts of a machine define its kind
- `expectation`: what people expect of a scenario
- `speedup`: from the times of rounds to the log speedup of a pass; the rank of an interval's bounds
- `interval`: the interval of a speedup over passes, and its verdict
- `versions`: the versions below, and which of them can be read
- `reason`: an error as one line of bounded length
- `plain_text`: sizes, times and lists of names as text for terminals
- `command`: the command line of a run, written back from its options; `case_name`: a case as one word
- `folder`: the files of a run's folder; imported by its own name

Units are SI seconds and bytes; names carry them (`_s`, `_bytes`). A new field is one line in its declaration: its type
says what it may hold, and checks follow from it. How the analysis treats a quantity measured per variant is one entry
in `analysis.numbers.quantities`.

History of RECORD_VERSION: 1 first version. 2 a case has a `scale`, run.json has `scenarios`. 3 a measurement says how a
GPU was timed (`held`, `cache`, `throttled_blocks`, `dropped_blocks`). 4 what a call leaves behind (`leaked_bytes`,
`garbage_bytes`), how far the variants of an op agree (`extra`), and the time of a scenario's rounds
(`scenario_seconds`). 5 live bytes over a scenario's call (`forward_live_bytes`, `backward_live_bytes`). 6 a run of the
advisor: `advice` in run.json, and a row per step, as given and as patched. All can be read.

History of METHOD_VERSION: 1 clone before each call, AB BA blocks, one fresh process per pass. 2 on a GPU: kernels are
loaded before the device is held, spins are bounded, inputs fit into the L2 cache if one of them does, calls that cannot
be held are timed unheld; a CPU is timed as by 1 (`times_alike`). 3 on a CPU: ops on blocks of 2 MiB and more are timed
in processes of their own, whose heap gives equal blocks from call to call, and inputs are slices of numbers drawn once;
a GPU is timed as by 2. 4 on a CPU: an op's tensors move to other addresses during its rounds; a GPU is timed as by 2.

History of SPEEDUP_VERSION, how the speedup of a pass follows from its rounds: 1 the median over blocks. 2 the median
over all pairs of rounds. It is computed when a run is read, for old runs as for new. Numbers that rest on it and are
stored (of the self-tests, in datasets, the times of an advised step) are by the version of then.

History of STATISTICS_VERSION, how the gate compares the passes of two runs: 1 by their means. 2 by trimmed means, where
both runs have eight passes. Self-tests rest on it.
"""

from benchmarks.record.case_name import case_id
from benchmarks.record.expectation import (
    EXPECTED,
    EXPECTED_QUANTITIES,
    LESS,
    MORE,
    RELATIONS,
    SAME,
    Expectation,
    Growth,
    read_expected,
)
from benchmarks.record.field_types import MOST
from benchmarks.record.measurement import Case, Measurement
from benchmarks.record.names import (
    ALLOCATORS,
    INPLACE,
    ITEM_BYTES,
    KINDS,
    OK,
    OUTOFPLACE,
    PHASES,
    PROSE,
    STATES,
    THRESHOLDS,
    USER,
    VARIANTS,
)
from benchmarks.record.run_facts import RunFacts
from benchmarks.record.speedup import block_log_ratios, pass_log_speedup, sign_test_rank
from benchmarks.record.versions import (
    METHOD_VERSION,
    READABLE,
    RECORD_VERSION,
    SPEEDUP_VERSION,
    STATISTICS_VERSION,
    RecordError,
    check_version,
)

__all__ = [
    "ALLOCATORS",
    "EXPECTED",
    "EXPECTED_QUANTITIES",
    "INPLACE",
    "ITEM_BYTES",
    "KINDS",
    "LESS",
    "METHOD_VERSION",
    "MORE",
    "MOST",
    "OK",
    "OUTOFPLACE",
    "PHASES",
    "PROSE",
    "READABLE",
    "RECORD_VERSION",
    "RELATIONS",
    "SAME",
    "SPEEDUP_VERSION",
    "STATES",
    "STATISTICS_VERSION",
    "THRESHOLDS",
    "USER",
    "VARIANTS",
    "Case",
    "Expectation",
    "Growth",
    "Measurement",
    "RecordError",
    "RunFacts",
    "block_log_ratios",
    "case_id",
    "check_version",
    "pass_log_speedup",
    "read_expected",
    "sign_test_rank",
]
