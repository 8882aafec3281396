"""Fingerprints: every way to change a global of the process is seen and named, and what changes nothing is not."""

import os
import subprocess
import sys

import pytest
import torch

from benchmarks.process import COMPILE_HERE
from benchmarks.verify.globals.fingerprint import READERS, changes, fingerprint
from benchmarks.verify.globals.namespaces import NAMESPACES
from tests.verify.globals.changed import CHANGES, IMPORTS


def changed_by(statement: str) -> str:
    """What a fingerprint sees of a statement, run in a fork, which nobody has to clean up after."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        try:
            names: dict = {}
            exec(IMPORTS, names)
            before = fingerprint()
            exec(statement, names)
            found = ", ".join(changes(before, fingerprint()))
        except BaseException as error:
            found = f"raises {error!r}"
        os.write(writer, found.encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        found = pipe.read()
    os.waitpid(child, 0)
    return found


@pytest.mark.slow  # a process each
@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_global_is_named(name):
    found = f", {changed_by(CHANGES[name])}"
    assert f", {name} (" in found or f", {name.partition(', ')[0]} (" in found


@pytest.mark.slow
@pytest.mark.parametrize(
    "statement",
    [
        "torch.manual_seed(3); random.seed(3); torch.rand(3)",
        "torch.ones(3, requires_grad=True).mul(2).sum().backward()",
        "import xml.dom.minidom, torch.distributions",
        "torch.new = 3; os.own = 4",
        "warnings.filterwarnings('ignore', message='of one library')",
        "sys.setrecursionlimit(5000)",
        "os.environ['TORCHINDUCTOR_CACHE_DIR'] = '/tmp'",
        "with torch.no_grad(), torch.inference_mode(), torch.autocast('cpu'): torch.ones(3).mul_(2)",
        "with torch.random.fork_rng(), warnings.catch_warnings(): warnings.simplefilter('error')",
        "thread = threading.Thread(target=print); thread.start(); thread.join()",
        "subprocess.run(['true'])",
        "with torch.profiler.profile(): torch.ones(3)",
        "torch.nn.Linear(3, 3).register_forward_hook(print)",
        "sum(range(3)); print(); open(os.devnull).read(); time.sleep(0)",
    ],
)
def test_what_changes_no_global_is_not_named(statement):
    assert changed_by(statement) == ""


@pytest.mark.slow  # the compiler takes seconds
def test_the_compilers_first_use_is_no_change():
    """In a process of its own: the compiler reads when it is imported whether it may start threads."""
    statement = "assert torch.compile(lambda x: x.sin() + 1)(torch.ones(8)).shape == (8,)"
    code = f"from {__name__} import changed_by; print('changed:', changed_by({statement!r}))"
    environment = {**os.environ, **COMPILE_HERE}
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert found.stdout == "changed: \n"


def test_values_are_told_before_and_after():
    assert changed_by(CHANGES["grad mode"]) == "grad mode (True, then False)"
    assert changed_by(CHANGES["environment"]) == "environment (OMP_NUM_THREADS)"
    assert changed_by(CHANGES["torch.Tensor"]) == "torch.Tensor (mul_)"


def test_a_global_that_cannot_be_read_any_more_is_changed(monkeypatch):
    before = fingerprint()

    def fails():
        raise OSError(2, "No such file")

    monkeypatch.setitem(READERS, "working folder", fails)
    (change,) = changes(before, fingerprint())
    assert change.startswith("working folder (/") and change.endswith("FileNotFoundError: [Errno 2] No such file)")


def test_every_global_of_this_torch_is_read():
    assert not [name for name, value in fingerprint().values.items() if isinstance(value, str) and "Error" in value]
    assert torch in NAMESPACES and torch.Tensor in NAMESPACES
