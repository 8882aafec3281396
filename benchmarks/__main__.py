"""`python -m benchmarks`: see `cli`."""

from benchmarks.entry import enter


def _command() -> int:
    from benchmarks.cli import main  # loads torch, which takes a second

    return main()


if __name__ == "__main__":
    enter(_command)
