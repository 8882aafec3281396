"""What a case must leave as it found it: globals of the process that could change the numbers of the cases after it.

- `fingerprint`: all of them as they stand now, and what differs between two such fingerprints
- `torch_globals`, `python_globals`, `system_globals`: torch's, the interpreter's and the kernel's, a line per global
- `namespaces`: modules and classes whose names a case may replace by something else

Not seen, because no cheap way tells: `gc.freeze`, threads that Python did not start, what a C library keeps to itself.
"""
