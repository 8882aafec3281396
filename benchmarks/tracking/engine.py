"""What runs within the nodes of a graph, and what autograd's engine does between them: it sums gradients.

It sums in place only while no dispatch mode is on.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch.autograd import graph
from torch.utils._python_dispatch import TorchDispatchMode, _pop_mode, _push_mode


@contextmanager
def only_within_nodes(mode: TorchDispatchMode) -> Iterator[None]:
    """While backward runs inside this block, have `mode` on in each node of the graph, and off between the nodes.

    `mode` must be the innermost mode. It does not see what the engine itself does or allocates between nodes.
    """
    original: Any = graph._engine_run_backward

    def run_backward(outputs: Any, *args: Any, **kwargs: Any) -> Any:
        with around_nodes(outputs, lambda: _push_mode(mode), _leave):
            _pop_mode()
            try:
                return original(outputs, *args, **kwargs)
            finally:
                _push_mode(mode)

    with ExitStack() as stack:
        for place in (graph, torch.autograd):
            stack.enter_context(_replaced(place, run_backward))
        yield


@contextmanager
def around_nodes(outputs: Iterable[Any], enter: Callable[[], None], leave: Callable[[], None]) -> Iterator[None]:
    """Within this block, call `enter` before, and `leave` after each node that backward from `outputs` runs.

    Not for nodes that only store a gradient, nor where a node raises.
    """
    with ExitStack() as stack:
        for node in _nodes(outputs):
            stack.callback(node.register_prehook(lambda _: enter()).remove)
            stack.callback(node.register_hook(lambda *_: leave()).remove)
        yield


@contextmanager
def _replaced(place: Any, function: Callable) -> Iterator[None]:
    original = place._engine_run_backward
    place._engine_run_backward = function
    try:
        yield
    finally:
        place._engine_run_backward = original


def _leave() -> None:
    _pop_mode()


def _nodes(outputs: Iterable[Any]) -> list[Any]:
    """Return all nodes that backward from these tensors or edges may run, without those that only store a gradient."""
    waiting = [output.grad_fn if isinstance(output, torch.Tensor) else output.node for output in outputs]
    found: dict[Any, None] = {}
    while waiting:
        node = waiting.pop()
        if node is None or node in found:
            continue
        found[node] = None
        waiting += [following for following, _ in node.next_functions]
    return [node for node in found if node.name() != "torch::autograd::AccumulateGrad"]
