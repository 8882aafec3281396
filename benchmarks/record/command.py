"""The command line of a run, written back from its stored options: to print, to repeat or to pass on."""

import shlex
from collections.abc import Mapping

#: What an option decides: a field of each case, the choice of cases, how a case is measured, or what the run is called.
OF_A_CASE, CHOICE, METHOD, NAME = "of a case", "choice", "method", "name"

#: Every stored option of `python -m benchmarks run` by name, in the command's order.
DECIDES = {
    "preset": METHOD,  # also the choice of cases, unless another option makes it
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


#: Options without a value, and the stored text of one that is set.
VALUELESS = ("exclusive",)
SET = "yes"


def names_of(*kinds: str) -> tuple[str, ...]:
    """The options that decide these things."""
    return tuple(name for name, kind in DECIDES.items() if kind in kinds)


def flag_of(name: str) -> str:
    """The flag of a stored option: `--case-limit` for `case_limit`."""
    return f"--{name.replace('_', '-')}"


def option_words(options: Mapping[str, str], joined: bool = False) -> list[str]:
    """Options as words of a command line, without empty ones: two words each, or one `--name=value` if `joined`.

    An option without a value is its flag alone.
    """
    words = []
    for name, value in options.items():
        if name in VALUELESS:
            words += [flag_of(name)] if value else []
        elif joined or value.startswith("-"):  # a separate word would be read as an option
            words += [f"{flag_of(name)}={value}"] if value else []
        elif value:
            words += [flag_of(name), value]
    return words


def command_line(options: Mapping[str, str]) -> str:
    """The command that measures with these options, as it is typed."""
    return shlex.join(["python", "-m", "benchmarks", "run", *option_words(options)])
