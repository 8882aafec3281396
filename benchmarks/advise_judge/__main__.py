"""`python -m benchmarks.advise_judge`: see its --help."""

from benchmarks.entry import enter

if __name__ == "__main__":
    from benchmarks.advise_judge.command import main

    enter(main)
