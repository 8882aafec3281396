"""The recorder: who made, read, wrote and saved each storage, where, when, and how long it lived."""

import sys
from contextlib import contextmanager

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.checkpoint import checkpoint

from benchmarks.explain.source import line_at
from benchmarks.tracking.lives import BACKWARD, FORWARD, UPDATE
from benchmarks.tracking.recorder import Recorder


def recorded(program, **settings):
    recorder = Recorder(**settings)
    with recorder.recording():
        kept = program()
    return recorder, kept


def made_by(recorder, op):
    return [life for life in recorder.lives if life.made_by is not None and life.made_by.name == op]


def names(calls):
    return [call.name for call in calls]


def test_a_storage_is_made_read_written_and_saved():
    def program():
        x = torch.ones(4, requires_grad=True)
        y = (x * 3).exp()
        loss = y.mul(2).add_(1).sum()
        loss.backward()
        return x

    recorder, _ = recorded(program)
    (y,) = made_by(recorder, "exp")
    assert names(y.reads) == ["mul", "mul"] and y.reads[1].region == BACKWARD
    assert (y.reads[1].node, y.reads[1].forward.name) == ("ExpBackward0", "exp")
    (save,) = y.saves
    assert (save.op, save.is_result, save.shape, save.version) == ("aten::exp", True, (4,), 0)
    assert [call.node for call in save.unpacked] == ["ExpBackward0"] and not save.writes
    assert line_at(save.site) == "y = (x * 3).exp()"
    doubled = made_by(recorder, "mul")[1]
    assert [write.call.name for write in doubled.writes] == ["add_"] and names(doubled.reads) == ["add_", "sum"]


def test_a_save_before_a_write_knows_it_and_one_after_it_does_not():
    def program():
        h = torch.ones(4, requires_grad=True) * 1
        before = h.sin()
        h.add_(1)
        return before, h.sin()

    recorder, _ = recorded(program)
    h = made_by(recorder, "mul")[0]
    first, second = h.saves
    assert [write.call.name for write in first.writes] == ["add_"] == [write.call.name for write in first.counted]
    assert (first.version, second.version, second.writes) == (0, 1, [])
    assert not first.is_result and first.call.name == "sin"


def test_an_address_that_serves_again_is_another_storage():
    def program():
        for _ in range(3):
            torch.ones(1000).add_(1)  # let go at once: the next lies in its place

    recorder, _ = recorded(program)
    lives = made_by(recorder, "ones")
    assert [len(life.writes) for life in lives] == [1, 1, 1]
    if len({life.data_ptr for life in lives}) == 3:
        pytest.skip("this allocator gave no address twice")


def test_a_storage_lives_as_long_as_anybody_holds_it():
    def program():
        x = torch.ones(4, requires_grad=True)
        y = (x * 3).exp()
        z = y.sum()
        del y  # the graph holds it
        (x * 5).sum()
        z.backward()
        return x * 7

    recorder, kept = recorded(program)
    (y,) = made_by(recorder, "exp")
    passing = made_by(recorder, "mul")[1]
    backward = next(call.order for call in recorder.calls if call.region == BACKWARD)
    assert passing.ended < backward < y.ended
    alive = [life for life in recorder.lives if life.is_alive and life.made_by is not None]
    assert kept.data_ptr() in {life.data_ptr for life in alive}


def test_what_was_there_before_was_made_by_nobody():
    x = torch.ones(4)
    recorder, _ = recorded(lambda: x.add_(1))
    (life,) = recorder.lives
    assert life.made_by is None and life.nbytes == 16 and len(life.writes) == 1


@pytest.mark.parametrize("reentrant", [False, True])
def test_a_recomputation_is_seen_within_backward(reentrant):
    net = nn.Sequential(nn.Linear(3, 3), nn.Tanh())

    def program():
        x = torch.ones(2, 3, requires_grad=True)
        checkpoint(net, x, use_reentrant=reentrant).sum().backward()

    recorder, _ = recorded(program)
    tanh = [call for call in recorder.calls if call.name == "tanh"]
    assert [call.region for call in tanh] == [FORWARD, BACKWARD]
    assert [call.module for call in tanh] == ["1", "1"]
    assert {line_at(call.site) for call in tanh} == {"checkpoint(net, x, use_reentrant=reentrant).sum().backward()"}


class _Doubled(torch.autograd.Function):
    @staticmethod
    def forward(context, x):
        y = x * 2
        context.save_for_backward(y)
        return y

    @staticmethod
    def backward(context, gradient):
        (y,) = context.saved_tensors
        return gradient * y


def test_a_custom_function_saves_under_its_own_name():
    recorder, _ = recorded(lambda: _Doubled.apply(torch.ones(2, requires_grad=True)).sum().backward())
    (save,) = made_by(recorder, "mul")[0].saves
    assert (save.op, save.site.function) == ("_Doubled", "forward") and "save_for_backward(y)" in line_at(save.site)
    product = made_by(recorder, "mul")[1].made_by
    assert product.region == BACKWARD and product.site.function == "backward"


def test_modules_and_updates_are_named():
    net = nn.Sequential(nn.Linear(3, 3), nn.Sequential(nn.ReLU(), nn.Linear(3, 1)))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)

    def program():
        net(torch.ones(2, 3)).sum().backward()
        optimizer.step()

    recorder, _ = recorded(program)
    assert [call.module for call in recorder.calls if call.name in ("addmm", "relu")] == ["0", "1.0", "1.1"]
    assert {call.region for call in recorder.calls if call.name == "_foreach_add_" or call.name == "add_"} == {UPDATE}


def test_a_module_that_fails_does_not_stay_on_the_stack():
    class Fails(nn.Module):
        def forward(self, x):
            raise ValueError

    def program():
        net = nn.Sequential(nn.Identity(), Fails())
        with pytest.raises(ValueError):
            net(torch.ones(1))
        return torch.ones(1) * 2

    recorder, _ = recorded(program)
    assert recorder.calls[-1].module is None and recorder.modules.failed == "1"


@pytest.mark.skipif(sys.version_info < (3, 11), reason="Python gives columns from 3.11 on")
def test_two_expressions_on_one_line_are_two_sites():
    recorder, _ = recorded(lambda: torch.ones(2).exp() + torch.ones(2).sin())
    line = line_at(recorder.calls[0].site)
    indent = recorder.calls[0].site.column - line.index("torch.ones")
    sites = {call.name: call.site for call in recorder.calls}
    cut = {name: line[site.column - indent : site.end_column - indent] for name, site in sites.items()}
    assert cut["exp"] == "torch.ones(2).exp()" and cut["sin"] == "torch.ones(2).sin()"
    assert cut["add"] == "torch.ones(2).exp() + torch.ones(2).sin()"


def test_transforms_of_torch_func_run():
    """They refuse hooks on what is saved, which the recorder takes off for them."""
    expected = torch.func.grad(lambda x: x.sin().sum())(torch.ones(3))
    _, found = recorded(lambda: torch.func.grad(lambda x: x.sin().sum())(torch.ones(3)))
    assert torch.equal(found, expected)
    _, found = recorded(lambda: torch.func.vmap(torch.func.grad(lambda x: x.sin().sum()))(torch.ones(2, 3)))
    assert torch.equal(found, torch.stack([expected, expected]))


def test_writes_of_lists_move_version_counters():
    """Below a dispatch mode torch's own loop over a list does not move them."""
    x = torch.ones(2)
    recorded(lambda: torch._foreach_add_([x], 1.0))
    assert x._version == 1


def test_memory_that_is_handed_out_is_noted():
    x = torch.ones(2)
    recorder, _ = recorded(lambda: (x.add(1), x.numpy()))
    (write,) = recorder.lives[0].writes
    assert (write.exported, write.call.op) == (True, "numpy")


def test_nothing_stays_behind():
    before = (torch.Tensor.numpy, torch.autograd.function.FunctionCtx.save_for_backward, torch.compile)
    recorded(lambda: F.relu(torch.ones(2, requires_grad=True)).sum().backward(), contents=True)
    assert before == (torch.Tensor.numpy, torch.autograd.function.FunctionCtx.save_for_backward, torch.compile)
    assert "numpy" not in vars(torch.Tensor)


def test_without_history_nothing_is_kept_of_what_ended():
    recorder, _ = recorded(lambda: [torch.ones(2) * 2 for _ in range(5)][:0], history=False)
    assert not recorder.lives and not recorder.calls and recorder.order == 10


def test_without_history_a_long_program_stays_small():
    weight = torch.ones(2)

    def program():
        for _ in range(300):
            (torch.ones(2, requires_grad=True) * weight).sum().backward()

    recorder, _ = recorded(program, history=False)
    assert len(recorder.life_of(weight).saves) <= 65


def test_an_op_runs_within_what_the_caller_puts_around_it():
    seen = []

    @contextmanager
    def around(call):
        seen.append(call.name)
        yield

    recorded(lambda: torch.ones(2).exp(), around=around)
    assert seen == ["ones", "exp"]
