"""How a GPU was timed, in words: remarks on a case, and what makes up a device's cheapest call."""

from collections.abc import Iterator
from typing import Protocol

from analysis.units import known, number_text

#: Why a case was timed together with the host, by the reasons of `benchmarks.measure.cuda_clock`.
_UNHELD = {
    "synchronises": "as it waits for the device (synchronises)",
    "long launch": "as its calls are queued too slowly to be held back (long launch)",
}


class GpuRow(Protocol):
    """The columns of a row of cases that `gpu_remarks` reads; all None or empty on a CPU."""

    @property
    def held(self) -> bool | None: ...
    @property
    def unheld_reason(self) -> str | None: ...
    @property
    def host_decides(self) -> bool | None: ...
    @property
    def host_bound(self) -> bool | None: ...
    @property
    def throttled_blocks(self) -> object: ...
    @property
    def throttled_kept(self) -> bool: ...


def gpu_remarks(row: GpuRow) -> Iterator[str]:
    """Remarks on a case that was timed on a GPU; none for one on a CPU."""
    if row.host_bound is True:
        yield "host-bound"
    elif row.host_decides is True:
        yield "host-bound in one variant"
    if row.held is False:
        yield f"timed together with the host, {unheld_words(row.unheld_reason)}"
    if known(row.throttled_blocks) and row.throttled_blocks > 0:
        yield f"{number_text(int(row.throttled_blocks), 'throttled block')} {throttled_words(row.throttled_kept)}"


def throttled_words(kept: bool) -> str:
    """What happened to blocks in which the GPU was throttled."""
    return "may be among its times, as too few others were left" if kept else "left out"


def unheld_words(reason: str | None) -> str:
    """Why a case was not held: 'as it waits for the device (synchronises)'."""
    return _UNHELD.get(reason or "", f"as it could not be held back ({reason or 'no reason is stored'})")


def on_gpu(device: str) -> bool:
    """Whether a device, by torch's name for it, is a GPU."""
    return device.startswith("cuda")


def floor_words(device: str) -> str:
    """What makes up most of the cheapest call on a device, alike for both variants."""
    return "kernel start and gap" if on_gpu(device) else "Python and dispatch"
