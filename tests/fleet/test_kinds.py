"""A kind of machine that no machine is of is refused at once, with why each machine is none."""

import pytest

from benchmarks.fleet.fleet_command import _check_kinds
from benchmarks.fleet.fleet_engine import EngineError
from benchmarks.fleet.plan_file import FleetPlan
from benchmarks.fleet.ray_engine import RayEngine
from benchmarks.fleet.schedule import Node


def node(labels, **has):
    return {"Alive": True, "NodeID": "n", "NodeManagerHostname": "x.net", "Labels": labels, "Resources": has}


class Cluster:
    """Stands in for `ray`: the nodes of a cluster."""

    def __init__(self, *nodes):
        self._nodes = nodes

    def nodes(self):
        return self._nodes


def engine_of(kinds, *nodes):
    """The real engine, connected to a stand-in of Ray."""
    engine = RayEngine.__new__(RayEngine)
    engine._ray, engine._kinds, engine._ids = Cluster(*nodes), kinds, {}
    return engine


NO_PART = [
    (node({}, bench_slot=1.0), "cpu", "x.net has no label kind="),
    (node({"kind": "other"}, bench_slot=1.0), "cpu", "x.net has label kind=other"),
    (node({"kind": "epyc"}), "cpu", "x.net has no resource bench_slot"),
    (node({"kind": "epyc"}, bench_slot=0.5), "cpu", "x.net has resource bench_slot 0.5: less than 1"),
    (node({"kind": "epyc"}, bench_slot=1.0), "cuda", "x.net has no GPU"),
    (node({"kind": "epyc"}, bench_slot=1.0, GPU=0.5), "cuda", "x.net has no GPU"),
]


@pytest.mark.parametrize("odd, device, why", NO_PART, ids=[why for _, _, why in NO_PART])
def test_a_kind_without_a_machine_is_refused_with_why_each_takes_no_part(odd, device, why):
    plan = FleetPlan(("2.13.0",), 1, {"epyc": device}, {})
    engine = engine_of(plan.kinds, odd)
    assert engine.nodes() == []
    with pytest.raises(EngineError) as refused:
        _check_kinds(plan, engine)
    assert str(refused.value) == f"[kinds.epyc]: no machine of this kind takes part; {why}"


def test_machines_that_take_part_have_no_reason_not_to():
    cpu = node({"kind": "epyc", "name": "a"}, bench_slot=1.0)
    gpu = {**node({"kind": "h200", "name": "b"}, bench_slot=8.0, GPU=4.0), "NodeID": "m"}
    gone = {**node({"kind": "epyc", "name": "c"}, bench_slot=1.0), "Alive": False}
    kinds = {"epyc": "cpu", "h200": "cuda"}
    engine = engine_of(kinds, cpu, gpu, gone)
    assert engine.nodes() == [Node("a", "epyc", 1), Node("b", "h200", 4)] and engine.others() == []
    _check_kinds(FleetPlan(("2.13.0",), 1, kinds, {}), engine)
