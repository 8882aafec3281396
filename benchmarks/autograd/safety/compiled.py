"""The in-place variant under torch.compile, in situations of eager mode: plain, on views, with itself, overlapping.

Compiled code has no in-place ops: functionalization turns them into out-of-place ones, and writes through views into
updates of their base. Changed graph inputs are written back at its end. A backend may then write in place again.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import torch

from benchmarks.autograd.record.safety import WORKS, SafetyCell
from benchmarks.autograd.safety import situations
from benchmarks.autograd.safety.compare import compare_situations
from benchmarks.autograd.safety.refusals import Errors, NoCaseError, one_line
from benchmarks.autograd.safety.situations import Programs
from benchmarks.autograd.safety.tiny_pair import TinyPair, check_draws_nothing
from benchmarks.inputs import tensors

Leaves = list[torch.Tensor]


def plain(tiny: TinyPair, backend: str) -> SafetyCell:
    """h = x.clone(); h.op_()"""
    return _compare(tiny, situations.nonleaf_programs(tiny), backend)


def on_views(tiny: TinyPair, backend: str) -> SafetyCell:
    """A graph that writes a view of its input and a view of a tensor it makes; all bases are used afterwards.

    Results stand last: those of one variant may have no gradient, and later ones would get another upstream gradient.
    """
    check_draws_nothing(tiny)

    def body(views: Leaves, xs: Leaves) -> tuple[torch.Tensor, ...]:
        given = tensors(tiny.inplace(tiny.as_input(views)))
        bases = [torch.cat([x, x]) for x in xs]
        made = tensors(tiny.inplace(tiny.as_input([base[len(x) :] for base, x in zip(bases, xs, strict=True)])))
        return (*bases, *given, *made)

    function = _compiled(body, backend)

    def inplace(leaves: Leaves) -> tuple[torch.Tensor, ...]:
        bases = [torch.cat([t, t]) for t in leaves]
        results = function([base[: len(t)] for base, t in zip(bases, leaves, strict=True)], leaves)
        return (*bases, *results)

    def outofplace(leaves: Leaves) -> tuple[torch.Tensor, ...]:
        results = tensors(tiny.outofplace(tiny.as_input([t.clone() for t in leaves])))
        kept = [(result.to(t.dtype), t) for result, t in zip(results, leaves, strict=True)]
        first, second = [torch.cat([new, t]) for new, t in kept], [torch.cat([t, new]) for new, t in kept]
        return (*first, *second, *results, *results)

    return compare_situations(tiny, inplace, outofplace)


def with_itself(tiny: TinyPair, backend: str) -> SafetyCell:
    """h.op_(h), and h.op_(h.flip(0)), whose operand must be read before h is written.

    h is made inside the graph, with gradients; and is an input of the graph, without.
    """
    same, turned = situations.itself_programs(tiny), situations.turned_programs(tiny)
    cell = _compare(
        tiny,
        (
            lambda leaves: (*same[0](leaves), *turned[0](leaves)),
            lambda leaves: (*same[1](leaves), *turned[1](leaves)),
        ),
        backend,
    )
    if cell.status != WORKS:
        return cell
    with torch.no_grad():
        write, anew = situations.turned_programs(tiny, copy=False)
        function = _compiled(lambda *xs: write(list(xs)), backend)
        given = compare_situations(tiny, lambda leaves: function(*(t.detach() for t in leaves)), anew)
    return cell if given.status == WORKS else replace(given, text=f"given to it, without gradients: {given.text}")


def on_overlap(tiny: TinyPair, backend: str) -> SafetyCell:
    """A view whose elements overlap."""
    return _compare(*situations.overlapping_programs(tiny), backend=backend)


def _compare(tiny: TinyPair, programs: Programs, backend: str) -> SafetyCell:
    """The first program compiled, compared with the second in eager mode."""
    check_draws_nothing(tiny)
    inplace, expected = programs
    function = _compiled(lambda *xs: inplace(list(xs)), backend)
    return compare_situations(tiny, lambda leaves: function(*leaves), expected)


def _compiled(body: Callable[..., Sequence[torch.Tensor]], backend: str) -> Callable[..., Sequence[torch.Tensor]]:
    torch._dynamo.reset()
    try:
        return torch.compile(body, backend=backend)
    except Errors as error:  # for example a Python that it does not support yet
        raise NoCaseError(f"torch.compile fails here: {one_line(error)}") from error
