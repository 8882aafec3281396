"""What a trial alone forbids names the op that shows why: one that reads something else, is missing, or raised."""

import pytest

from benchmarks.advise.user.question import DO, MAY, NEVER, Reader
from benchmarks.advise.verdicts.first_difference import OpReads, first_difference
from tests.advise.asked import advised, decision_on


def reads(*calls):
    """`calls`: (name of an op, line, number there, checksum of what it reads)."""
    made = OpReads()
    for op, line, number, content in calls:
        made.contents[op, "a.py", line, number] = (content,)
        made.readers[op, "a.py", line, number] = Reader(op, "a.py", line)
    return made


MORE = (("relu", 2, 1, 8), ("sum", 3, 1, 9), ("sum", 3, 2, 9))
BEFORE = reads(("mul", 1, 1, 7), *MORE)
READS_ELSE = "reads something else then"


@pytest.mark.parametrize(
    "after, did, line",
    [
        (BEFORE, None, 0),
        (reads(("mul", 1, 1, 7), ("relu", 2, 1, 8), ("sum", 3, 1, 9), ("sum", 3, 2, 5)), READS_ELSE, 3),
        (reads(("mul", 1, 1, 6), ("relu", 2, 1, 5), ("sum", 3, 1, 9), ("sum", 3, 2, 5)), READS_ELSE, 1),
        (reads(("copy", 1, 1, 7), ("relu", 2, 1, 8), ("sum", 3, 1, 9)), "is not called then", 1),
        (reads(("mul", 1, 1, 7), ("sum", 3, 1, 9), ("sum", 3, 2, 9)), "is not called then", 2),
        (reads(("relu", 2, 1, 8), ("sum", 3, 1, 9)), "is not called then", 3),  # a line whose ops are called otherwise
        (reads(("mul", 1, 1, 7), ("mul", 1, 2, 7), *MORE), "is called then", 1),
    ],
)
def test_the_first_op_that_reads_something_else_comes_first_then_one_that_is_missing(after, did, line):
    found = first_difference(BEFORE, after)
    assert found is None if did is None else found is not None and (found[0], found[1].line) == (did, line)


@pytest.mark.slow
def test_gradients_that_are_skipped_name_the_update(tmp_path):
    answer = advised(
        tmp_path,
        """
        def make():
            torch.manual_seed(0)
            net, other = nn.Linear(64, 64), nn.Linear(64, 64)
            x = torch.randn(4, 64)
            optimizer = torch.optim.SGD([*net.parameters(), *other.parameters()], 0.1, weight_decay=0.1)
            for each in other.parameters():
                each.grad = torch.zeros_like(each)
            def step():
                optimizer.zero_grad(set_to_none=False)
                loss = net(x).square().sum()
                loss.backward()
                optimizer.step()
                return loss.detach()
            return step
        """,
        repeats=2,
    )
    decision = decision_on(answer, "optimizer.zero_grad(set_to_none=False)")
    assert decision["verdict"] == NEVER, decision
    assert decision["reason"].startswith("tried, it changes ") and "program.py:17" in decision["reason"]
    assert decision["saver"]["line"] == 17  # optimizer.step()


@pytest.mark.slow
def test_a_step_that_looks_at_identities_names_the_line_that_raised(tmp_path):
    answer = advised(
        tmp_path,
        """
        def make():
            x = torch.randn(4096)
            def step():
                a = x * 2
                b = a.relu()
                if b is a:
                    raise ValueError("the same object")
                return b.sum()
            return step
        """,
    )
    decision = decision_on(answer, "a.relu()")
    assert decision["verdict"] == NEVER, decision
    assert decision["reason"] == "tried, ValueError: the same object; it raised at program.py:12"
    assert decision["saver"]["line"] == 12


@pytest.mark.slow
def test_memory_that_was_there_before_the_step_names_the_line_that_made_it(tmp_path):
    answer = advised(
        tmp_path,
        """
        def make():
            net = nn.Linear(64, 64)
            g, h = torch.randn(64, 64), torch.randn(64, 64)
            def step():
                with torch.no_grad():
                    return h.relu(), net.weight.neg(), (g * 2).exp()
            return step
        """,
    )
    for expression, line, op in (("h.relu()", 8, "randn"), ("net.weight.neg()", 7, "empty")):
        decision = decision_on(answer, expression)
        assert decision["verdict"] == NEVER and f"{op} at program.py:{line}" in decision["reason"], decision
        assert decision["saver"]["line"] == line
    assert decision_on(answer, "(g * 2).exp()")["verdict"] in (DO, MAY)
