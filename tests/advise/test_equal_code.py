"""Python counts code objects as equal that differ in their file, or in their lines: here each counts for itself."""

from types import SimpleNamespace

import pytest

from benchmarks.advise.source.living_code import exchange_code
from benchmarks.tracking.site import site_here
from tests.advise.asked import advised

#: Two modules hold it: in one of them a line is executed that is not in the other.
TWIN = """
def f(x, box, deep):
    y = x * 2
    if deep:
        box.append(y)
        box.clear()
    return y + 1
"""
STEP = """
import one, other
def make():
    x = torch.rand(4096)
    @torch.no_grad()
    def step():
        return one.f(x, [], False) + other.f(x, [], True)
    return step
"""


@pytest.mark.slow
def test_a_line_that_ran_in_one_file_did_not_run_in_the_other(tmp_path):
    for name in ("one", "other"):
        (tmp_path / f"{name}.py").write_text(TWIN)
    found = [each for each in advised(tmp_path, STEP)["decisions"] if each["expression"] == "y + 1"]
    reasons = {each["file"].rpartition("/")[2]: each["reason"] for each in found}
    assert "line 5, which was not executed, uses `y`" in reasons["one.py"]
    assert "not executed" not in reasons["other.py"]


def test_a_call_has_the_place_of_its_own_file(tmp_path):
    text = "def called(): return site_here()\n"
    modules = [{"site_here": site_here} for _ in range(2)]
    for number, module in enumerate(modules):
        exec(compile(text, tmp_path / f"{number}.py", "exec"), module)
    assert [module["called"]().file for module in modules] == [str(tmp_path / f"{number}.py") for number in (0, 1)]


def test_lambdas_on_one_line_keep_apart(tmp_path):
    old = "f, g = (lambda x: x.first()), (lambda x: x.second())\n"
    file = tmp_path / "lambdas.py"
    file.write_text(old)
    module = {"__name__": "lambdas"}
    exec(compile(old, str(file), "exec", dont_inherit=True), module)
    exchange_code({str(file): old.replace("first()", "first(1)").replace("second()", "second(2)")})
    x = SimpleNamespace(first=lambda *given: ("first", *given), second=lambda *given: ("second", *given))
    assert (module["f"](x), module["g"](x)) == (("first", 1), ("second", 2))
