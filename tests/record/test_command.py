"""The command line of a run, written back: as the command reads it, whatever a value holds."""

import shlex

import pytest

from benchmarks.cli import _parser
from benchmarks.planning.options import OPTIONS
from benchmarks.record.command import (
    CHOICE,
    DECIDES,
    METHOD,
    NAME,
    OF_A_CASE,
    SET,
    VALUELESS,
    command_line,
    names_of,
    option_words,
)


def test_what_each_option_of_the_command_decides_is_declared_in_its_order():
    assert list(DECIDES) == [*(option.name for option in OPTIONS), "select"]
    assert names_of(OF_A_CASE, CHOICE, METHOD, NAME) == tuple(DECIDES)
    assert names_of(NAME) == ("label", "host")


def test_the_command_is_printed_as_it_is_typed():
    options = {"preset": "quick", "device": "", "pairs": "my pairs.py", "case_limit": "3", "select": "step and not add"}
    said = "python -m benchmarks run --preset quick --pairs 'my pairs.py' --case-limit 3 --select 'step and not add'"
    assert command_line(options) == said
    assert option_words({"preset": "full", "label": "", "case_limit": "3"}, joined=True) == [
        "--preset=full",
        "--case-limit=3",
    ]


@pytest.mark.parametrize("joined", [False, True])
@pytest.mark.parametrize("value", ["quick", "two words", "--out=elsewhere", "-k", "a=b", "it's"])
def test_what_is_written_back_is_read_as_it_was(joined, value):
    options = dict.fromkeys(DECIDES, value) | dict.fromkeys(VALUELESS, SET)
    parsed = _parser().parse_args(["run", *option_words(options, joined)])
    assert {name: getattr(parsed, name) for name in DECIDES} == options
    again = _parser().parse_args(shlex.split(command_line(options))[3:])
    assert vars(again) == vars(parsed)


@pytest.mark.parametrize("joined", [False, True])
def test_an_option_that_takes_no_value_is_its_flag_alone(joined):
    assert option_words({"exclusive": SET}, joined) == ["--exclusive"] and option_words({"exclusive": ""}, joined) == []
    assert [option.name for option in OPTIONS if not option.metavar] == list(VALUELESS)
