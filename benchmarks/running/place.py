"""The folder of a machine's locks: one for all users, whatever their settings.

It is not TMPDIR: two runs with different TMPDIR would measure at once. Every system has this folder, writable for all.
Containers with a folder of their own do not see each other's locks: mount the host's.
"""

from pathlib import Path

LOCKS = Path("/tmp")
