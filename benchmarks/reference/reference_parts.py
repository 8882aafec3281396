"""The table of parts: what the repository keeps, and how each part is measured. Data only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

REFERENCE = Path("results/reference")
#: How long each part took, and what is not in its own files.
FACTS_FILE = REFERENCE / "parts.json"

#: Records with which a run of ops or scenarios is up to date: 6 added the advisor's runs alone.
RUN_RECORDS = (5, 6)

#: What a part is: a run; a run on each version, taking turns; rows of one command of the laboratory; a self-test;
#: answers of the advisor; how often these are right.
RUN, TURNS, FINDINGS, SELFTEST, ADVICE, JUDGED = "run", "turns", "findings", "self-test", "advice", "judged"

#: The oldest torch that the suite supports, the one that it is written for, and the newest at hand.
VERSIONS = ("2.6.0", "2.13.0", "2.15.0")


@dataclass(frozen=True)
class Part:
    """One part. `options`: of its run, as stored. `arguments`: of its command."""

    name: str
    keeps: str
    kind: str
    options: Mapping[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()
    versions: tuple[str, ...] = ("",)  #: of torch; "": the installed one
    estimate_s: float | None = None  #: seconds per version, on two cores; said where no time is stored


PARTS = (
    Part("ops", "all ops, preset quick", RUN, {"preset": "quick", "device": "cpu", "select": "not bench_scenarios"}),
    Part(
        "scenarios", "all scenarios, preset full", RUN, {"preset": "full", "device": "cpu", "select": "bench_scenarios"}
    ),
    Part("versions", "preset quick on each torch, in turns", TURNS, {"preset": "quick", "device": "cpu"}, (), VERSIONS),
    Part("gpu", "preset quick on a GPU", RUN, {"preset": "quick", "device": "cuda"}, estimate_s=18 * 60),
    Part("claims", "beliefs, decided", FINDINGS, {}, ("--device", "cpu"), VERSIONS),
    Part("hazards", "wrong gradients and values", FINDINGS, {}, ("--device", "cpu"), VERSIONS, 4 * 60),
    Part("safety", "every pair in every situation", FINDINGS, {}, ("--device", "cpu", "--compile"), VERSIONS, 5 * 60),
    Part("selftest", "the instrument's own errors", SELFTEST),
    Part("gate", "the gate's false alarms and detections", SELFTEST, {}, ("--gate",), estimate_s=85 * 60),
    Part("judge-programs", "the advisor on 500 random programs", JUDGED, {}, ("--programs", "500"), estimate_s=22 * 60),
    Part("judge-models", "the advisor on real models", JUDGED, {}, ("--models",), estimate_s=6 * 60),
    Part("judge-traps", "the advisor on the hazards", JUDGED, {}, ("--traps",), estimate_s=6 * 60),
    Part("advised-inference", "the advisor on its README's inference", ADVICE, {}, ("train.py:generate",)),
    Part("advised-training", "the advisor on its README's training", ADVICE, {}, ("train.py:train",)),
    Part("advised-gan", "the advisor on a GAN, of which a switch saves", ADVICE, {}, ("gan.py:gan_training",)),
    Part("advised-resnet", "on a ResNet, whose ReLU saves nothing", ADVICE, {}, ("resnet.py:resnet_training",)),
)


@dataclass(frozen=True)
class Item:
    """A part on one torch: what is fresh or stale, and is measured at once."""

    part: Part
    version: str = ""

    @property
    def name(self) -> str:
        """`hazards 2.6.0`; the name of the part alone where it has no versions."""
        return f"{self.part.name} {self.version}".strip()


def items_of(parts: Sequence[Part]) -> list[Item]:
    """The items of parts, in the order of the table."""
    return [Item(part, version) for part in parts for version in part.versions]
