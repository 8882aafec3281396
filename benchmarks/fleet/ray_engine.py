"""A Ray cluster as a fleet. Ray starts shards at their places and reports what is lost; it measures nothing.

A node takes part if it has a label `kind` and the resource `bench_slot`: 1, or as many as it has GPUs. Each shard holds
one of these, so that no two shards, also of two fleets, are at one place. A node's name is its label `name`, or else
the name of its host. If two nodes have one name, one of them takes part.
"""

import contextlib
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from benchmarks.fleet.fleet_engine import EngineError, Report, ShardTask
from benchmarks.fleet.schedule import FAILED, LOST, Node, Try
from benchmarks.fleet.shard_on_node import measure_shard
from benchmarks.fleet.suite_process import SUITE
from benchmarks.record.reason import filled_lines

SLOT = "bench_slot"
NAMESPACE, MARK = "inplace-benchmarks", "fleet"
#: How long a fleet that was killed may still hold the cluster.
HELD_S = 30.0
#: Files of a checkout that machines do not need. Ray sends them all others.
NOT_SENT = ["results", "tests", ".git", ".github", ".ci", ".venv", ".venvs", "**/__pycache__"]


def _measure(task: ShardTask) -> Iterator[Report]:
    """Measure a shard in a Ray worker, which ends after it."""
    import ray  # pyright: ignore[reportMissingImports]  # optional

    if task.slot != "cpu":
        task = replace(task, slot=f"gpu{ray.get_gpu_ids()[0]}")
    yield from measure_shard(task)


def why_no_part(node: Mapping[str, Any], kinds: Mapping[str, str]) -> str:
    """Return why a node of `ray.nodes()` takes no part in a plan of these kinds (device by kind); "" if it does."""
    kind, has, host = (node.get("Labels") or {}).get("kind", ""), node["Resources"], node["NodeManagerHostname"]
    if kind not in kinds:
        return f"{host} has label kind={kind}" if kind else f"{host} has no label kind="
    if has.get(SLOT, 0) < 1:
        return (
            f"{host} has resource {SLOT} {has[SLOT]:g}: less than 1"
            if has.get(SLOT)
            else f"{host} has no resource {SLOT}"
        )
    if kinds[kind] == "cuda" and has.get("GPU", 0) < 1:
        return f"{host} has no GPU"
    return ""


class _Mark:
    """An actor with a unique name, held by the one fleet of a cluster. It ends with that fleet."""

    def whose(self) -> str:
        return ""


class RayEngine:
    """Measures shards on the nodes of a cluster. EngineError if the cluster cannot be used.

    `kinds`: device by kind of machine.
    """

    def __init__(self, address: str, kinds: Mapping[str, str]) -> None:
        self._kinds = kinds
        self._ray = _connected(address)
        self._running: dict[Any, Try] = {}  #: by Ray's generator of reports
        self._ids: dict[str, str] = {}  #: Ray's number of a node by its name
        self._mark = self._only_fleet()
        self._task = self._ray.remote(max_retries=0, max_calls=1, num_cpus=0)(_measure)

    def nodes(self) -> Sequence[Node]:
        """Return the nodes that are alive, and have a kind of this plan and a slot."""
        nodes = {}
        for node in self._alive():
            if why_no_part(node, self._kinds):
                continue
            labels, has = node["Labels"], node["Resources"]
            kind = labels["kind"]
            slots = 1 if self._kinds[kind] == "cpu" else int(has["GPU"])
            name = labels.get("name") or node["NodeManagerHostname"].split(".")[0]
            if name in nodes and self._ids.get(name) != node["NodeID"]:
                continue  # a lost node that Ray still counts as alive: the new one takes part once it is gone
            nodes[name] = (Node(name, kind, min(slots, int(has[SLOT]))), node["NodeID"])
        self._ids = {name: number for name, (_, number) in nodes.items()}
        return [nodes[name][0] for name in sorted(nodes)]

    def others(self) -> Sequence[str]:
        """See `Engine`."""
        return [why for node in self._alive() if (why := why_no_part(node, self._kinds))]

    def begin(self, begun: Try, task: ShardTask) -> None:
        """Begin a shard on its node."""
        strategy = self._ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(
            self._ids[begun.node], soft=False
        )
        generator = self._task.options(
            num_returns="streaming",
            scheduling_strategy=strategy,
            resources={SLOT: 1},
            num_gpus=0 if task.device == "cpu" else 1,
            name=f"{task.run} {task.shard}",
        ).remote(task)
        self._running[generator] = begun

    def reports(self, limit_s: float) -> list[tuple[Try, Report]]:
        """Return new reports, as `Engine.reports` says."""
        if not self._running:
            return []
        found, wait_s = [], limit_s
        while ready := self._ray.wait(list(self._running), num_returns=1, timeout=wait_s, fetch_local=False)[0]:
            wait_s = 0.0
            for generator in ready:
                report = self._next(generator)
                found.append((self._running[generator], report))
                if report.how:
                    del self._running[generator]
            if not self._running:
                break
        return found

    def _alive(self) -> list[Mapping[str, Any]]:
        return [node for node in self._ray.nodes() if node["Alive"] and node["NodeManagerHostname"] is not None]

    def close(self) -> None:
        """End every worker of this fleet. Its process of the suite stores its state and ends too."""
        self._ray.shutdown()

    def _next(self, generator: Any) -> Report:
        try:
            return self._ray.get(next(generator))
        except StopIteration:
            return Report("its worker ended without a result", LOST)
        except self._ray.exceptions.RayTaskError as error:  # raised by this suite's code: no machine was lost
            return Report(f"{type(error.cause).__name__}: {error.cause}"[:300], FAILED)
        except self._ray.exceptions.RayError as error:
            lines = filled_lines(error) or [""]
            return Report(f"{type(error).__name__}: {lines[0][:200]}", LOST)

    def _only_fleet(self) -> Any:
        """Mark the cluster as in use, and return the mark. EngineError if another fleet uses it."""
        ends = time.monotonic() + HELD_S
        while True:
            with contextlib.suppress(ValueError):  # the name is taken
                options = {"name": MARK, "namespace": NAMESPACE, "num_cpus": 0, "max_restarts": -1}
                mark = self._ray.remote(_Mark).options(**options).remote()
                self._ray.get(mark.whose.remote(), timeout=HELD_S)
                return mark
            if time.monotonic() > ends:
                self._ray.shutdown()
                raise EngineError("another fleet is at work on this cluster; wait for it or stop it")
            time.sleep(0.5)


def _connected(address: str) -> Any:
    """Return the module `ray`, connected to a cluster. EngineError if Ray is not installed or cannot connect."""
    try:
        import ray  # pyright: ignore[reportMissingImports]  # optional
        import ray.util.scheduling_strategies  # pyright: ignore[reportMissingImports]  # optional
    except ImportError:
        raise EngineError("--address needs Ray in this environment: pip install '.[fleet]'") from None
    before = signal.getsignal(signal.SIGTERM)
    sent = {"working_dir": str(SUITE), "excludes": NOT_SENT}
    settings = {"log_to_driver": False, "logging_level": "ERROR", "runtime_env": sent}
    try:
        ray.init(address=address, namespace=NAMESPACE, **settings)
    except (ConnectionError, OSError, RuntimeError, ValueError) as error:  # RuntimeError: another version of Ray
        lines = filled_lines(error)
        raise EngineError(f"--address {address}: {' '.join(lines)[:300]}") from None
    finally:
        signal.signal(signal.SIGTERM, before)  # Ray's own would end this process before the last lines are printed
    return ray
