"""Notes for readers of a GPU's numbers: how the cases were timed."""

from collections.abc import Iterator

import pandas as pd

from analysis.numbers.gpu_text import on_gpu, throttled_words, unheld_words
from analysis.numbers.quantities import PEAK_BYTES, STEP_PEAK_BYTES
from analysis.run.description import gpu_of
from analysis.run.facts import number, part
from analysis.section import Section
from analysis.units import number_text

#: Where equal needs of both variants may hide what in-place saves.
PEAKS_NOTE = (
    "On a GPU cuDNN takes its workspaces from the same allocator as tensors: the peaks of convolutions and recurrent "
    "networks hold them in both variants, which may hide what in-place saves."
)

#: Shown until a run on a real GPU is kept in results/reference.
SIMULATED_NOTE = (
    "The code that times a GPU was checked only on a simulation, as its authors had no GPU. `make gpu-check` checks "
    "its assumptions on this one."
)


def peaks_note(section: Section) -> str:
    """A sentence on the peaks of a GPU; empty for a CPU and where no bytes were counted."""
    counted = section.all_cases[[*PEAK_BYTES.columns, *STEP_PEAK_BYTES.columns]].notna().any(axis=None)
    return PEAKS_NOTE if on_gpu(section.device) and counted else ""


def timing_sentences(section: Section) -> list[str]:
    """Sentences on how a GPU's section was timed; none for a CPU."""
    if not on_gpu(section.device):
        return []
    cases = section.all_cases[section.all_cases["verdict"].notna()]
    found = (_cache_sentence(cases), _others_sentence(section), SIMULATED_NOTE)
    return [sentence for sentence in found if sentence and len(cases)]


def case_notes(cases: pd.DataFrame) -> Iterator[tuple[int, str]]:
    """(number of cases, note) on how a GPU was timed."""
    yield int(cases["host_decides"].eq(True).sum()), "wait for the host: what a user feels is not the device's speedup"
    unheld = cases[cases["held"].eq(False)]
    for reason, mine in unheld.groupby(unheld["unheld_reason"].fillna("")):
        yield len(mine), f"have each call timed together with the host, {unheld_words(str(reason))}"
    throttled = cases[cases["throttled_blocks"].fillna(0) > 0]
    for kept, mine in throttled.groupby("throttled_kept"):
        yield len(mine), f"have blocks in which the GPU was throttled: {throttled_words(bool(kept))}"


def _cache_sentence(cases: pd.DataFrame) -> str:
    """A sentence on the state of the L2 cache in these cases."""
    counts = cases["cache"].value_counts()
    said = {
        "hot": "lie in the L2 cache when its calls start (hot)",
        "streamed": "take more than a third of it, so that they do not stay there (streamed)",
    }
    parts = [f"{said[word]} in {number_text(int(counts[word]), 'case')}" for word in said if counts.get(word, 0)]
    unknown = len(cases) - sum(int(counts.get(word, 0)) for word in said)
    if not parts:
        return "It is not stored whether the inputs of these cases were in the L2 cache." if unknown else ""
    rest = f"; for {number_text(unknown, 'case')} it is not stored" if unknown else ""
    return f"A round's inputs {' and '.join(parts)}, alike for both variants{rest}."


def _others_sentence(section: Section) -> str:
    """A sentence on other processes on the section's GPU; empty where there were none, or it is not known."""
    found = number(gpu_of(part(section.run.facts, "machine"), section.device).get("other_processes"))
    if not found:
        return ""
    computed = f"{number_text(int(found), 'other process')} computed on this GPU"
    return f"{computed} when the run began, so that its times may be disturbed."
