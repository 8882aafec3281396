"""Which shard is measured where, which is tried again, and which is given up. It has no process, no clock and no Ray.

A slot has one shard at a time, and a shard is at one place at a time. A shard whose worker was lost goes on where its
files are. If that machine is gone, the shard starts again on another of its kind. A shard that failed tries another
machine first.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

#: How a try ends. DONE: the shard is stored. FAILED: the suite could not measure it. LOST: its worker or machine is
#: gone. UNFIT: the machine cannot measure this run at all, which is no failure of the shard.
DONE, FAILED, LOST, UNFIT = "done", "failed", "lost", "unfit"
WAITING, RUNNING, GAP = "waits", "runs", "gap"

#: A shard that fails so often, on any machines, is given up.
MOST_FAILURES = 3
#: A shard that is lost so often is given up. Mostly the machines are at fault, but a shard may also crash them.
MOST_LOSSES = 20


@dataclass(frozen=True)
class Node:
    """A machine: its name, its kind, and how many shards it measures at once (1, or one per GPU)."""

    name: str
    kind: str
    slots: int = 1


@dataclass(frozen=True)
class Job:
    """One shard of one run, which is measured on one kind of machine with one version of torch."""

    run: str
    kind: str
    version: str
    device: str
    number: int  #: of the shard, from 1
    count: int

    @property
    def shard(self) -> str:
        """The shard as text, such as "2/5"."""
        return f"{self.number}/{self.count}"


@dataclass(frozen=True)
class Try:
    """A job at its place. It holds the slot until this try ends."""

    job: Job
    node: str
    slot: int
    number: int  #: of the job's tries, from 1


@dataclass
class JobState:
    """What is known about a job."""

    state: str = WAITING
    tries: int = 0
    losses: int = 0
    failed_on: list[str] = field(default_factory=list)  #: machines, one entry per failure
    unfinished_on: str | None = None  #: the machine with the files of a lost try
    running: Try | None = None
    reason: str = ""  #: of the last failure, or why it is a gap
    stored: bool = False  #: whether its shard is kept, also if a try still runs


class Schedule:
    """The state of all jobs. `starts` begins tries, `end` ends them."""

    def __init__(self, jobs: Iterable[Job], done: Collection[Job] = ()) -> None:
        self.jobs = {job: JobState(DONE if job in done else WAITING) for job in jobs}
        self._unfit: dict[tuple[str, str], str] = {}  #: reason by run and machine

    @property
    def finished(self) -> bool:
        """Whether every job is stored or given up."""
        return all(state.state in (DONE, GAP) for state in self.jobs.values())

    @property
    def running(self) -> list[Try]:
        """The tries that have not ended."""
        return [state.running for state in self.jobs.values() if state.running]

    def gaps(self, run: str) -> dict[int, str]:
        """Return number and reason of the shards of a run that were given up."""
        return {job.number: state.reason for job, state in self.jobs.items() if job.run == run and state.state == GAP}

    def starts(self, nodes: Sequence[Node]) -> list[Try]:
        """Return the tries to begin now on free slots of these machines. They count as running from now on."""
        self._give_up_where_all_are_unfit(nodes)
        taken = {(each.node, each.slot) for each in self.running}
        begun = []
        for node in nodes:
            for slot in range(node.slots):
                job = None if (node.name, slot) in taken else self._best(node, nodes)
                if job is None:
                    continue
                state = self.jobs[job]
                state.tries += 1
                state.state, state.running = RUNNING, Try(job, node.name, slot, state.tries)
                begun.append(state.running)
        return begun

    def end(self, ended: Try, how: str, reason: str = "") -> bool:
        """End a try, and return True. If the job does not run this try any more, change nothing and return False."""
        state = self.jobs[ended.job]
        if state.running != ended:
            return False
        state.state, state.running, state.unfinished_on = WAITING, None, None
        if how == DONE:
            state.state, state.reason = DONE, ""
            return True
        state.reason = f"{reason} (on {ended.node})"
        if how == LOST:
            state.losses += 1
            state.unfinished_on = ended.node
        elif how == FAILED:
            state.failed_on.append(ended.node)
        else:
            self._unfit[ended.job.run, ended.node] = reason
        if state.stored:
            state.state, state.reason = DONE, ""
        elif len(state.failed_on) >= MOST_FAILURES or state.losses >= MOST_LOSSES:
            state.state = GAP
        return True

    def note_stored(self, job: Job) -> None:
        """Note that a shard is kept. It may come from a try that counted as lost; a running try keeps its slot."""
        state = self.jobs[job]
        state.stored = True
        if state.running is None:
            state.state, state.reason = DONE, ""

    def lose_all_but(self, nodes: Collection[Node]) -> list[Try]:
        """End as lost the tries on machines that are not among `nodes`, and return these tries."""
        alive = {node.name for node in nodes}
        lost = [each for each in self.running if each.node not in alive]
        for each in lost:
            self.end(each, LOST, "its machine is gone")
        return lost

    def without_machine(self, nodes: Sequence[Node]) -> list[Job]:
        """Return the jobs that wait while there is no machine of their kind."""
        kinds = {node.kind for node in nodes}
        return [job for job, state in self.jobs.items() if state.state == WAITING and job.kind not in kinds]

    def give_up(self, job: Job, reason: str) -> None:
        """Make a waiting job a gap."""
        state = self.jobs[job]
        if state.state == WAITING:
            state.state, state.reason = GAP, reason

    def _best(self, node: Node, nodes: Sequence[Node]) -> Job | None:
        """Return the best job for this machine: first one whose files it has, then one that failed least; or None."""
        candidates = [job for job, state in self.jobs.items() if state.state == WAITING and self._may(job, node, nodes)]
        return min(candidates, key=lambda job: self._rank(job, node), default=None)

    def _rank(self, job: Job, node: Node) -> tuple[bool, int]:
        state = self.jobs[job]
        return state.unfinished_on != node.name, len(state.failed_on)

    def _may(self, job: Job, node: Node, nodes: Sequence[Node]) -> bool:
        if not self._fits(job, node):  # first: most jobs of a large fleet are for other kinds
            return False
        state = self.jobs[job]
        like = [each.name for each in nodes if self._fits(job, each)]
        if state.unfinished_on in like:
            return state.unfinished_on == node.name
        untried = [name for name in like if name not in state.failed_on]
        return node.name in untried or not untried

    def _fits(self, job: Job, node: Node) -> bool:
        return node.kind == job.kind and (job.run, node.name) not in self._unfit

    def _give_up_where_all_are_unfit(self, nodes: Sequence[Node]) -> None:
        if not self._unfit:
            return
        for job, state in self.jobs.items():
            like = [node for node in nodes if node.kind == job.kind]
            if state.state == WAITING and like and not any(self._fits(job, node) for node in like):
                first = like[0].name
                self.give_up(job, f"{self._unfit[job.run, first]} (on {first})")
