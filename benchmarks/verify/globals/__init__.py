"""Globals of the process that a case must leave unchanged, since they could change the numbers of later cases.

- `fingerprint`: all of them as they are now, and the differences between two fingerprints
- `torch_globals`, `python_globals`, `system_globals`: torch's, the interpreter's and the kernel's, a line per global
- `namespaces`: modules and classes whose attributes a case may replace

These are not checked, since there is no cheap way: `gc.freeze`, threads that Python did not start, the state of C
libraries.
"""
