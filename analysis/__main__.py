"""`python -m analysis`: see `cli`."""

from benchmarks.entry import enter


def _command() -> int:
    from analysis.cli import main

    return main()


if __name__ == "__main__":
    enter(_command)
