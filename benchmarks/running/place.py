"""Where the locks of a machine lie: in one folder for all its users, whatever their settings.

Not the folder for temporary files, which TMPDIR names: two runs with different ones would measure each other. Every
system has this one, writable for all. Containers with one of their own do not see each other's locks: mount the host's.
"""

from pathlib import Path

LOCKS = Path("/tmp")
