"""The machine of a run, as stored in `run.json`: one line per field. None: could not be found out."""

from typing import TypedDict

from benchmarks.record.field_types import Bytes, Count, Watts


class Malloc(TypedDict):
    """The C heap when the run began; passes set their own."""

    libc: str | None  #: name and version
    environment: dict[str, str]  #: variables that tune the heap
    preload: list[str]  #: file names of preloaded libraries


class GpuFacts(TypedDict, total=False):
    """A GPU; its position in the list is its number in `cuda:N`. Runs of method 1 have the first four fields."""

    name: str  #: as its driver writes it
    driver: str | None  #: version
    memory_bytes: Bytes  #: total
    compute_capability: str  #: "9.0"
    l2_cache_bytes: Bytes | None  #: size of its L2 cache
    power_limit_w: Watts | None  #: above this power the driver slows it down
    persistence: bool | None  #: whether the driver stays loaded while nobody uses it
    mig: bool | None  #: whether it is divided into slices (MIG)
    other_processes: Count | None  #: computing on it besides the run's own; None: unknown, as in a container


class CudaSettings(TypedDict, total=False):
    """Settings for how a GPU computes and allocates in the run's processes. Runs of method 1 have no `environment`."""

    matmul_tf32: bool  #: whether matrix products may round to TF32
    cudnn_tf32: bool  #: whether convolutions may round to TF32
    cudnn_benchmark: bool  #: whether cuDNN tries several algorithms
    cudnn_version: Count | None  #: as one number: 90100
    allocator: str  #: "native", "cudaMallocAsync"
    environment: dict[str, str]  #: variables that change what CUDA ops compute, or how fast


class MachineFacts(TypedDict):
    """Where a run was made, and with what software."""

    host: str | None  #: its name, or the name that the user gave
    system: str  #: operating system and kernel
    cpu_model: str | None  #: its marketing name
    cores_physical: Count | None  #: of all sockets
    cores_logical: Count | None  #: hardware threads
    caches: dict[str, Bytes | None]  #: of one instance per level: "L1d", "L2", "L3"
    memory_bytes: Bytes  #: RAM
    malloc: Malloc  #: the C heap
    transparent_huge_pages: str | None  #: "always", "madvise", "never"
    governor: str | None  #: CPU frequency governor
    gpus: list[GpuFacts]  #: in torch's order
    threads: Count  #: torch's threads within an op when the run began
    torch_version: str  #: with its build: 2.13.0+cpu
    torch_build: str | None  #: torch's git commit
    torch_cuda: str | None  #: the CUDA that torch was built with
    cuda_settings: CudaSettings | None  #: None without a GPU
    python_version: str  #: three numbers
    git_commit: str | None  #: of this suite, with "+dirty" if its code differs
