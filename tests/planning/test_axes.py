"""Cases from pairs: which are made of a preset, which of the user's values, and what they are called."""

from dataclasses import replace

import pytest

from benchmarks.catalogue import USER, Pair, families
from benchmarks.planning.axes import Axes, case_id, cross, inherit_allocator, numel_text
from benchmarks.planning.presets import OTHER_DECIDES, PRESETS, SIZES, Preset, Slice
from benchmarks.record import PHASES

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
    cases = cross(one, preset(plain(), plain(allocator="fresh", cpu_only=True)), BOTH)
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
    assert {(case.family, case.pair) for case in cases} == {
        (f, p.name) for f, pairs in families().items() for p in pairs
    }
    names = [(case.family, case.phase, case_id(case)) for case in cases]
    assert len(names) == len(set(names)), "two cases would be one to pytest"
    declared = {p.name: p for pairs in families().values() for p in pairs}
    assert all(case.phase in declared[case.pair].phases for case in cases)


@pytest.mark.parametrize("name", ["quick", "full"])
def test_the_larger_presets_hold_every_axis(name):
    cases = cross(families(), PRESETS[name], CPU)
    assert {case.phase for case in cases} == set(PHASES)
    assert {case.allocator for case in cases} == {"retained", "fresh"}
    assert {case.operand for case in cases} == {"none", "same", "scalar"}
    assert {case.numel for case in cases} == set(SIZES["cpu"].values())
    assert {case.pair for case in cases if case.other_requires_grad} == set(OTHER_DECIDES)
    assert PRESETS[name].passes >= 6, "fewer give no interval"


def test_every_pair_that_a_preset_names_exists():
    declared = {pair.name for pairs in families().values() for pair in pairs}
    named = {name for each in PRESETS.values() for part in each.slices for name in part.pairs}
    assert named <= declared
    assert all(part.reason for each in PRESETS.values() for part in each.slices)


def test_by_hand_a_cpu_case_has_one_heap():
    cases = cross({"some": PAIRS["some"][:1]}, preset(plain(), plain(allocator="fresh", cpu_only=True)), BOTH)
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
    assert case_id(replace(alone, shape=(32, 32), allocator="inherited")) == "add-32x32-float32-cpu-2t"
