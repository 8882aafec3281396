"""What option texts mean, and one line that names the option for each that means nothing."""

import warnings
from pathlib import Path

import psutil
import pytest
import torch

from benchmarks.planning.options import OPTIONS, OptionError, resolve
from benchmarks.planning.presets import PRESETS


@pytest.fixture
def gpus(monkeypatch):
    def have(count):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: count > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: count)

    have(0)
    return have


def test_nothing_given_is_the_quick_preset_here(gpus):
    settings = resolve({})
    assert (settings.preset_name, settings.preset) == ("quick", PRESETS["quick"])
    assert settings.axes.devices == ("cpu",)
    assert settings.axes.threads == (psutil.cpu_count(logical=False) or 1,)
    assert settings.axes.numels == settings.axes.shapes == settings.axes.dtypes == ()
    assert (settings.passes, settings.seconds) == (PRESETS["quick"].passes, PRESETS["quick"].seconds)
    assert (settings.pair_names, settings.pairs_file, settings.label, settings.host) == ((), None, "", "")
    assert settings.case_limit_s == 120 and settings.gpu_seconds == PRESETS["quick"].gpu_seconds
    assert settings.scenario_seconds == PRESETS["quick"].scenario_seconds


def test_who_counts_the_passes_gets_them_all(gpus):
    assert PRESETS["quick"].looks and resolve({}).looks == PRESETS["quick"].looks
    assert resolve({"passes": "24"}).looks == () == resolve({"preset": "full"}).looks
    assert resolve({}).scenario_passes == PRESETS["quick"].scenario_passes < PRESETS["quick"].passes
    assert resolve({"passes": "24"}).scenario_passes == 24 and resolve({"passes": "2"}).scenario_passes == 2
    assert resolve({"preset": "full"}).scenario_passes == PRESETS["full"].passes


def test_a_run_on_gpus_alone_has_passes_of_its_own(gpus):
    gpus(1)
    quick = PRESETS["quick"]
    assert quick.gpu_passes != quick.passes
    assert resolve({"device": "cuda:0"}).passes == quick.gpu_passes
    assert resolve({}).passes == resolve({"device": "all"}).passes == quick.passes
    assert resolve({"device": "cuda:0", "passes": "4"}).passes == 4


def test_every_option_is_read(gpus, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(psutil, "cpu_count", lambda logical=True: 2)
    settings = resolve(
        {
            "preset": " full ",
            "device": "cpu",
            "pair": "exp, relu,,",
            "pairs": "mine.py",
            "numel": "1, 3Ki,2Mi,1Gi,1",
            "shape": "4,2x03x4",
            "dtype": "float64,bfloat16",
            "threads": "2,1",
            "passes": "3",
            "seconds": "0.25",
            "case_limit": "7",
            "exclusive": "yes",
            "label": "a-B_1.0",
            "host": "h",
            "unknown": "x",
        }
    )
    assert (settings.preset, settings.passes) == (PRESETS["full"], 3)
    assert (settings.seconds, settings.gpu_seconds, settings.scenario_seconds) == (0.25, 0.25, 0.25)
    assert settings.pair_names == ("exp", "relu")
    assert settings.pairs_file == Path(tmp_path / "mine.py").resolve()
    assert settings.axes.numels == (1, 3 * 2**10, 2 * 2**20, 2**30)
    assert settings.axes.shapes == ((4,), (2, 3, 4))
    assert settings.axes.dtypes == ("float64", "bfloat16")
    assert settings.axes.threads == (2, 1)
    assert (settings.case_limit_s, settings.label, settings.host) == (7.0, "a-B_1.0", "h")
    assert settings.exclusive and not resolve({"device": "cpu"}).exclusive


@pytest.mark.parametrize(
    "count, text, devices",
    [
        (0, "all", ("cpu",)),
        (0, "cpu,cpu", ("cpu",)),
        (1, "all", ("cpu", "cuda:0")),
        (1, "", ("cpu", "cuda:0")),
        (2, "cuda", ("cuda:0",)),
        (2, "cuda:1,cuda:01,cpu", ("cuda:1", "cpu")),
    ],
)
def test_devices_are_named_as_torch_names_them(gpus, count, text, devices):
    gpus(count)
    assert resolve({"device": text}).axes.devices == devices


@pytest.mark.parametrize(
    "name, text, reason",
    [
        ("preset", "fast", "unknown, choose from smoke, quick, "),
        ("device", "gpu", "unknown, choose from cpu, cuda, cuda:1, all"),
        ("device", "cuda:x", "unknown"),
        ("device", "cuda", "not present (torch sees no CUDA GPU)"),
        ("device", "cpu,cuda:1", "not present"),
        ("device", ",", "name at least one"),
        ("numel", "0", "not a count above zero"),
        ("numel", "-5", "not a count"),
        ("numel", "1e6", "not a count"),
        ("numel", "1KiB", "not a count"),
        ("numel", "1024,many", "not a count"),
        ("numel", "999999999999999Gi", "not a count"),
        ("shape", "4x", "not a shape (such as 64x128)"),
        ("shape", "4x0", "not a shape"),
        ("shape", "4x00", "not a shape"),
        ("shape", "(4,4)", "not a shape"),
        ("shape", "x".join(["999999999999"] * 9), "not a shape"),
        ("layout", "rowwise", "unknown, choose from contiguous, transposed, strided, channels_last"),
        ("operand", "list", "unknown, choose from same, broadcast, zero_dim, scalar"),
        ("dtype", "float", "unknown, choose from float32, float64, bfloat16, float16"),
        ("dtype", "int7", "unknown"),
        ("threads", "two", "not a count"),
        ("threads", "100Ki", " at most run at once"),
        ("exclusive", "no", "it has no value"),
        ("passes", "0", "not a count"),
        ("seconds", "0.0", "not a number of seconds above zero"),
        ("seconds", "nan", "not a number"),
        ("seconds", "-1", "not a number"),
        ("case_limit", "soon", "not a number"),
        ("case_limit", "0.01", "rounds of 0.075 s may take twice that"),
        ("label", "a b", "use letters, digits"),
        ("label", "../up", "use letters"),
        ("host", "a/b", "use letters"),
    ],
)
def test_a_text_that_means_nothing_is_refused_by_name(gpus, name, text, reason):
    with pytest.raises(OptionError) as refused:
        resolve({name: text})
    line = str(refused.value)
    assert line.startswith(f"--{name.replace('_', '-')}") and reason in line and "\n" not in line


@pytest.mark.parametrize("device", ["cuda:2", "cuda:7"])
def test_the_gpu_that_is_missing_is_told_from_no_gpu(gpus, device):
    gpus(2)
    with pytest.raises(OptionError, match=rf"^--device {device}: not present \(torch sees 2\)$"):
        resolve({"device": device})


def _too_old():
    warnings.warn("CUDA initialization: The NVIDIA driver is too old (found version 11040).\nUpdate it.", stacklevel=1)
    return False


def test_a_driver_that_is_too_old_is_one_line(monkeypatch, recwarn):
    monkeypatch.setattr(torch.cuda, "is_available", _too_old)
    with pytest.raises(OptionError) as refused:
        resolve({"device": "cuda"})
    said = "CUDA initialization: The NVIDIA driver is too old (found version 11040)."
    assert str(refused.value) == f"--device cuda: not present (torch sees no CUDA GPU: {said})" and not recwarn


def test_where_all_devices_are_asked_for_a_gpu_that_is_left_out_is_told(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", _too_old)
    with pytest.warns(UserWarning, match=r"^--device all: without a GPU: CUDA initialization: .*\.$"):
        assert resolve({}).axes.devices == ("cpu",)


def test_options_have_names_of_their_own_and_say_what_they_mean():
    names = [option.name for option in OPTIONS]
    assert len(set(names)) == len(names) == len(OPTIONS)
    assert all(option.help and option.flag.startswith("--") for option in OPTIONS)
    assert [option.flag for option in OPTIONS if not option.metavar] == ["--exclusive"]
