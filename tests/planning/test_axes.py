"""Cases from pairs: which are made of a preset, which of the user's values, and what they are called."""

from dataclasses import replace

import pytest

from benchmarks.catalogue import Pair, families
from benchmarks.catalogue.scenarios import Expectation, Growth
from benchmarks.planning.axes import Axes, cross, inherit_allocator
from benchmarks.planning.options import OPERANDS
from benchmarks.planning.presets import HEAVY, OTHER_DECIDES, PRESETS, SIZES, Preset, ScenarioSlice, Slice
from benchmarks.record import ITEM_BYTES, PHASES, USER, Case
from benchmarks.record.case_name import case_id, numel_text
from benchmarks.tensors import LAYOUTS
from tests.support.scenarios import scenario

CPU = Axes(devices=("cpu",), threads=(2,))
BOTH = Axes(devices=("cpu", "cuda:0"), threads=(1, 2))
PAIRS = {"some": (Pair("exp"), Pair("add", others=("real",), scalar=True), Pair("ceil", phases=("inference",)))}


def preset(*slices):
    return Preset(slices, passes=1, seconds=1, precision=0.1)


def plain(*phases, sizes=("overhead",), **fields):
    return Slice(phases or ("inference",), sizes, "a reason", **fields)


def pairs_of(cases):
    return [case.pair for case in cases]


def test_a_slice_takes_all_pairs_or_those_it_names_in_their_legal_phases():
    assert pairs_of(cross(PAIRS, preset(plain()), CPU)) == ["exp", "add", "ceil"]
    assert pairs_of(cross(PAIRS, preset(plain("step")), CPU)) == ["exp", "add"]
    assert pairs_of(cross(PAIRS, preset(plain(pairs=("ceil", "other"))), CPU)) == ["ceil"]


def test_a_users_pair_takes_part_in_every_slice():
    own = {USER: (Pair("mine", outofplace=abs, inplace=abs),)}
    assert pairs_of(cross(own, preset(plain(pairs=("ceil",))), CPU)) == ["mine"]


def test_operands_are_the_pairs_first_kind_or_the_slices():
    (exp, add, _) = cross(PAIRS, preset(plain()), CPU)
    assert (exp.operand, add.operand) == ("none", "same")
    (scalar,) = cross(PAIRS, preset(plain(operands=("scalar",))), CPU)
    assert (scalar.pair, scalar.operand) == ("add", "scalar")
    (other,) = cross(PAIRS, preset(plain("step", other_requires_grad=True)), CPU)
    assert (other.pair, other.other_requires_grad) == ("add", True)


def test_sizes_are_the_devices_own_and_the_users_take_their_place():
    sized = preset(plain(sizes=("overhead", "memory")))
    one = {"some": PAIRS["some"][:1]}
    assert [case.numel for case in cross(one, sized, CPU)] == [SIZES["cpu"]["overhead"], SIZES["cpu"]["memory"]]
    cuda = Axes(devices=("cuda:1",), threads=(1,))
    assert [case.numel for case in cross(one, sized, cuda)] == [SIZES["cuda"]["overhead"], SIZES["cuda"]["memory"]]
    given = replace(CPU, numels=(7, 12), shapes=((3, 4),))
    assert [case.shape for case in cross(one, sized, given)] == [(3, 4), (7,), (12,)]
    assert [case.numel for case in cross(one, sized, given)] == [12, 7, 12]
    own = {USER: (Pair("mine", outofplace=abs, inplace=abs, shape=(2, 3)),)}
    assert [case.shape for case in cross(own, sized, given)] == [(2, 3)]


def test_threads_and_heap_regimes_are_the_cpus():
    one = {"some": PAIRS["some"][:1]}
    cases = cross(one, preset(plain(), plain(allocator="fresh", devices=("cpu",))), BOTH)
    assert [(case.device, case.threads, case.allocator) for case in cases] == [
        ("cpu", 1, "retained"),
        ("cpu", 2, "retained"),
        ("cuda:0", 1, "caching"),
        ("cpu", 1, "fresh"),
        ("cpu", 2, "fresh"),
    ]


def test_every_dtype_and_each_case_once():
    cases = cross(PAIRS, preset(plain(), plain()), replace(CPU, dtypes=("float32", "float64")))
    assert len(cases) == len(set(cases)) == 6


@pytest.mark.parametrize("name", PRESETS)
def test_presets_measure_every_pair_under_ids_of_their_own(name):
    cases = cross(families(), PRESETS[name], BOTH)
    assert {case.pair for case in cases} == {pair.name for pairs in families().values() for pair in pairs}
    names = [(case.family, case.phase, case_id(case)) for case in cases]
    assert len(names) == len(set(names)), "two cases would be one to pytest"
    declared = {p.name: p for pairs in families().values() for p in pairs}
    assert all(case.phase in declared[case.pair].phases for case in cases)


@pytest.mark.parametrize("name", ["quick", "full"])
def test_the_larger_presets_hold_every_axis(name):
    cases = cross(families(), PRESETS[name], CPU)
    assert {case.phase for case in cases} == set(PHASES)
    assert {case.allocator for case in cases} == {"retained", "fresh"}
    assert {case.operand for case in cases} == {"none", "same", "broadcast", "zero_dim", "scalar"}
    assert {case.layout for case in cases} == {"contiguous", "transposed", "strided", "channels_last", "parameters"}
    assert {case.dtype for case in cases} >= {"float32", "float64", "bfloat16", "complex64", "int64", "bool"}
    assert {case.numel for case in cases} >= set(SIZES["cpu"].values())
    assert {case.pair for case in cases if case.other_requires_grad} == set(OTHER_DECIDES)
    assert PRESETS[name].passes >= 6, "fewer give no interval"


def test_every_pair_that_a_preset_names_exists():
    declared = {pair.name for pairs in families().values() for pair in pairs}
    named = {name for each in PRESETS.values() for part in each.slices for name in part.pairs}
    assert named <= declared
    assert all(part.reason for each in PRESETS.values() for part in each.slices)


def test_an_axis_takes_what_a_slice_asks_for_and_a_pair_can_do():
    some = {"some": (Pair("exp", dtypes=("float32", "complex64")), Pair("tril", shape="square"))}
    cases = cross(some, preset(plain(dtypes=("complex64", "int64"))), CPU)
    assert [(case.pair, case.dtype) for case in cases] == [("exp", "complex64")]
    cases = cross(some, preset(plain(layouts=("channels_last", "transposed"))), CPU)
    found = [(case.pair, case.layout, case.shape) for case in cases]
    assert found == [
        ("exp", "channels_last", (2, 8, 8, 8)),
        ("exp", "transposed", (32, 32)),
        ("tril", "transposed", (32, 32)),
    ]
    (broadcast,) = cross({"some": PAIRS["some"][1:2]}, preset(plain(operands=("broadcast",))), CPU)
    assert (broadcast.operand, broadcast.shape) == ("broadcast", (32, 32))


def test_a_users_axis_values_take_the_place_of_the_slices():
    asked = replace(CPU, dtypes=("complex64",), layouts=("strided",), operands=("zero_dim",))
    add = Pair("add", others=("real",), dtypes=("float32", "complex64"))
    (case,) = cross({"some": (add,)}, preset(plain(), plain(layouts=("transposed",))), asked)
    assert (case.dtype, case.layout, case.operand) == ("complex64", "strided", "zero_dim")
    assert not cross({"some": (Pair("exp"),)}, preset(plain()), asked), "exp has no complex64 here, and no operand"


def test_a_shape_needs_the_dimensions_of_its_layout():
    given = replace(CPU, shapes=((8,), (2, 4), (1, 2, 2, 2)))
    shapes = [case.shape for case in cross({"s": (Pair("exp"),)}, preset(plain(layouts=("transposed",))), given)]
    assert shapes == [(2, 4), (1, 2, 2, 2)]
    shapes = [case.shape for case in cross({"s": (Pair("exp"),)}, preset(plain(layouts=("channels_last",))), given)]
    assert shapes == [(1, 2, 2, 2)]


def test_ops_that_only_compute_stay_small_on_a_cpu():
    heavy = {"some": (Pair("lgamma"), Pair("exp"))}
    cases = cross(heavy, preset(plain(sizes=("cache", "large"))), CPU)
    assert [(case.pair, case.numel) for case in cases] == [("lgamma", 2**16), ("exp", 2**16), ("exp", 2**20)]
    on_gpu = cross(heavy, preset(plain(sizes=("cache", "large"))), replace(CPU, devices=("cuda:0",)))
    assert [(case.pair, case.numel) for case in on_gpu[:2]] == [("lgamma", 2**18), ("lgamma", 2**24)]
    asked = cross(heavy, preset(plain()), replace(CPU, numels=(2**22,)))
    assert [case.pair for case in asked] == ["lgamma", "exp"], "unless their size is asked for"


def test_every_name_in_the_presets_is_a_pair_a_family_or_an_axis_value():
    names = {pair.name for pairs in families().values() for pair in pairs}
    assert set(HEAVY) <= names
    for part in (part for each in PRESETS.values() for part in each.slices):
        assert set(part.families) <= set(families()) and set(part.devices) <= set(SIZES)
        assert set(part.dtypes) <= set(ITEM_BYTES) and set(part.layouts) <= set(LAYOUTS)
        assert set(part.operands) <= set(OPERANDS)


def test_a_slice_for_gpus_is_no_cpus():
    half = preset(plain(dtypes=("float16",), devices=("cuda",)))
    assert {case.device for case in cross(PAIRS, half, BOTH)} == {"cuda:0"}


def test_by_hand_a_cpu_case_has_one_heap():
    cases = cross({"some": PAIRS["some"][:1]}, preset(plain(), plain(allocator="fresh", devices=("cpu",))), BOTH)
    inherited = inherit_allocator(cases)
    assert [(case.device, case.threads, case.allocator) for case in inherited] == [
        ("cpu", 1, "inherited"),
        ("cpu", 2, "inherited"),
        ("cuda:0", 1, "caching"),
    ]


@pytest.mark.parametrize(
    "numel, text", [(1, "1"), (1000, "1000"), (1024, "1Ki"), (1536, "1536"), (65536, "64Ki"), (3 * 2**20, "3Mi")]
)
def test_sizes_read_as_people_write_them(numel, text):
    assert numel_text(numel) == text


def test_an_id_names_what_sets_a_case_apart():
    (case,) = cross(PAIRS, preset(plain("step", other_requires_grad=True)), CPU)
    assert case_id(case) == "add-1Ki-float32-cpu-othergrad-retained-2t"
    alone = replace(case, other_requires_grad=False)
    assert case_id(replace(alone, operand="scalar")) == "add-1Ki-float32-cpu-scalar-retained-2t"
    assert case_id(replace(alone, layout="strided")) == "add-1Ki-float32-cpu-strided-retained-2t"
    assert case_id(replace(alone, layout="parameters")) == "add-1Ki-float32-cpu-retained-2t"
    assert case_id(replace(alone, shape=(32, 32), allocator="inherited")) == "add-32x32-float32-cpu-2t"
    assert case_id(replace(alone, device="cuda:1", allocator="caching")) == "add-1Ki-float32-cuda:1"


def scenarios_at(axes: Axes, **part) -> list[Case]:
    declared = scenario(scales=(2, 4), gpu_scales=(64,), phases=("inference", "step"))
    preset = Preset((), 1, 1.0, 1.0, scenarios=(ScenarioSlice(("inference", "forward", "step"), "all", **part),))
    return cross({"scenarios": (declared,), "pointwise": (Pair("exp"),)}, preset, axes)


def test_a_scenario_has_its_usual_scale_unless_a_slice_or_the_user_asks_for_others():
    assert [(c.phase, c.scale, c.shape) for c in scenarios_at(CPU)] == [
        ("inference", 2, (2, 3, 8, 8)),
        ("step", 2, (2, 3, 8, 8)),
    ]
    assert {c.scale for c in scenarios_at(CPU, scales=None)} == {2, 4}
    assert {c.scale for c in scenarios_at(replace(CPU, scales=(5, 7)))} == {5, 7}
    assert {(c.device, c.scale) for c in scenarios_at(BOTH)} == {("cpu", 2), ("cuda:0", 64)}


def test_a_scenario_has_its_own_shape_on_a_gpu():
    declared = scenario(shape=(1, 3, 8, 8), gpu_shape=(32, 3, 8, 8), phases=("step",))
    preset = Preset((), 1, 1.0, 1.0, scenarios=(ScenarioSlice(("step",), "all"),))
    shapes = {(c.device, c.numel, c.shape) for c in cross({"scenarios": (declared,)}, preset, BOTH)}
    assert shapes == {("cpu", 192, (1, 3, 8, 8)), ("cuda:0", 6144, (32, 3, 8, 8))}


def test_a_scenario_takes_no_part_in_axes_that_it_does_not_have():
    for axes in ({"numels": (4,)}, {"shapes": ((2, 2),)}, {"layouts": ("transposed",)}, {"dtypes": ("bfloat16",)}):
        assert scenarios_at(replace(CPU, **axes)) == []
    assert scenarios_at(replace(CPU, dtypes=("float32",)))
    assert scenarios_at(replace(CPU, numels=(4,), scales=(2,)))


def test_a_slice_of_some_scenarios():
    assert scenarios_at(CPU, names=("other",)) == [] and scenarios_at(CPU, names=("net",))
    assert scenarios_at(CPU, topics=("vision",)) == []


def test_a_slice_of_some_devices():
    assert {case.device for case in scenarios_at(BOTH, devices=("cuda",))} == {"cuda:0"}
    assert {case.device for case in scenarios_at(BOTH, devices=("cpu",))} == {"cpu"}


@pytest.mark.parametrize(("field", "phases"), [("timed", {"inference", "step"}), ("grows", {"step"})])
def test_a_slice_of_phases_of_which_something_is_expected(field, phases):
    assert scenarios_at(CPU, **{field: True}) == []
    expects = (
        Expectation("inference", "time", "less", "x"),
        Expectation("forward", "peak", "less", "x"),
        Growth("step", "time", "inplace", 1.0, "x"),
    )
    expecting = scenario(expects=expects)
    some = Preset((), 1, 1.0, 1.0, scenarios=(ScenarioSlice(PHASES, "all", **{field: True}),))
    assert {case.phase for case in cross({"scenarios": (expecting,)}, some, CPU)} == phases
    of_a_user = cross({USER: (scenario(),)}, some, CPU)
    assert {case.phase for case in of_a_user} == set(scenario().phases), "of a user's own nothing is known"
