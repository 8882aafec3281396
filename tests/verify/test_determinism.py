"""What a GPU is set to while a case is checked: entered around the check, put back before the clock."""

from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import pytest
import torch

from benchmarks.catalogue.pair import Pair
from benchmarks.inputs import make_inputs
from benchmarks.record import Case
from benchmarks.verify import determinism
from benchmarks.verify.determinism import deterministic_kernels
from benchmarks.verify.ops import Disagreement
from benchmarks.verify.prepare import check_case
from benchmarks.workload import make_workload
from tests.support.scenarios import case_of, vectors

NEW_NAMES = hasattr(torch.backends, "fp32_precision")
BACKENDS = torch.backends
MATMUL = BACKENDS.cuda.matmul
#: Written by torch.set_float32_matmul_precision as well; a CPU's, but a global that a case must leave as it was.
ONEDNN = getattr(BACKENDS.mkldnn, "matmul", None)


def settings():
    """Each setting as it stands; the name of the error where reading it raises."""

    def seen(read):
        try:
            return read()
        except RuntimeError as error:
            return type(error).__name__

    reads = {
        "benchmark": lambda: BACKENDS.cudnn.benchmark,
        "deterministic": lambda: BACKENDS.cudnn.deterministic,
        "cudnn": lambda: BACKENDS.cudnn.allow_tf32,
        "matmul": lambda: MATMUL.allow_tf32,
        "precision": torch.get_float32_matmul_precision,
    }
    if NEW_NAMES:
        reads |= {
            f"new {name}": partial(getattr, owner, "fp32_precision")
            for name, owner in [
                *(("conv", BACKENDS.cudnn.conv), ("rnn", BACKENDS.cudnn.rnn)),
                *(("matmul", MATMUL), ("cuda", BACKENDS.cudnn), ("all", BACKENDS), ("onednn", ONEDNN)),
            ]
        }
    return {name: seen(read) for name, read in reads.items()}


def is_repeatable(found):
    """No TF32 by any name that can be read, and no choice of algorithms."""
    exact = all(found.get(f"new {name}", "none") != "tf32" for name in ("conv", "rnn", "matmul"))
    return exact and found["deterministic"] and not found["benchmark"] and True not in (found["cudnn"], found["matmul"])


@pytest.fixture(autouse=True)
def _restored():
    """Parents first: what inherits reads as its parent."""
    before = settings()
    assert before["precision"] == "highest" and before["cudnn"] is True, "torch's defaults"
    yield
    if NEW_NAMES:
        BACKENDS.fp32_precision, BACKENDS.cudnn.fp32_precision = before["new all"], before["new cuda"]
        MATMUL.fp32_precision = "none"
    torch.set_float32_matmul_precision("highest")
    BACKENDS.cudnn.allow_tf32 = True
    BACKENDS.cudnn.benchmark, BACKENDS.cudnn.deterministic = before["benchmark"], before["deterministic"]
    if NEW_NAMES:
        MATMUL.fp32_precision, ONEDNN.fp32_precision = before["new matmul"], before["new onednn"]
        BACKENDS.cudnn.conv.fp32_precision = before["new conv"]
        BACKENDS.cudnn.rnn.fp32_precision = before["new rnn"]
    assert settings() == before


def by_old_names():
    BACKENDS.cudnn.benchmark, MATMUL.allow_tf32 = True, True


def all_exact():
    BACKENDS.cudnn.allow_tf32, BACKENDS.cudnn.deterministic = False, True


#: What a user may have set; by the new names reading some of the old ones raises.
CHOICES = {
    "defaults": lambda: None,
    "old names": by_old_names,
    "medium": lambda: torch.set_float32_matmul_precision("medium"),
    "exact": all_exact,
}
NEW_CHOICES = {
    "products": lambda: setattr(MATMUL, "fp32_precision", "tf32"),
    "convolutions exact": lambda: setattr(BACKENDS.cudnn.conv, "fp32_precision", "ieee"),
    "everything": lambda: setattr(BACKENDS, "fp32_precision", "tf32"),
    "all of cuda": lambda: setattr(BACKENDS.cudnn, "fp32_precision", "tf32"),
}


@pytest.mark.parametrize("choice", [*CHOICES, *(NEW_CHOICES if NEW_NAMES else ())])
@pytest.mark.parametrize("raises", [False, True])
def test_whatever_was_set_is_put_back(choice, raises):
    (CHOICES | NEW_CHOICES)[choice]()
    before = settings()
    try:
        with deterministic_kernels("cuda:0"):
            assert is_repeatable(settings())
            if raises:
                raise KeyboardInterrupt
    except KeyboardInterrupt:
        pass
    assert settings() == before


def test_a_setting_that_cannot_be_written_leaves_none_changed(monkeypatch):
    def refuses(value):
        raise RuntimeError("no")

    def of_two():
        return [(partial(setattr, BACKENDS.cudnn, "benchmark"), False, True), (refuses, 0, 1)]

    monkeypatch.setattr(determinism, "_settings", of_two)
    with pytest.raises(RuntimeError, match="no"), deterministic_kernels("cuda"):
        pass
    assert BACKENDS.cudnn.benchmark is False


def test_a_torch_without_the_new_names_is_set_by_the_old(monkeypatch):
    written = []
    cudnn = SimpleNamespace(benchmark=True, deterministic=False, allow_tf32=True)
    old = SimpleNamespace(
        backends=SimpleNamespace(cudnn=cudnn, mkldnn=SimpleNamespace(), cuda=SimpleNamespace(matmul=SimpleNamespace())),
        get_float32_matmul_precision=lambda: "high",
        set_float32_matmul_precision=written.append,
    )
    monkeypatch.setattr(determinism, "torch", old)
    with deterministic_kernels("cuda"):
        assert (vars(cudnn), written) == ({"benchmark": False, "deterministic": True, "allow_tf32": False}, ["highest"])
    assert vars(cudnn) == {"benchmark": True, "deterministic": False, "allow_tf32": True}
    assert written == ["highest", "high"]


def noted(seen, factor=2.0):
    def function(x):
        seen.append(settings())
        return x * factor

    def function_(x):
        seen.append(settings())
        return x.mul_(2.0)

    return function, function_


def op_on(device, variants):
    pair = Pair("mine", *variants, code=("f(x)", "f_(x)"))
    case = Case("any", "mine", "step", 8, (8,), "float32", "contiguous", "none", False, "cpu", "inherited", 1)
    return replace(made := make_inputs(pair, case), case=replace(made.case, device=device))


def scenario_on(device, variants):
    made = make_workload(declared := vectors(*variants), case_of(declared))
    return replace(made, case=replace(made.case, device=device))


@pytest.mark.parametrize("make", [op_on, scenario_on])
@pytest.mark.parametrize("factor", [2.0, 3.0], ids=["agrees", "disagrees"])
def test_a_check_on_a_gpu_is_repeatable_and_what_follows_is_not(make, factor):
    by_old_names()
    before, seen = settings(), []
    prepared = make("cuda:0", noted(seen, factor))
    try:
        check_case(prepared)
        assert factor == 2.0
    except Disagreement:
        assert factor == 3.0
    assert len(seen) >= 3 and all(map(is_repeatable, seen)) and settings() == before


@pytest.mark.parametrize("make", [op_on, scenario_on])
def test_nothing_is_set_for_a_cpu(make, monkeypatch):
    monkeypatch.setattr(determinism, "_settings", None)
    seen = []
    check_case(make("cpu", noted(seen)))
    assert len(seen) >= 3 and all(each == settings() for each in seen)


def test_a_variant_whose_rounding_depends_on_the_settings_passes_on_a_gpu():
    torch.set_float32_matmul_precision("high")

    def rounds(x):
        return x * (2.001 if torch.get_float32_matmul_precision() == "high" else 2.0)

    check_case(op_on("cuda", (rounds, lambda x: x.mul_(2.0))))
    with pytest.raises(Disagreement, match="values differ"):
        check_case(op_on("cpu", (rounds, lambda x: x.mul_(2.0))))
