"""Start the advisor by the path of this file: for projects that have a folder `benchmarks` or `analysis` too."""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0:1] = [str(Path(__file__).resolve().parents[2])]

    from benchmarks.entry import enter

    def _command() -> int:
        from benchmarks.advise.advise_command import main  # loads torch, which takes a second

        return main(sys.argv[1:])

    enter(_command)
