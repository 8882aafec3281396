"""The folder of a machine's locks: the same for all users and settings.

It is not TMPDIR: two runs with different TMPDIR would measure at once. Every system has this folder, and every user may
write into it. A container with its own folder does not see the locks of others: mount the folder of the host there.
"""

from pathlib import Path

LOCKS = Path("/tmp")
