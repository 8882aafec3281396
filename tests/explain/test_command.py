"""The command: a script runs as Python itself would run it, and what is found is printed with both lines."""

import pytest

from benchmarks.cli import main
from tests.support.commands import bench

WRITES = """\
import sys
import torch
import torch.nn.functional as F

x = torch.ones(64, requires_grad=True)
h = F.relu(x * 2)
h += x
print("arguments", *sys.argv[1:])
h.sum().backward()
"""
SILENT = """\
import torch

x = torch.ones(3, requires_grad=True)
y = x.exp()
y.data.add_(10)
y.sum().backward()
"""


def explain(*words):
    return main(["explain", *map(str, words)])


@pytest.fixture
def script(tmp_path):
    def write(text, name="train.py"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def test_a_script_that_autograd_refuses_is_explained(script, capfd):
    path = script(WRITES)
    assert explain(path, "--lr", "3") == 1
    out, err = capfd.readouterr()
    assert out == "arguments --lr 3\n"
    assert "RuntimeError: one of the variables needed" in err and "tracking" not in err
    for line in (
        "1. torch refuses backward: add_ wrote what relu had saved for it",
        f"   saved      {path}:6  h = F.relu(x * 2)  [relu, float32 [64]]",
        f"   written    {path}:7  h += x  [add_]",
        f"   needed     {path}:9  h.sum().backward()",
        "   why        relu computes its gradient from its own result, which holds other values by now",
        f"   cures      {path}:7  out-of-place: h = h + x",
        f"              {path}:7  copy: h = h.clone(); h += x",
    ):
        assert line in err.splitlines()


def test_a_write_that_no_counter_saw_is_named(script, capfd):
    assert explain(script(SILENT)) == 1
    err = capfd.readouterr().err
    assert err.startswith("1. a gradient is wrong and nothing says so: add_ wrote what exp had saved")
    assert "out-of-place: y = y.add(10)" in err and "order: y.data.add_(10)  # behind line 6" in err


@pytest.mark.slow
def test_cures_are_tried_and_their_bytes_printed(script, tmp_path):
    text = "import torch\nx = torch.ones(64, requires_grad=True)\nh = x.exp()\nh *= h\nh.backward(x.detach())\n"
    done = bench("explain", "--try", str(script(text)), scratch=tmp_path / "scratch")
    assert done.returncode == 1 and done.stdout == ""
    *_, cure, outcome, as_it_is = [line.strip() for line in done.stderr.splitlines()]
    assert cure.endswith("out-of-place: h = h * h")
    # x, exp(x) and h; in backward the gradient of each factor.
    assert outcome == f"tried: runs to its end; peak of the whole script {5 * 256} B"
    # x, h, and the gradient of the one factor that was not written.
    assert as_it_is == "the script as it is: peak until it fails 768 B"


@pytest.mark.parametrize(
    "text, status, said",
    [
        ("print('fine')", 0, ""),
        ("import sys; sys.exit(7)", 7, ""),
        ("import sys; sys.exit('why')", 1, "why\n"),
        ("raise ValueError('no')", 1, "ValueError: no"),
        ("import torch; torch.ones(2) @ torch.ones(3)", 1, "RuntimeError"),
        ("import no_such_module", 1, "ModuleNotFoundError"),
    ],
)
def test_nothing_is_said_where_nothing_is_found(script, capfd, text, status, said):
    assert explain(script(text)) == status
    err = capfd.readouterr().err
    assert said in err and (said or not err) and "1. " not in err


def test_a_script_finds_its_own_packages_and_its_own_main(script, tmp_path, capfd):
    for package in ("benchmarks", "analysis"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").write_text("MINE = __name__\n")
    text = (
        "import sys, benchmarks, analysis\n"
        "import __main__\n"
        "print(benchmarks.MINE, analysis.MINE, __main__.__file__, __name__, sys.path[0])\n"
    )
    path = script(text)
    assert explain(path) == 0
    assert capfd.readouterr().out == f"benchmarks analysis {path} __main__ {tmp_path}\n"
    import benchmarks

    assert not hasattr(benchmarks, "MINE")


def test_what_asks_for_the_compiler_stays_uncompiled_and_that_is_printed(script, capfd):
    assert explain(script("import torch\nprint(torch.compile(lambda x: x + 1)(torch.ones(1)).item())")) == 0
    out, err = capfd.readouterr()
    assert out == "2.0\n" and err.startswith("explain: torch.compile was left out")


@pytest.mark.parametrize(
    "name, text, said",
    [
        ("none.py", None, "No such file or directory"),
        ("bad.py", "def f(:\n", "not Python: line 1: invalid syntax"),
        ("zero.py", "x = 1\0", "not Python: "),
    ],
)
def test_bad_input_is_one_line_and_status_2(script, tmp_path, capfd, name, text, said):
    path = tmp_path / name if text is None else script(text, name)
    assert explain(path) == 2
    out, err = capfd.readouterr()
    assert not out and err.startswith(f"error: {path}: ") and said in err and err.count("\n") == 1
