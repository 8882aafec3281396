"""The machine of a run, as `run.json` holds it: one line a field. None for what could not be found out."""

from typing import TypedDict

from benchmarks.record.field_types import Bytes, Count


class Malloc(TypedDict):
    """The C heap that the run began under; passes set their own."""

    libc: str | None  #: name and version
    environment: dict[str, str]  #: variables that tune the heap
    preload: list[str]  #: file names of preloaded libraries


class Gpu(TypedDict):
    """A GPU; its place in the list is its number in `cuda:N`."""

    name: str  #: as its driver writes it
    driver: str | None  #: its version
    memory_bytes: Bytes  #: all of it
    compute_capability: str  #: "9.0"


class CudaSettings(TypedDict):
    """torch's switches that decide how fast a GPU computes."""

    matmul_tf32: bool  #: whether matrix products may round to TF32
    cudnn_tf32: bool  #: whether convolutions may
    cudnn_benchmark: bool  #: whether cuDNN tries its algorithms out
    cudnn_version: Count | None  #: as one number: 90100
    allocator: str  #: "native", "cudaMallocAsync"


class MachineFacts(TypedDict):
    """Where a run was made, and with what."""

    host: str | None  #: its name, or what the user calls it
    system: str  #: operating system and kernel
    cpu_model: str | None  #: its marketing name
    cores_physical: Count | None  #: of all sockets
    cores_logical: Count | None  #: hardware threads
    caches: dict[str, Bytes | None]  #: of one instance of "L1d", "L2", "L3"
    memory_bytes: Bytes  #: RAM
    malloc: Malloc  #: the C heap
    transparent_huge_pages: str | None  #: "always", "madvise", "never"
    governor: str | None  #: of the CPU's frequency
    gpus: list[Gpu]  #: in torch's order
    threads: Count  #: torch's, within an op, when the run began
    torch_version: str  #: with its build: 2.13.0+cpu
    torch_build: str | None  #: torch's git commit
    torch_cuda: str | None  #: the CUDA that torch was built with
    cuda_settings: CudaSettings | None  #: None without a GPU
    python_version: str  #: three numbers
    git_commit: str | None  #: this suite's, with "+dirty" where its code differs
