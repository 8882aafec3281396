"""The command line of a run, written back from its stored options: to print it, to repeat it, to pass it on."""

import shlex
from collections.abc import Mapping

#: What an option decides: a field of each case, the choice among cases, how a case is measured, what the run is called.
OF_A_CASE, CHOICE, METHOD, NAME = "of a case", "choice", "method", "name"

#: Every option of `python -m benchmarks run` that is stored, by its name, in the command's order.
DECIDES = {
    "preset": METHOD,  # also the choice, as far as no other option makes it
    "device": CHOICE,
    "pair": OF_A_CASE,
    "pairs": METHOD,  # the code that is measured
    "cases": CHOICE,
    "numel": OF_A_CASE,
    "shape": OF_A_CASE,
    "dtype": OF_A_CASE,
    "layout": OF_A_CASE,
    "operand": OF_A_CASE,
    "scale": OF_A_CASE,
    "threads": OF_A_CASE,
    "passes": METHOD,
    "seconds": METHOD,
    "case_limit": METHOD,
    "shard": CHOICE,
    "exclusive": METHOD,
    "label": NAME,
    "host": NAME,
    "select": CHOICE,
}


#: Options that take no value, and the text that is stored of one that is set.
VALUELESS = ("exclusive",)
SET = "yes"


def names_of(*kinds: str) -> tuple[str, ...]:
    """The options that decide such things."""
    return tuple(name for name, kind in DECIDES.items() if kind in kinds)


def flag_of(name: str) -> str:
    """The flag of an option by its stored name: `--case-limit` of `case_limit`."""
    return f"--{name.replace('_', '-')}"


def option_words(options: Mapping[str, str], joined: bool = False) -> list[str]:
    """Options as words of a command line, empty ones left out: two words each, or `joined` one, `--name=value`.

    Of an option that takes no value there is the flag alone.
    """
    words = []
    for name, value in options.items():
        if name in VALUELESS:
            words += [flag_of(name)] if value else []
        elif joined or value.startswith("-"):  # as a word of its own that would be taken for an option
            words += [f"{flag_of(name)}={value}"] if value else []
        elif value:
            words += [flag_of(name), value]
    return words


def command_line(options: Mapping[str, str]) -> str:
    """The command that measures with these options, as it is typed."""
    return shlex.join(["python", "-m", "benchmarks", "run", *option_words(options)])
