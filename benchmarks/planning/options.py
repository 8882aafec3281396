"""The options of a run: one table for `python -m benchmarks run` and for pytest, and how their texts are read."""

import math
import re
import warnings
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import psutil
import torch

from benchmarks.catalogue.pair import SPREAD
from benchmarks.planning.axes import Axes
from benchmarks.planning.looks import WidthLook
from benchmarks.planning.presets import PRESETS, Preset
from benchmarks.planning.shards import Shard
from benchmarks.record import ITEM_BYTES, MOST
from benchmarks.record.command import OF_A_CASE, SET, flag_of, names_of
from benchmarks.record.reason import filled_lines
from benchmarks.tensors import LAYOUTS

OPERANDS = (*SPREAD, "scalar")

T = TypeVar("T")


class OptionError(ValueError):
    """An option's value cannot be used; the message is one line that names the option."""


@dataclass(frozen=True)
class Option:
    """One option: its flag, its value and its meaning. All values are text until `resolve`.

    An option without a value has no `metavar`; its text is SET or empty.
    """

    flag: str
    metavar: str
    help: str

    @property
    def name(self) -> str:
        return self.flag.removeprefix("--").replace("-", "_")

    @property
    def parser_fields(self) -> dict[str, Any]:
        """Arguments for argparse's `add_argument` and pytest's `addoption`, besides the flag."""
        takes = {"metavar": self.metavar} if self.metavar else {"action": "store_const", "const": SET}
        return {**takes, "default": "", "help": self.help}


OPTIONS = (
    Option("--preset", "NAME", f"{', '.join(PRESETS)} (quick)"),
    Option("--device", "NAME", "cpu, cuda, cuda:1, or all that are present (all)"),
    Option("--pair", "NAMES", "exact pair names, comma-separated (all)"),
    Option("--pairs", "FILE", "a Python file of your own pairs"),
    Option("--cases", "FILE", "a JSON list of cases: measure exactly these (the preset's)"),
    Option("--numel", "COUNTS", "elements, e.g. 1024,64Ki,4Mi (the preset's)"),
    Option("--shape", "SHAPES", "shapes, e.g. 64x128,32x3x224x224 (the preset's sizes)"),
    Option("--dtype", "NAMES", f"some of {', '.join(ITEM_BYTES)} (each pair's usual)"),
    Option("--layout", "NAMES", f"some of {', '.join(LAYOUTS)} (contiguous)"),
    Option("--operand", "NAMES", f"kinds of other operand: some of {', '.join(OPERANDS)} (same)"),
    Option("--scale", "COUNTS", "of scenarios, each in its own unit (the scenario's)"),
    Option("--threads", "COUNTS", "CPU threads, e.g. 1,2 (physical cores)"),
    Option("--passes", "COUNT", "timed passes; six are the fewest that give an interval (the preset's)"),
    Option("--seconds", "SECONDS", "at most, for the rounds of one case in one pass (the preset's)"),
    Option("--case-limit", "SECONDS", "after which a case counts as hung and its process is stopped (120)"),
    Option("--shard", "PART", "measure one part of the run's cases, e.g. 2/5; `merge` makes one run of all five"),
    Option("--exclusive", "", "refuse a GPU on which other processes compute, or may compute (default: warn)"),
    Option("--label", "TEXT", "a name for the run"),
    Option("--host", "NAME", "the host name to store (the host's own)"),
)


def texts_of(parsed: Any) -> dict[str, str]:
    """The options' texts, stripped, from a command line that argparse or pytest has parsed."""
    return {option.name: getattr(parsed, option.name).strip() for option in OPTIONS}


@dataclass(frozen=True)
class Settings:
    """Resolved options: everything that decides what a run measures, and how long."""

    preset_name: str
    preset: Preset
    axes: Axes
    pair_names: tuple[str, ...]
    pairs_file: Path | None
    cases_file: Path | None
    passes: int
    seconds: float
    gpu_seconds: float
    scenario_seconds: float
    scenario_passes: int
    looks: tuple[WidthLook, ...]
    case_limit_s: float
    shard: Shard | None
    exclusive: bool
    label: str
    host: str


def resolve(raw: Mapping[str, str]) -> Settings:
    """The settings that option texts mean, with defaults filled in. OptionError names the option that is wrong."""
    text = {option.name: (raw.get(option.name) or "").strip() for option in OPTIONS}
    preset = PRESETS.get(text["preset"] or "quick")
    if preset is None:
        raise OptionError(f"--preset {text['preset']}: unknown, choose from {', '.join(PRESETS)}")
    decided = [name for name in names_of(OF_A_CASE) if text["cases"] and text[name]]
    if decided:
        raise OptionError(f"{flag_of(decided[0])}: the cases of --cases have their own; leave it out")
    axes = Axes(
        devices=device_names(text["device"] or "all"),
        threads=thread_counts(text["threads"]) or (psutil.cpu_count(logical=False) or 1,),
        numels=_each("--numel", text["numel"], _count),
        shapes=_each("--shape", text["shape"], _shape),
        dtypes=_each("--dtype", text["dtype"], _one_of(ITEM_BYTES)),
        layouts=_each("--layout", text["layout"], _one_of(LAYOUTS)),
        operands=_each("--operand", text["operand"], _one_of(OPERANDS)),
        scales=_each("--scale", text["scale"], _count),
    )
    asked_s = _seconds("--seconds", text["seconds"]) if text["seconds"] else None
    seconds, gpu_seconds = asked_s or preset.seconds, asked_s or preset.gpu_seconds
    scenario_seconds = asked_s or preset.scenario_seconds
    counted = _count("--passes", text["passes"]) if text["passes"] else 0  # who counts them wants all, for every case
    passes = counted or (preset.passes if "cpu" in axes.devices else preset.gpu_passes)
    case_limit_s = _seconds("--case-limit", text["case_limit"] or "120")
    if case_limit_s < 2 * (longest_s := max(seconds, gpu_seconds, scenario_seconds)):
        raise OptionError(f"--case-limit {case_limit_s:g}: rounds of {longest_s:g} s may take twice that")
    return Settings(
        preset_name=text["preset"] or "quick",
        preset=preset,
        axes=axes,
        pair_names=tuple(name.strip() for name in text["pair"].split(",") if name.strip()),
        pairs_file=Path(text["pairs"]).absolute() if text["pairs"] else None,
        cases_file=Path(text["cases"]).absolute() if text["cases"] else None,
        passes=passes,
        seconds=seconds,
        gpu_seconds=gpu_seconds,
        scenario_seconds=scenario_seconds,
        scenario_passes=passes if counted else min(passes, preset.scenario_passes or passes),
        looks=() if counted else preset.looks,
        case_limit_s=case_limit_s,
        shard=_shard(text["shard"]) if text["shard"] else None,
        exclusive=_is_set("--exclusive", text["exclusive"]),
        label=_name("--label", text["label"]),
        host=_name("--host", text["host"]),
    )


def _each(flag: str, text: str, parse: Callable[[str, str], T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(parse(flag, part.strip()) for part in text.split(",") if part.strip()))


def _count(flag: str, text: str) -> int:
    match = re.fullmatch(r"(\d{1,15})(Ki|Mi|Gi)?", text)
    count = int(match[1]) * {None: 1, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}[match[2]] if match else 0
    if not 0 < count < MOST:
        raise OptionError(f"{flag} {text}: not a count above zero (such as 1024, 64Ki or 4Mi)")
    return count


def thread_counts(text: str, most: int = 0) -> tuple[int, ...]:
    """Return the counts of --threads. OptionError for one above `most` (0: what this machine runs at once)."""
    return _each("--threads", text, partial(_threads, most or psutil.cpu_count() or 1))


def _threads(most: int, flag: str, text: str) -> int:
    if (count := _count(flag, text)) > most:  # thousands of threads bring the process down
        raise OptionError(f"{flag} {text}: {most} at most run at once")
    return count


def _is_set(flag: str, text: str) -> bool:
    if text not in ("", SET):
        raise OptionError(f"{flag} {text}: it has no value; where it is stored or planned it is {SET!r} or left out")
    return bool(text)


def _shape(flag: str, text: str) -> tuple[int, ...]:
    shape = tuple(map(int, text.split("x"))) if re.fullmatch(r"\d{1,12}(x\d{1,12})*", text) else (0,)
    if not 0 < math.prod(shape) < MOST:
        raise OptionError(f"{flag} {text}: not a shape (such as 64x128)")
    return shape


def _one_of(names: Collection[str]) -> Callable[[str, str], str]:
    def parse(flag: str, text: str) -> str:
        if text not in names:
            raise OptionError(f"{flag} {text}: unknown, choose from {', '.join(names)}")
        return text

    return parse


def _seconds(flag: str, text: str) -> float:
    if not re.fullmatch(r"\d{1,6}(\.\d{1,6})?", text) or float(text) == 0:
        raise OptionError(f"{flag} {text}: not a number of seconds above zero")
    return float(text)


def _shard(text: str) -> Shard:
    try:
        return Shard.of_text(text)
    except ValueError as error:
        raise OptionError(f"--shard {text}: {error}") from None


def _name(flag: str, text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._-]*", text):
        raise OptionError(f"{flag} {text}: use letters, digits, '.', '_' and '-' only")
    return text


def device_names(text: str) -> tuple[str, ...]:
    """Device names as torch writes them; a CUDA device always with its index, so that a case names one GPU."""
    gpus, why_none = _gpus()
    devices = []
    for name in (part.strip() for part in text.split(",") if part.strip()):
        if name == "all":
            if why_none:
                warnings.warn(f"--device all: without a GPU: {why_none}", stacklevel=2)
            devices += ["cpu", *(f"cuda:{index}" for index in range(gpus))]
            continue
        if name == "cpu":
            devices.append(name)
            continue
        match = re.fullmatch(r"cuda(?::(\d{1,3}))?", name)
        if match is None:
            raise OptionError(f"--device {name}: unknown, choose from cpu, cuda, cuda:1, all")
        if int(match[1] or 0) >= gpus:
            have = f"torch sees {gpus}" if gpus else f"torch sees no CUDA GPU{why_none and f': {why_none}'}"
            raise OptionError(f"--device {name}: not present ({have})")
        devices.append(f"cuda:{int(match[1] or 0)}")
    if not devices:
        raise OptionError("--device: name at least one of cpu, cuda, all")
    return tuple(dict.fromkeys(devices))


def _gpus() -> tuple[int, str]:
    """How many GPUs torch sees; and if none, torch's reason (such as a driver too old), in one line."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    said = [line for each in caught for line in filled_lines(each.message)[:1]]
    return count, "" if count or not said else said[0]
