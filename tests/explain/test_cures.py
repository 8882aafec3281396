"""Cures: the source as it becomes, and whether the program then runs."""

import linecache
from types import ModuleType

import pytest
import torch

from benchmarks.explain.cures import COPY, FLAG, ORDER, OUT_OF_PLACE, cures_of
from benchmarks.explain.program_watch import ProgramWatch
from benchmarks.explain.rejections import rejection
from benchmarks.explain.script import compiled_script, run_script

START = "import torch\nimport torch.nn.functional as F\nx = torch.ones(4, requires_grad=True)\n"


def cures(tmp_path, text):
    """The kinds and changed lines of the cures of the one finding in a program, and whether each runs to its end."""
    path = tmp_path / "script.py"
    path.write_text(START + text)
    linecache.checkcache(str(path))
    watch, main = ProgramWatch(), ModuleType("__main__")
    try:
        with watch.watching():
            run_script(path, compiled_script(path), [], main)
    except RuntimeError as error:
        if not watch.findings and (found := rejection(error, watch.recorder)):
            watch.add(found)
    (finding,) = watch.findings
    return {cure.kind: cure for cure in cures_of(finding, watch.has_flag)}


def lines(cure):
    return cure.text.removeprefix(START).splitlines()


def is_cured(tmp_path, cure):
    watch = ProgramWatch()
    with watch.watching():
        exec(compile(cure.text, "cured.py", "exec"), {})
    return not watch.findings


@pytest.mark.parametrize(
    "write, cured",
    [
        ("h += x", "h = h + x"),
        ("h *= x - 1", "h = h * (x - 1)"),
        ("h.mul_(2)", "h = h.mul(2)"),
        ("h.data.clamp_(0.9, 1)", "h = h.clamp(0.9, 1)"),
        ("h.detach().add_(1)", "h = h.add(1)"),
        ("h = F.dropout(h, 0.5, inplace=True)", "h = F.dropout(h, 0.5, inplace=False)"),
        ("F.elu_(h)", "h = F.elu(h)"),
        ("torch.neg_(h)", "h = torch.neg(h)"),
        ("y = h.mul_(2).exp()", "y = h.mul(2).exp()"),
    ],
)
def test_the_write_becomes_out_of_place(tmp_path, write, cured):
    found = cures(tmp_path, f"h = (x * 1).sigmoid()\n{write}\nh.sum().backward()\n")
    assert lines(found[OUT_OF_PLACE])[1] == cured
    assert is_cured(tmp_path, found[OUT_OF_PLACE])


def test_a_copy_is_written_in_its_place(tmp_path):
    found = cures(tmp_path, "h = x.exp()\nif True:\n    h[0] = 1\nh.sum().backward()\n")
    assert lines(found[COPY])[1:4] == ["if True:", "    h = h.clone()", "    h[0] = 1"]
    assert OUT_OF_PLACE not in found and is_cured(tmp_path, found[COPY])


@pytest.mark.parametrize(
    "write, cured",
    [
        ("if True: h[0] = 1", "if True: h = h.clone(); h[0] = 1"),
        ("t = 1; h[0] = t", "t = 1; h = h.clone(); h[0] = t"),
        ("if True:\n\th[0] = 1", "if True:\n\th = h.clone()\n\th[0] = 1"),
    ],
    ids=["after-a-condition", "after-a-semicolon", "behind-a-tab"],
)
def test_a_copy_keeps_to_its_line_and_its_indent(tmp_path, write, cured):
    found = cures(tmp_path, f"h = x.exp()\n{write}\nh.sum().backward()\n")
    assert "\n".join(lines(found[COPY])[1:-1]) == cured
    assert is_cured(tmp_path, found[COPY])


def test_the_operand_is_copied_where_it_is_what_was_saved(tmp_path):
    found = cures(tmp_path, "a = x * 1\na[0] = a[1].sin()\na.sum().backward()\n")
    assert lines(found[COPY])[1] == "a[0] = a[1].clone().sin()" and set(found) == {COPY}
    assert is_cured(tmp_path, found[COPY])


def test_the_write_moves_behind_backward(tmp_path):
    text = "w = torch.ones(4)\ny = x * w\nwith torch.no_grad():\n    w.add_(1)\ny.sum().backward()\nprint()\n"
    found = cures(tmp_path, text)
    moved = [
        "w = torch.ones(4)",
        "y = x * w",
        "y.sum().backward()",
        "with torch.no_grad():",
        "    w.add_(1)",
        "print()",
    ]
    assert lines(found[ORDER]) == moved and is_cured(tmp_path, found[ORDER])


def test_a_write_in_a_loop_does_not_move(tmp_path):
    text = "w = torch.ones(4)\ny = x * w\nfor _ in range(2):\n    w.add_(1)\ny.sum().backward()\n"
    assert ORDER not in cures(tmp_path, text)


def test_a_statement_that_shares_its_line_does_not_move(tmp_path):
    text = "w = torch.ones(4)\ny = x * w\nw.add_(1); z = 1\ny.sum().backward()\n"
    assert ORDER not in cures(tmp_path, text) and ORDER in cures(tmp_path, text.replace("; z = 1", "  # a step"))


def test_a_modules_flag_is_named_by_its_path(tmp_path):
    text = "net = torch.nn.Sequential(torch.nn.Sigmoid(), torch.nn.ReLU(inplace=True))\nnet(x * 1).sum().backward()\n"
    found = cures(tmp_path, text.replace("ReLU", "Hardtanh"))
    assert found[FLAG].flag == "1" and found[FLAG].text is None


def test_a_refused_write_of_a_leaf_becomes_out_of_place(tmp_path):
    assert lines(cures(tmp_path, "x += 1\n")[OUT_OF_PLACE]) == ["x = x + 1"]
    assert torch.is_grad_enabled()


def test_a_name_inside_a_comprehension_is_not_copied_outside_of_it(tmp_path):
    assert not cures(tmp_path, "hs = [(x * 1).exp()]\n[h.__iadd__(1) for h in hs]\nhs[0].sum().backward()\n")


def test_an_array_that_is_read_before_backward_is_made_of_a_copy_and_not_moved(tmp_path):
    found = cures(tmp_path, "h = x.exp()\na = h.detach().numpy()\na[0] = 9\nh.sum().backward()\n")
    assert list(found) == [COPY] and lines(found[COPY])[1] == "a = h.detach().clone().numpy()"
    assert is_cured(tmp_path, found[COPY])
