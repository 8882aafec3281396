"""What a trial alone forbids names the op that shows why: one that gets other values, is missing, or raised."""

import textwrap

import pytest

from benchmarks.advise.user.question import NEVER, Reader
from benchmarks.advise.verdicts.first_difference import OpReads, first_difference
from tests.advise.asked import advised, decision_on


def reads(*calls):
    """`calls`: (name of an op, line, number there, what it reads)."""
    made = OpReads()
    for op, line, number, content in calls:
        made.contents[op, "a.py", line, number] = (str(content),)
        made.readers[op, "a.py", line, number] = Reader(op, "a.py", line)
    return made


MORE = (("relu", 2, 1, 8), ("sum", 3, 1, 9), ("sum", 3, 2, 9))
BEFORE = reads(("mul", 1, 1, 7), *MORE)
OTHER_VALUES = "gets other values then"


@pytest.mark.parametrize(
    "after, did, line",
    [
        (BEFORE, None, 0),
        (reads(("mul", 1, 1, 7), ("relu", 2, 1, 8), ("sum", 3, 1, 9), ("sum", 3, 2, 5)), OTHER_VALUES, 3),
        (reads(("mul", 1, 1, 6), ("relu", 2, 1, 5), ("sum", 3, 1, 9), ("sum", 3, 2, 5)), OTHER_VALUES, 1),
        (reads(("copy", 1, 1, 7), ("relu", 2, 1, 8), ("sum", 3, 1, 9)), "is not called then", 3),  # 1 is its own line
        (reads(("mul", 1, 1, 7), ("sum", 3, 1, 9), ("sum", 3, 2, 9)), "is not called then", 2),
        (reads(("mul", 1, 1, 7), ("exp", 2, 1, 8), ("sum", 3, 1, 5), ("sum", 3, 2, 9)), "is called then", 2),
    ],
)
def test_the_first_op_that_gets_other_values_or_is_called_in_one_case_alone(after, did, line):
    found = first_difference(BEFORE, after, {("a.py", 1)})
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
@pytest.mark.parametrize(
    "lines, expression, line",
    [
        (("n = 3.0 if b is a else 1.0", "c = b * n", "return c.sum()"), "a.relu()", 12),
        (("if b is a:", "    b = b - 1", "return b.sum()"), "a.relu()", 12),
        (("k = 2 if b is a else 1", "c = b.roll(k)", "return c.cumsum(0)"), "a.relu()", 12),
    ],
    ids=["number", "missing", "option"],
)
def test_a_switch_that_python_sees_names_the_first_op_after_it_that_differs(tmp_path, lines, expression, line):
    body = textwrap.indent("\n".join(lines), "        ")
    answer = advised(
        tmp_path,
        f"""
def make():
    x = torch.randn(4096)
    def step():
        a = x * 2
        b = a.relu()
{body}
    return step
""",
    )
    decision = decision_on(answer, expression)
    assert decision["verdict"] == NEVER, decision
    assert decision["reason"].startswith("tried, it changes what execution 1 returned; "), decision["reason"]
    assert decision["saver"]["line"] == line, decision["reason"]
