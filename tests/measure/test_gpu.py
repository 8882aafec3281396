"""What a driver says of a GPU, and what is made of it where it says nothing."""

import os
from types import SimpleNamespace

import pytest
import torch

from benchmarks.measure import gpu as gpu_module
from benchmarks.measure.gpu import UNMEASURABLE, Monitor, cuda_settings, gpu_facts, unmeasurable
from tests.measure.simulated_card import Kernel
from tests.measure.simulated_gpu import SimulatedGpu


@pytest.fixture
def gpu():
    made = SimulatedGpu(cards=2)
    made.launch(Kernel("warm-up", device_ns=50_000_000))
    made.synchronize()
    return made


def test_the_clock_and_why_it_is_low_are_read_in_this_process(gpu):
    monitor = Monitor("cuda:0", gpu, gpu.nvml)
    assert monitor.look(gpu.now_ns) == (pytest.approx(1.98e9), False)
    gpu.throttled.append((gpu.host_ns, gpu.host_ns + 1e9))
    assert monitor.look(gpu.now_ns) == (pytest.approx(0.99e9), True)
    assert monitor.reasons() == ["hw_thermal_slowdown"]


def test_an_idle_gpu_is_not_slowed_down(gpu):
    monitor = Monitor("cuda:1", gpu, gpu.nvml)
    gpu.nvml.nvmlDeviceGetCurrentClocksEventReasons = lambda handle: 0x1 | 0x100
    assert monitor.reasons() == ["gpu_idle", "display_clock_setting"] and not monitor.look()[1]


def test_an_older_driver_knows_the_reasons_by_their_old_name(gpu):
    gpu.nvml.silent.add("nvmlDeviceGetCurrentClocksEventReasons")
    gpu.throttled.append((gpu.host_ns, gpu.host_ns + 1e9))
    assert Monitor("cuda:0", gpu, gpu.nvml).look()[1]


@pytest.mark.parametrize("missing", ["binding", "driver", "handle", "uuid"])
def test_without_a_driver_nothing_is_known_and_nothing_fails(gpu, monkeypatch, missing):
    monkeypatch.setattr(gpu_module, "_nvml", lambda: None)
    nvml = None if missing == "binding" else gpu.nvml
    gpu.nvml.silent |= {"driver": {"nvmlInit"}, "handle": {"nvmlDeviceGetHandleByUUID"}}.get(missing, set())
    if missing == "uuid":
        monkeypatch.setattr(gpu, "get_device_properties", lambda device: SimpleNamespace(L2_cache_size=0))
    monitor = Monitor("cuda:0", gpu, nvml)
    assert monitor.look() == (None, None)
    assert (monitor.reasons(), monitor.power_limit_w(), monitor.persistence()) == (None, None, None)
    assert (monitor.is_sliced(), monitor.other_processes()) == (None, None)


def test_the_binding_is_optional(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pynvml", None)
    assert gpu_module._nvml() is None
    binding = SimpleNamespace()
    monkeypatch.setitem(__import__("sys").modules, "pynvml", binding)
    assert gpu_module._nvml() is binding


@pytest.mark.parametrize("uuid", ["MIG-0", "0000"], ids=["as-the-driver", "as-torch"])
def test_a_slice_of_a_gpu_has_no_clock_of_its_own(gpu, on_the_host, uuid):
    """MIG: the driver knows the slice by another name, and answers no question about its clock; of others it does."""
    gpu.uuid, gpu.nvml.sliced = uuid, True
    gpu.nvml.processes = [os.getpid(), 1]
    monitor = Monitor("cuda:0", gpu, gpu.nvml)
    assert monitor.look() == (None, None) and monitor.power_limit_w() is None
    assert monitor.is_sliced() and monitor.other_processes() == 1
    assert [facts["mig"] for facts in gpu_facts(gpu, gpu.nvml)] == [True, True]


def test_processes_of_others_are_counted(gpu, on_the_host):
    gpu.nvml.processes = [os.getpid(), os.getppid(), 1, 2]
    assert Monitor("cuda:0", gpu, gpu.nvml).other_processes() == 2


@pytest.mark.parametrize("listed", [[], [40_001], [40_001, 40_002]], ids=["none", "its-own", "another-one"])
@pytest.mark.parametrize("namespace", ["pid:[4026532281]", None], ids=["container", "sandbox"])
def test_in_a_container_who_else_computes_is_not_known(gpu, monkeypatch, tmp_path, listed, namespace):
    """The driver knows the host's numbers alone: this process, too, is there under one that it does not know."""
    gpu.nvml.processes = listed
    if namespace:
        (tmp_path / "pid").symlink_to(namespace)
    monkeypatch.setattr(gpu_module, "PID_NAMESPACE", str(tmp_path / "pid"))
    assert Monitor("cuda:0", gpu, gpu.nvml).other_processes() is None


@pytest.fixture
def on_the_host(monkeypatch, tmp_path):
    """Wherever the tests run."""
    (tmp_path / "pid").symlink_to(gpu_module.HOSTS_PID_NAMESPACE)
    monkeypatch.setattr(gpu_module, "PID_NAMESPACE", str(tmp_path / "pid"))


def test_a_card_has_one_name_whatever_its_number(monkeypatch, gpu):
    for uuid, name in (("12-34", "GPU-12-34"), ("GPU-12-34", "GPU-12-34"), ("MIG-5", "MIG-5")):
        properties = SimpleNamespace(uuid=uuid)
        monkeypatch.setattr(gpu, "get_device_properties", lambda device, properties=properties: properties)
        assert gpu_module.uuid_of("cuda:3", gpu) == name
    monkeypatch.setattr(gpu, "get_device_properties", lambda device: SimpleNamespace())
    assert gpu_module.uuid_of("cuda:3", gpu) is None


def test_facts_of_each_gpu(gpu, on_the_host, monkeypatch):
    properties = SimpleNamespace(
        name="Simulated", total_memory=2**37, major=9, minor=0, L2_cache_size=60 * 2**20, uuid="GPU-0"
    )
    monkeypatch.setattr(gpu, "get_device_properties", lambda device: properties)
    monkeypatch.setattr(gpu, "device_count", lambda: 1, raising=False)
    gpu.nvml.processes = [1, 2]
    assert gpu_facts(gpu, gpu.nvml) == [
        {
            "name": "Simulated",
            "driver": "580.1",
            "memory_bytes": 2**37,
            "compute_capability": "9.0",
            "l2_cache_bytes": 60 * 2**20,
            "power_limit_w": 700.0,
            "persistence": True,
            "mig": False,
            "other_processes": 2,
        }
    ]


def test_what_in_the_environment_changes_the_answer_is_stored(monkeypatch):
    assert cuda_settings(SimpleNamespace(is_available=lambda: False)) is None
    monkeypatch.setenv("NVIDIA_TF32_OVERRIDE", "0")
    monkeypatch.setenv("CUDA_MODULE_LOADING", "EAGER")
    monkeypatch.delenv("PYTORCH_CUDA_ALLOC_CONF", raising=False)
    cuda = SimpleNamespace(is_available=lambda: True, get_allocator_backend=lambda: "native")
    settings = cuda_settings(cuda)
    assert settings["allocator"] == "native"
    assert settings["environment"]["NVIDIA_TF32_OVERRIDE"] == "0"
    assert settings["environment"]["CUDA_MODULE_LOADING"] == "EAGER"
    assert "PYTORCH_CUDA_ALLOC_CONF" not in settings["environment"]
    assert settings["cudnn_benchmark"] == torch.backends.cudnn.benchmark


def test_tf32_by_the_new_name_or_the_old():
    old = SimpleNamespace(allow_tf32=True)
    assert gpu_module._tf32(None, old)
    assert gpu_module._tf32(SimpleNamespace(fp32_precision="tf32"), None)
    assert not gpu_module._tf32(SimpleNamespace(fp32_precision="ieee"), None)


@pytest.mark.parametrize("name", UNMEASURABLE)
def test_where_nothing_can_be_measured_one_line_says_so(name):
    assert unmeasurable({name: "1"}).startswith(f"{name}=1: ")
    assert unmeasurable({}) is None


def test_blocking_launches_can_be_switched_off_and_no_caching_cannot():
    assert unmeasurable({"CUDA_LAUNCH_BLOCKING": "0"}) is unmeasurable({"CUDA_LAUNCH_BLOCKING": ""}) is None
    assert unmeasurable({"PYTORCH_NO_CUDA_MEMORY_CACHING": "0"})


def test_the_drivers_version_is_known_with_the_binding_alone(gpu, monkeypatch):
    assert Monitor("cuda:0", gpu, gpu.nvml).driver() == "580.1"
    monkeypatch.setattr(gpu_module, "_nvml", lambda: None)
    assert Monitor("cuda:0", gpu).driver() is None


def test_a_slow_driver_is_asked_less_often(gpu):
    """A look of a millisecond is followed by twenty without one; what was seen stands until then."""
    monitor, now = Monitor("cuda:0", gpu, gpu.nvml), [0]
    ask = monitor._ask_clock

    def slow():
        now[0] += 1_000_000
        return ask()

    monitor._ask_clock = slow
    looks = 0
    for _ in range(100):
        before = now[0]
        assert monitor.look(lambda: now[0]) == (pytest.approx(1.98e9), False)
        looks += now[0] > before
        now[0] += 1_000_000
    assert looks == 5
