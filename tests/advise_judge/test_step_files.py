"""Step files in a user's folder: run as they are, and behind a patch."""

import ast
import difflib

import pytest

from benchmarks.advise_judge import models
from benchmarks.advise_judge.advisor_answer import AdvisorAnswer
from benchmarks.advise_judge.model_table import _FOLDER, patch_mistakes
from benchmarks.advise_judge.step_files import copied_step_file, patched_copy, step_outcome
from benchmarks.advise_judge.trap_table import traps

SAFE, UNSAFE = ("out = out + identity", "out = out.add_(identity)"), ("identity = x", "identity = x.mul_(2.0)")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A user's folder with a model, and what its step leaves."""
    path = tmp_path_factory.mktemp("user") / "models"
    path.mkdir()
    for name in ("resnet.py", "steps.py"):
        copied_step_file(_FOLDER / name, path)
    return path, step_outcome(path, "resnet", "resnet_inference")


def answer(folder, old, new, peak_bytes):
    before = (folder / "resnet.py").read_text()
    after = before.replace(old, new)
    assert before != after
    patch = "".join(difflib.unified_diff(before.splitlines(True), after.splitlines(True), "a/resnet.py", "b/resnet.py"))
    facts = {"patch": patch, "before": {"peak_bytes": peak_bytes}, "after": {"peak_bytes": peak_bytes}}
    return AdvisorAnswer(0, "", 1.0, {**facts, "decisions": [], "sets": {"do": []}})


@pytest.mark.slow
def test_a_right_patch_has_no_mistake_and_a_wrong_one_is_found(folder):
    path, original = folder
    assert original.peaks and not original.error
    right = answer(path, *SAFE, original.peaks[-1])
    assert patch_mistakes(right, path, "resnet", "resnet_inference", original)[0] == []
    wrong = answer(path, *UNSAFE, original.peaks[-1])
    (mistake,) = patch_mistakes(wrong, path, "resnet", "resnet_inference", original)[0]
    assert mistake.startswith("wrong do: result differs after step 1")
    off = answer(path, *SAFE, original.peaks[-1] + 1)
    mistakes = patch_mistakes(off, path, "resnet", "resnet_inference", original)[0]
    assert [each.split(":")[0] for each in mistakes] == ["bytes before", "bytes after"]


def test_a_patch_that_does_not_apply_is_named(folder, tmp_path):
    assert patched_copy(folder[0], "no patch", tmp_path / "patched")


def test_every_model_is_named_with_its_steps():
    written = {path.stem for path in _FOLDER.glob("*.py")} - {"__init__", "steps"}
    assert written == {module for module, _ in models.STEPS}
    for module, functions in models.STEPS:
        tree = ast.parse((_FOLDER / f"{module}.py").read_text())
        assert set(functions) == {n.name for n in tree.body if isinstance(n, ast.FunctionDef) and n.name[0] != "_"}


def test_no_model_is_in_place_already():
    """All flags off, all sums out of place: the advisor has to find them."""
    for module, _ in models.STEPS:
        nodes = list(ast.walk(ast.parse((_FOLDER / f"{module}.py").read_text())))
        assert not [node for node in nodes if isinstance(node, ast.AugAssign)] or module == "densenet"
        flags = [each for node in nodes if isinstance(node, ast.Call) for each in node.keywords]
        assert not [each for each in flags if each.arg == "inplace"]


def test_hazards_are_traps():
    parts = [part for *_, part in traps()]
    assert parts.count("rewrite") >= 20 and parts.count("program") >= 30
    assert {hazard.name for *_, hazard, _ in traps()} >= {"compiled-version-check", "fused-step"}
