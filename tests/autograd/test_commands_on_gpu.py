"""`python -m benchmarks claims` and `hazards` on a simulated GPU: its name, and what a lost one ends."""

import pytest

from benchmarks.autograd import commands
from benchmarks.autograd.record import files
from benchmarks.cli import main
from tests.autograd import invented
from tests.measure.clocked import install
from tests.measure.simulated_gpu import LOST_TEXT, SimulatedGpu


@pytest.fixture
def gpu(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    return install(monkeypatch, SimulatedGpu(cards=2))


@pytest.fixture
def declared(monkeypatch, gpu):
    """Two claims and two hazards; the first of each loses its device where a test says so."""
    loses = []

    def first(_):
        gpu.lost = gpu.lost or bool(loses)
        return invented.right(_)

    def first_claim(setting):
        first(setting)
        return ()

    hazards = (invented.hazard(first), invented.hazard(invented.lies))
    claims = (invented.claim(first_claim, "first"), invented.claim(first_claim, "second"))
    monkeypatch.setattr(commands, "HAZARDS", hazards)
    monkeypatch.setattr(commands, "CLAIMS", claims)
    return loses


@pytest.mark.parametrize("command", ["claims", "hazards"])
def test_what_is_found_is_stored_under_the_cards_name(declared, tmp_path, command):
    assert main([command, "--device", "cuda:1", "--out", str(tmp_path / "out")]) == 0
    (stored,) = [files.read(path) for path in (tmp_path / "out").glob("*.json")]
    assert (stored.device, stored.device_name) == ("cuda:1", "Simulated 1") and len(stored.rows) == 2


@pytest.mark.parametrize("command", ["claims", "hazards"])
def test_a_lost_device_ends_the_command_and_no_row_blames_torch(declared, tmp_path, capsys, command):
    """Each later program would raise, which a hazard's row would call torch's refusal."""
    declared.append("loses")
    assert main([command, "--device", "cuda", "--out", str(tmp_path / "out")]) == 1
    out, err = capsys.readouterr()
    assert err == f"cuda:0: the device is lost: {LOST_TEXT}, by first; leave it out, by naming the others\n"
    assert "lies" not in out and not list((tmp_path / "out").glob("*.json"))
