"""Tensors: equal in every process, inside the domain, ordinary numbers; laid out as asked."""

import subprocess
import sys

import pytest
import torch

from benchmarks.catalogue.domains import DOMAINS, VALUES
from benchmarks.catalogue.shapes import image, parameters, square
from benchmarks.tensors import LAYOUTS, SEED, STOCK, _drawn, copy_elsewhere, in_layout, reseed, sample, spaced_copy
from tests.support.commands import ROOT

CPU = torch.device("cpu")
FLOATS = (torch.float32, torch.float64, torch.bfloat16, torch.float16)
INTEGERS = (torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8)


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
@pytest.mark.parametrize("domain", VALUES)
def test_values_lie_in_their_domain_and_are_ordinary_numbers(domain, dtype):
    values = sample(domain, (64, 1024), dtype, CPU, "any role")
    bounds, magnitudes = DOMAINS[domain], values.double().abs()
    rounding = torch.finfo(dtype).eps * bounds.high
    assert values.dtype == dtype and values.shape == (64, 1024) and values.isfinite().all()
    assert bounds.low - rounding <= magnitudes.min() < bounds.low + 0.01
    assert bounds.high - 0.01 < magnitudes.max() <= bounds.high + rounding
    assert magnitudes.min() >= torch.finfo(dtype).tiny
    negative = (values < 0).double().mean().item()
    assert negative == pytest.approx(0.5, abs=0.02) if bounds.signed else negative == 0


@pytest.mark.parametrize("dtype", INTEGERS, ids=str)
def test_integers_keep_to_their_range_and_bools_to_even_odds(dtype):
    values = sample("real", (64, 64), dtype, CPU, "any role")
    assert values.dtype == dtype and (int(values.min()), int(values.max())) == DOMAINS["real"].integers
    flags = sample("real", (64, 1024), torch.bool, CPU, "any role")
    assert flags.dtype == torch.bool and flags.float().mean().item() == pytest.approx(0.5, abs=0.02)


def test_complex_numbers_have_both_parts_in_the_domain():
    values = sample("unit", (64, 64), torch.complex64, CPU, "any role")
    assert values.dtype == torch.complex64 and not torch.equal(values.real, values.imag)
    for part in (values.real, values.imag):
        assert part.abs().min() >= 0.1 and part.abs().max() <= 0.9


def test_places_name_each_place_once():
    """So that the order in which threads write decides nothing."""
    shape = (32, 16)
    assert sorted(sample("rows", (32,), torch.float32, CPU, "r").tolist()) == list(range(32))
    assert sorted(sample("anywhere", shape, torch.float32, CPU, "r").flatten().tolist()) == list(range(512))
    columns = sample("column_wise", shape, torch.float32, CPU, "r")
    assert all(sorted(column) == list(range(32)) for column in columns.t().tolist())
    assert columns.dtype == torch.int64
    mask = sample("mask", (64, 1024), torch.float32, CPU, "r")
    assert mask.dtype == torch.bool and mask.float().mean().item() == pytest.approx(0.5, abs=0.02)


def test_no_two_roles_and_no_two_pairs_are_equal():
    roles = ["exp input", "exp other 0", "exp other 1", "exp upstream", "log input"]
    drawn = {tuple(sample("real", (32,), torch.float32, CPU, role).tolist()) for role in roles}
    assert len(drawn) == len(roles)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bool], ids=str)
@pytest.mark.parametrize("numel", [0, 1, STOCK - 1, STOCK, STOCK + 1, 2 * STOCK + 7])
def test_a_cpus_values_are_a_stretch_of_its_stock_and_share_no_memory_with_it(numel, dtype):
    first, again = (sample("real", (numel,), dtype, CPU, "any role") for _ in range(2))
    assert first.shape == (numel,) and first.untyped_storage().nbytes() == first.nbytes
    assert torch.equal(first[: max(0, numel - STOCK)], first[STOCK:])
    first.zero_()
    assert torch.equal(again, sample("real", (numel,), dtype, CPU, "any role"))


def test_a_draw_of_zero_is_replaced(monkeypatch):
    monkeypatch.setattr(torch.Tensor, "uniform_", lambda draws, low, high, generator: draws.zero_())
    assert _drawn((4,), torch.Generator()).tolist() == [0.5] * 4


@pytest.mark.slow
def test_every_process_draws_the_same():
    code = (
        "import torch; torch.manual_seed({}); from benchmarks.inputs import sample; "
        "print(sample('real', (500,), torch.float32, torch.device('cpu'), 'exp input').tolist())"
    )
    torch.manual_seed(3)
    here = sample("real", (500,), torch.float32, CPU, "exp input").tolist()
    command = [sys.executable, "-c", code.format(4)]
    there = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout
    assert there.strip() == str(here)


def test_reseeding_a_cpu_is_what_torch_does_without_its_list_of_what_is_to_be_seeded_later(monkeypatch):
    torch.manual_seed(SEED)
    expected = torch.rand(8)
    monkeypatch.setattr(torch.cuda, "manual_seed_all", None)
    reseed(CPU)
    assert torch.equal(torch.rand(8), expected)


@pytest.mark.parametrize(
    "layout, strides",
    [
        ("contiguous", (120, 20, 5, 1)),
        ("transposed", (120, 20, 1, 4)),
        ("strided", (240, 40, 10, 2)),
        ("channels_last", (120, 1, 30, 6)),
    ],
)
def test_layouts_move_elements_and_change_none(layout, strides):
    values = sample("real", (2, 6, 4, 5), torch.float32, CPU, "any role")
    laid_out = in_layout(values, layout)
    assert layout in LAYOUTS and torch.equal(laid_out, values)
    assert laid_out.stride() == strides and not laid_out._is_view()
    copy = spaced_copy(laid_out)
    assert copy.stride() == strides and torch.equal(copy, values) and copy.data_ptr() != laid_out.data_ptr()


def test_a_spaced_copy_carries_the_gradient():
    leaf = in_layout(torch.ones(4), "strided").requires_grad_()
    (gradient,) = torch.autograd.grad(spaced_copy(leaf) * 3, leaf, torch.ones(4))
    assert gradient.tolist() == [3.0] * 4


@pytest.mark.parametrize("numel", [1, 7, 26, 1000, 2**14, 65536, 1_000_003, 2**22])
def test_parameters_add_up_and_look_like_a_transformers(numel):
    shapes = parameters(numel)
    assert sum(torch.Size(shape).numel() for shape in shapes) == numel
    if numel >= 2**14:
        width = shapes[1][1]
        assert len(shapes) in (61, 62) and shapes[1:5] == [(3 * width, width), (3 * width,), (width, width), (width,)]


@pytest.mark.parametrize("power", range(0, 27))
def test_powers_of_two_keep_every_element_in_any_kind_of_shape(power):
    assert torch.Size(square(2**power)).numel() == torch.Size(image(2**power)).numel() == 2**power


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.complex64, torch.int64, torch.bool], ids=str)
def test_values_are_drawn_on_their_device(monkeypatch, dtype):
    """Where the device draws, no tensor of the CPU is made: one core would take seconds for a GPU's inputs."""
    made = []

    class OnTheDevice(torch.Generator):
        device = torch.device("meta")

        def __new__(cls, device):
            assert device == cls.device
            return super().__new__(cls)

    class Watch(torch.overrides.TorchFunctionMode):
        def __torch_function__(self, function, types, arguments=(), keywords=None):
            result = function(*arguments, **(keywords or {}))
            made.extend([result.device.type] if isinstance(result, torch.Tensor) else [])
            return result

    monkeypatch.setattr("benchmarks.tensors.torch.Generator", OnTheDevice)
    with Watch():
        values = sample("real", (64, 64), dtype, OnTheDevice.device, "any role")
        sample("mask", (64, 64), dtype, OnTheDevice.device, "any role")
    assert values.device.type == "meta" and values.dtype == dtype
    assert set(made) == {"meta"}


@pytest.mark.parametrize("layout", [*LAYOUTS, "expanded", "offset", "empty"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.complex64, torch.int64, torch.bool], ids=str)
def test_a_moved_tensor_differs_in_its_memory_alone(layout, dtype):
    values = sample("real", (2, 3, 4, 8), dtype, CPU, "r")
    odd = {
        "expanded": lambda: values[:, :1].expand(2, 5, 4, 8),
        "offset": lambda: values[1],
        "empty": lambda: values[:0],
    }
    tensor = odd[layout]() if layout in odd else in_layout(values, layout)
    copy = copy_elsewhere(tensor)
    assert torch.equal(copy, tensor) and copy.dtype == tensor.dtype
    assert (copy.stride(), copy.storage_offset()) == (tensor.stride(), tensor.storage_offset())
    assert copy.untyped_storage().data_ptr() != tensor.untyped_storage().data_ptr() or layout == "empty"
    assert not copy._is_view()


@pytest.mark.parametrize("requires_grad", [False, True])
def test_a_moved_tensor_is_a_leaf_as_the_first_was(requires_grad):
    copy = copy_elsewhere(torch.ones(3, requires_grad=requires_grad))
    assert copy.is_leaf and copy.requires_grad is requires_grad
