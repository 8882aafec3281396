"""Ceilings: which bytes, which threads, and which of the rounds, on an invented clock; and once for real."""

from types import SimpleNamespace

import pytest
import torch

from benchmarks.measure import ceilings
from benchmarks.measure.clock import Round, calls_to_fill


class ScriptedClock:
    """Runs every call, and says that it took what the script says (the last entry from then on)."""

    round_s = 1e-4

    def __init__(self, *seconds):
        self.script = list(seconds)
        self.calls, self.threads = [], set()

    def prepare(self, subjects, phase):
        (subject,) = subjects.values()
        self.round(subject, phase, 1)
        return calls_to_fill(self.round_s, self.round(subject, phase, 1).seconds, most=8)

    def round(self, subject, phase, calls):
        assert phase == "inference"
        assert not torch.is_grad_enabled()
        for _ in range(calls):
            x = subject.restore()
            assert subject.call(x) is x
        self.calls.append(calls)
        self.threads.add(torch.get_num_threads())
        return Round(self.script.pop(0) if len(self.script) > 1 else self.script[0])


@pytest.fixture
def clock(monkeypatch):
    def use(*seconds):
        made = ScriptedClock(*seconds)
        monkeypatch.setattr(ceilings, "make_clock", lambda device: made)
        return made

    return use


def test_bytes_read_and_written_over_time(clock):
    clock(0.001)
    assert ceilings.measure_ceiling("cpu", 1, 4096) == {
        "device": "cpu",
        "threads": 1,
        "tensor_bytes": 4096,
        "copy_bytes_per_s": pytest.approx(8192 / 0.001),
        "inplace_write_bytes_per_s": pytest.approx(8192 / 0.001),
    }


@pytest.mark.parametrize("threads", [1, 2])
def test_threads_hold_for_the_measurement_alone(clock, threads):
    before = torch.get_num_threads()
    made = clock(0.001)
    ceilings.measure_ceiling("cpu", threads, 64)
    assert made.threads == {threads}
    assert torch.get_num_threads() == before


@pytest.mark.parametrize(
    "call_s, calls, rounds",
    [(1e-6, 8, ceilings.MOST), (5e-5, 2, ceilings.MOST), (1e-3, 1, 20), (1.0, 1, ceilings.FEWEST)],
)
def test_short_calls_share_a_round_and_slow_ones_have_few(clock, call_s, calls, rounds):
    made = clock(call_s)
    ceilings.measure_floor("cpu")
    assert made.calls == [1, 1] + rounds * [calls]


def test_the_best_group_counts_by_its_median(clock):
    # Two of warm-up, then 12 rounds, as many as the first of them says: a group of 5 and one of 7.
    first, second = [ceilings.BUDGET_S / 12, 0.3, 0.3, 0.3, 0.9], [0.2, 0.2, 0.2, 0.2, 0.9, 0.9, 0.001]
    clock(9.0, 9.0, *first, *second)
    assert ceilings.measure_floor("cpu") == 0.2


def test_no_time_at_all_is_no_infinite_speed(clock):
    clock(-1e-9)
    assert ceilings.measure_ceiling("cpu", 1, 4)["copy_bytes_per_s"] == pytest.approx(8 / 1e-9)


def test_for_real():
    row = ceilings.measure_ceiling("cpu", 1, 2**16)
    assert row["copy_bytes_per_s"] > 0 < row["inplace_write_bytes_per_s"]
    assert ceilings.measure_floor("cpu") > 0


def test_the_threads_of_a_cpu_are_no_matter_of_a_gpu():
    before = torch.get_num_threads()
    with ceilings._threads("cuda:0", before + 1):
        assert torch.get_num_threads() == before


def test_a_gpus_ceiling_is_of_a_copy_per_call_as_an_ops_input_is(monkeypatch):
    """On the CPU every call gets the same, warm tensor; on a GPU a round prepares one for each, as it does of an op."""
    x = torch.ones(4)
    assert ceilings._subject(x, torch.neg).restore() is x
    on_gpu = SimpleNamespace(device=torch.device("cuda:0"), clone=x.clone)
    restored = ceilings._subject(on_gpu, torch.neg).restore()
    assert restored is not x and torch.equal(restored, x)
