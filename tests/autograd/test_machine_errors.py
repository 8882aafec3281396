"""An error of the machine, or of a program itself, is no answer of torch to a claim, a hazard or a safety question."""

import pytest
import torch

from benchmarks.autograd.claims import functions, memory, notes, recurrent, references
from benchmarks.autograd.claims.claim import Setting, decide
from benchmarks.autograd.evidence import NotAvailable, error_of, result_of
from benchmarks.autograd.hazards.hazard import examine_hazard as examine_hazard
from benchmarks.autograd.record.findings import NOT_AVAILABLE
from benchmarks.autograd.record.safety import NO_CASE, RAISES, UNKNOWN
from benchmarks.autograd.safety.matrix import examine_cell
from benchmarks.autograd.safety.memory_class import memory_classes
from benchmarks.autograd.safety.refusals import NoCaseError
from benchmarks.autograd.safety.tiny_pair import usual_dtype
from benchmarks.catalogue import Pair
from benchmarks.measure.machine_errors import is_the_machines, ran_out_of_memory, says_out_of_memory
from benchmarks.measure.memory import UncountedError
from tests.autograd import invented

ASKED = "could not be asked here: "


def too_much(*_):
    """What torch really raises: a RuntimeError of no type of its own."""
    return torch.empty(2**50, dtype=torch.uint8)


def refuses(*_):
    raise RuntimeError("a leaf Variable that requires grad")


def mistaken(*_):
    return {}["no such key"]


def error_from(program):
    with pytest.raises(RuntimeError) as caught:
        program()
    return caught.value


@pytest.mark.parametrize(
    "error",
    [
        error_from(too_much),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"),
        MemoryError(),
        RuntimeError("std::bad_alloc"),
        RuntimeError("cuBLAS: CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate"),
    ],
    ids=repr,
)
def test_no_memory_is_the_machines(error):
    assert ran_out_of_memory(error) and is_the_machines(error)


@pytest.mark.parametrize(
    "line",
    [
        "terminate called after throwing an instance of 'std::bad_alloc'",
        "OSError: [Errno 12] Cannot allocate memory",
        "RuntimeError: [enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: not enough memory: you tried",
    ],
)
def test_the_line_that_says_so_is_found(line):
    assert says_out_of_memory(f"..s\n{line}\nFatal Python error: Aborted\n") == line
    assert says_out_of_memory("Fatal Python error: Aborted\n") is None


@pytest.mark.parametrize("error", [RuntimeError("CUDA error: misaligned address"), OSError(28, "no space left")])
def test_a_gpu_or_disk_that_fails_is_the_machines_and_no_lack_of_memory(error):
    assert is_the_machines(error) and not ran_out_of_memory(error)


@pytest.mark.parametrize("error", [RuntimeError("a leaf Variable"), NotImplementedError("aten::x"), KeyError("x")])
def test_a_refusal_is_torchs(error):
    assert not is_the_machines(error)


def test_a_claims_program_is_told_of_refusals_alone():
    assert str(error_of(refuses)).startswith("a leaf") and isinstance(result_of(refuses), RuntimeError)
    assert error_of(lambda: 3) is None and result_of(lambda: 3) == 3
    for ask in (error_of, result_of):
        with pytest.raises(NotAvailable, match=f"{ASKED}RuntimeError: .*allocate memory"):
            ask(too_much)


@pytest.mark.parametrize("claim", [*functions.CLAIMS, *recurrent.CLAIMS, notes.CLAIMS[0]], ids=lambda claim: claim.name)
def test_a_claim_whose_backward_found_no_memory_is_not_decided(claim, monkeypatch):
    calls = iter(range(1000))
    backward = torch.Tensor.backward

    def third_fails(*arguments, **options):
        return too_much() if next(calls) >= 2 else backward(*arguments, **options)

    monkeypatch.setattr(torch.Tensor, "backward", third_fails)
    row = decide(claim, Setting("cpu"))
    assert row.verdict == NOT_AVAILABLE and "allocate memory" in row.reason


@pytest.mark.parametrize("program", [too_much, mistaken], ids=lambda program: program.__name__)
def test_a_hazard_does_not_raise_where_the_machine_or_the_program_fails(program):
    row = examine_hazard(invented.hazard(program), "cpu")
    assert row.status == NOT_AVAILABLE
    assert "allocate memory" in row.reason or row.reason == "KeyError: 'no such key'"


def pair(outofplace=lambda x: x * 2, inplace=lambda x: x.mul_(2)) -> Pair:
    return Pair("invented", outofplace=outofplace, inplace=inplace)


@pytest.mark.parametrize("column", ["leaf", "nonleaf", "first", "second", "forward_ad", "vmap", "func_grad"])
def test_a_cell_is_no_case_where_no_memory_was_found(column):
    inputs = pair(inplace=lambda x: too_much() if x.dtype.is_floating_point else x)
    cell = examine_cell(inputs, column, "cpu", False)
    assert cell.status == NO_CASE and cell.text.startswith(ASKED)


def test_out_of_place_without_memory_says_nothing_of_a_refusal_in_place():
    cell = examine_cell(pair(too_much, refuses), "nonleaf", "cpu", False)
    assert (cell.status, cell.text.startswith(ASKED)) == (NO_CASE, True)
    assert examine_cell(pair(refuses, refuses), "nonleaf", "cpu", False).status == RAISES


def test_a_dtype_is_not_given_up_for_want_of_memory():
    whole = Pair("invented", outofplace=too_much, inplace=too_much, dtypes=("int64",))
    with pytest.raises(NoCaseError, match=ASKED):
        usual_dtype(whole, "float32", "cpu")


def test_a_memory_class_without_memory_is_unknown():
    no_gradient = Pair("invented", outofplace=too_much, inplace=too_much, phases=("inference",))
    for each in (no_gradient, Pair("invented", outofplace=too_much, inplace=too_much, dtypes=("int64",))):
        (saved,) = memory_classes(each, "cpu")
        assert saved.answer == UNKNOWN and saved.reason.startswith(ASKED)


@pytest.mark.parametrize("module, name", [(memory, "memory"), (references, "references-decide")])
def test_a_claim_on_bytes_that_nobody_counts_says_so(module, name, monkeypatch):
    def uncounted(*_):
        raise UncountedError("bytes are not counted: why")

    monkeypatch.setattr(module, "measure_memory", uncounted)
    (claim,) = (claim for claim in module.CLAIMS if claim.name == name)
    row = decide(claim, Setting("cpu"))
    assert (row.verdict, row.reason) == (NOT_AVAILABLE, "bytes are not counted: why")
