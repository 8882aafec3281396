"""Verdicts under a graph: what autograd saves, custom functions, hooks, checkpoints, flags of modules, steps."""

import pytest
import torch

from benchmarks.advise.user.question import DO, LEAVE, MAY, NEVER
from tests.advise.asked import advised, decision_on, verdicts

pytestmark = pytest.mark.slow

TRAINING = """
class Scale(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * 2
    @staticmethod
    def backward(ctx, g):
        return g * 2

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b, self.act = nn.Linear(32, 64), nn.Linear(64, 32), {act}
    def forward(self, x):
{body}

def make():
    torch.manual_seed(0)
    net, x = Net(), torch.randn(256, 32)
    optimizer = torch.optim.SGD(net.parameters(), lr=1e-4)
    def step():
        optimizer.zero_grad()
        loss = net(x).square().sum()
        loss.backward()
        optimizer.step()
        return loss.item()
    return step
"""


def training(tmp_path, body, act="nn.ReLU()"):
    lines = "\n".join("        " + line for line in body.split("\n"))
    return advised(tmp_path, TRAINING.format(body=lines, act=act))


def test_what_saves_its_result_for_backward_forbids_to_write_it(tmp_path):
    decision = decision_on(training(tmp_path, "h = self.a(x).sigmoid()\nreturn self.b(h + 1)"), "h + 1")
    assert decision["verdict"] == NEVER
    assert decision["saver"]["op"] == "backward of sigmoid"
    assert decision["saver"]["line"] == decision["line"] - 1


def test_an_activation_that_keeps_its_result_alone_in_place(tmp_path):
    answer = training(tmp_path, "return self.b(self.act(self.a(x)))", "nn.LeakyReLU()")
    decision = decision_on(answer, "nn.LeakyReLU()")
    assert (decision["verdict"], decision["modules"], decision["kind"]) == (DO, ["act"], "flag")
    assert "nn.LeakyReLU(inplace=True)" in answer["patch"]
    assert answer["before"]["held_bytes"] - answer["after"]["held_bytes"] == 256 * 64 * 4


def test_a_second_backward_reads_what_the_first_one_does(tmp_path):
    text = """
    def make():
        torch.manual_seed(0)
        net, act = nn.Linear(32, 64), nn.LeakyReLU()
        def step():
            x = torch.randn(256, 32, requires_grad=True)
            h = act(net(x))
            (slope,) = torch.autograd.grad(h.sum(), x, create_graph=True)
            del h
            slope.square().sum().backward()
            return [p.grad for p in net.parameters()]
        return step
    """
    assert decision_on(advised(tmp_path, text), "nn.LeakyReLU()")["verdict"] in (DO, LEAVE)


def test_an_activation_whose_gradient_differs_in_the_last_digits_is_at_most_may(tmp_path):
    decision = decision_on(training(tmp_path, "return self.b(self.act(self.a(x)))", "nn.ELU()"), "nn.ELU()")
    assert decision["verdict"] == MAY
    assert "last digits" in decision["warning"]


def test_an_activation_that_torch_would_copy_for_is_left(tmp_path):
    decision = decision_on(training(tmp_path, "return self.b(self.act(self.a(x)))", "nn.SiLU()"), "nn.SiLU()")
    assert decision["verdict"] == LEAVE
    assert "copy" in decision["reason"]


@pytest.mark.parametrize("keeps", ["self.kept = h", "h.register_hook(lambda g, h=h: g * h)"])
def test_what_keeps_a_module_input_forbids_its_flag(tmp_path, keeps):
    answer = training(tmp_path, f"h = self.a(x)\n{keeps}\nreturn self.b(self.act(h))", "nn.LeakyReLU()")
    assert decision_on(answer, "nn.LeakyReLU()")["verdict"] == NEVER


def test_a_module_whose_input_can_be_read_on_a_branch_not_seen(tmp_path):
    body = "h = self.a(x)\ny = self.act(h)\nif y.isnan().any():\n    return h\nreturn self.b(y)"
    assert decision_on(training(tmp_path, body, "nn.LeakyReLU()"), "nn.LeakyReLU()")["verdict"] in (MAY, LEAVE)


def test_a_module_first_in_a_sequence_gets_what_is_read_outside(tmp_path):
    answer = training(tmp_path, "h = self.a(x)\nreturn self.b(self.act(h) + h)", "nn.Sequential(nn.LeakyReLU())")
    assert decision_on(answer, "nn.LeakyReLU()")["verdict"] == NEVER


def test_arguments_of_custom_functions_are_not_written(tmp_path):
    call = "return self.b(Scale.apply(self.a(x)))"
    answer = training(tmp_path, call)
    text = (tmp_path / "program.py").read_text(encoding="utf-8")
    line = 1 + next(at for at, each in enumerate(text.splitlines()) if call in each)
    for site, of in (("x * 2", "Scale"), ("g * 2", "backward of Scale")):
        decision = decision_on(answer, site)
        assert (decision["verdict"], decision["saver"]["line"]) == (NEVER, line)
        assert decision["reason"].endswith(f": {of} at program.py:{line}")


def test_what_torch_refuses_to_write_is_told_with_the_line_that_made_it(tmp_path):
    body = "h = self.a(x)\nv = torch.rand(64)\nw = v.expand(256, 64)\nreturn self.b(h + w * 2)"
    decision = decision_on(training(tmp_path, body), "w * 2")
    assert (decision["verdict"], decision["saver"]["op"]) == (NEVER, "rand")
    assert decision["saver"]["line"] == decision["line"] - 2
    assert f"its memory was made by rand at program.py:{decision['line'] - 2}" in decision["reason"]


def test_what_a_custom_function_saves_is_named_by_its_call(tmp_path):
    body = "        h = self.a(x) * 2\n        y = Scale.apply(h)\n        return self.b((h + 1) + y)"
    text = TRAINING.format(body=body, act="nn.ReLU()").replace("return g * 2", "return g * ctx.saved_tensors[0]")
    decision = decision_on(advised(tmp_path, text), "h + 1")
    assert (decision["verdict"], decision["saver"]["line"]) == (NEVER, decision["line"] - 1)


def test_no_trial_where_only_the_watched_step_sums_gradients_out_of_place(tmp_path):
    text = """
    def make():
        w = torch.rand(4096, requires_grad=True)
        def step():
            h = (w * 2).exp()
            (h * 2).sum().add((h * 3).sum()).backward()
            return w.grad.sum().item()
        return step
    """
    answer = advised(tmp_path, text)
    assert verdicts(answer)["(w * 2).exp()"] == LEAVE
    of_old = torch.__version__.startswith("2.6.")  # which frees some operands later while they are watched
    assert answer["runs"] == (3 if of_old else 2)  # as it is, and watched


def test_what_a_checkpoint_runs_again(tmp_path):
    body = (
        "from torch.utils.checkpoint import checkpoint\n"
        "h = self.a(x)\n"
        "f = lambda t: self.b(t.exp() + 1)\n"
        "return checkpoint(f, h, use_reentrant=False)"
    )
    assert verdicts(training(tmp_path, body))["t.exp() + 1"] == NEVER  # exp keeps its result


def test_an_argument_is_at_most_may(tmp_path):
    text = """
    def plus(h):
        return h + 1
    def make():
        x = torch.rand(4096)
        @torch.no_grad()
        def step():
            return plus(x.exp()).sin()
        return step
    """
    decision = decision_on(advised(tmp_path, text), "h + 1")
    assert (decision["verdict"], decision["level"]) == (MAY, "argument")
    assert decision["peak_bytes_saved"] > 0 and decision["warning"]


def test_a_step_that_differs_from_time_to_time_proves_nothing(tmp_path):
    text = """
    import itertools, os
    def make():
        x = torch.rand(4096)
        def step():
            return (x.exp() + int.from_bytes(os.urandom(2), "big")).sin()
        return step
    """
    answer = advised(tmp_path, text)
    assert answer["differs"] == "what execution 1 returned"
    assert DO not in verdicts(answer).values()


def test_what_an_earlier_execution_made_is_not_written(tmp_path):
    text = """
    def make():
        state = {"h": torch.rand(4096)}
        @torch.no_grad()
        def step():
            h = state.pop("h")
            state["h"] = (h + 1).sin()
            return float(state["h"].sum())
        return step
    """
    assert verdicts(advised(tmp_path, text, repeats=3))["h + 1"] == NEVER
