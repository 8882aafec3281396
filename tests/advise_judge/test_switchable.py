"""A program's text with any of its sites in place."""

import pytest

from benchmarks.advise_judge.generated import draw_program
from benchmarks.advise_judge.switchable import SourceLine, write_expression
from tests.advise_judge.small_programs import PLUS_ONE, SUM, TANH, program, site

NESTED = site(3, SUM, site(1, TANH, "x"), site(2, PLUS_ONE, "y"))


@pytest.mark.parametrize(
    ("switches", "text"),
    [
        ({}, "torch.tanh(x) + (y + 1.0)"),
        ({1: 0}, "x.tanh_() + (y + 1.0)"),
        ({2: 0}, "torch.tanh(x) + y.add_(1.0)"),
        ({3: 0}, "torch.tanh(x).add_(y + 1.0)"),
        ({3: 1}, "(y + 1.0).add_(torch.tanh(x))"),
        ({1: 0, 2: 0, 3: 1}, "y.add_(1.0).add_(x.tanh_())"),
    ],
)
def test_any_sites_of_an_expression_are_switched(switches, text):
    assert write_expression(NESTED, switches)[0] == text


def test_places_are_where_the_expressions_stand():
    drawn = program(("h = ", NESTED, ".sum()"))
    places = drawn.places()
    lines = drawn.text({}).splitlines()
    shown = {n: lines[place.line - 1][place.column : place.end_column] for n, place in places.items()}
    assert shown == {1: "torch.tanh(x)", 2: "y + 1.0", 3: "torch.tanh(x) + (y + 1.0)"}


@pytest.mark.parametrize("seed", range(12))
def test_a_generated_program_is_drawn_alike_and_names_all_its_sites(seed):
    drawn = draw_program(seed)
    assert drawn.text({}) == draw_program(seed).text({}) != draw_program(seed, 1).text({})
    assert drawn.places().keys() == drawn.sites().keys()
    for number, site_drawn in drawn.sites().items():
        for switch, operand in site_drawn.switches:
            assert switch == number
            changed = drawn.text({number: operand})
            compile(changed, "switched", "exec")
            before, after = drawn.text({}).splitlines(), changed.splitlines()
            differ = [i for i, (one, other) in enumerate(zip(before, after, strict=True), 1) if one != other]
            assert differ == [drawn.places()[number].line]


def test_a_line_without_an_expression_is_written_as_it_is():
    assert program("del x").lines[-2] == SourceLine("del x", indent=2)
    assert "        del x\n" in program("del x").text({})
