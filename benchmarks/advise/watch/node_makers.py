"""Which call of the user made each backward node."""

from benchmarks.advise.user.question import Reader
from benchmarks.tracking.graph_state import next_node_number, running_node

#: Backward nodes that no call of the user made, such as those that accumulate gradients, have this number or a higher.
NO_NUMBER = 2**63


class NodeMakers:
    """The calls that made backward nodes, by the numbers of the nodes."""

    def __init__(self) -> None:
        self._made: list[tuple[int, int, Reader]] = []  #: first number, end, and maker

    def note(self, first: int, end: int, caller: Reader) -> None:
        """Record that a call of the user made the backward nodes from number `first` up to before `end`."""
        if end > first:
            self._made.append((first, end, caller))

    def note_custom(self, caller: Reader) -> None:
        """Record that a call of the user made the newest node: that of a custom function, just before its `forward`."""
        newest = next_node_number() - 1
        if not any(first <= newest < end for first, end, _ in self._made[-8:]):
            self.note(newest, newest + 1, caller)

    def backward_of(self, number: int) -> Reader | None:
        """Return a backward node as the user's call that made it; None if it is not known."""
        if number < NO_NUMBER:
            for first, end, caller in reversed(self._made):
                if first <= number < end:
                    return Reader(f"backward of {caller.op}", caller.file, caller.line, caller.module)
        return None

    def running(self) -> Reader | None:
        """Return the backward node that runs, as the user's call that made it; None if none runs, or none made it."""
        node = running_node()
        return self.backward_of(node._sequence_nr()) if node is not None else None
