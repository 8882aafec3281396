"""The suite as a process on a machine of a fleet: it starts clean, says how far it is, and ends when asked."""

import json
import os
import subprocess
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import benchmarks
from benchmarks.fleet.clean_start import clean_environment
from benchmarks.process_end import end_group
from benchmarks.record.reason import filled_lines
from benchmarks.running.stored_run import newest_stored_run, passes_done
from benchmarks.waits import status_when_asked

SUITE = Path(benchmarks.__file__).parents[1]
#: How often the machine looks at its process, and how often it says how far that is. More often would disturb times.
LOOK_S, TELL_S = 0.5, 5.0
#: How long a process may take to store its state after it was asked to end.
STOP_S = 20.0


@dataclass(frozen=True)
class SuiteProcess:
    """One command of the suite, `python -m benchmarks WORDS...`, to be run once."""

    python: Path
    words: Sequence[str]
    out: Path  #: where it stores its run, and its log
    machine: Path  #: the machine's folder
    slot: str  #: "cpu", or "gpu" and the number that CUDA_VISIBLE_DEVICES takes
    lock: int  #: the open file that holds the slot
    is_stopped: Callable[[], bool]  #: once true, the process is asked to end

    def run(self) -> Generator[str, None, int]:
        """Run the command, yield how far it is, and return its exit status. To close the generator ends the process."""
        command = [str(self.python), "-m", "benchmarks.fleet.clean_start", str(os.getpid()), *self.words]
        with self.log.open("wb") as log, self._stamped():
            process = subprocess.Popen(
                command,
                cwd=self.machine,
                env=clean_environment(os.environ, SUITE, self.slot),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(self.lock,),  # so that the slot is free only after this process has ended too
                start_new_session=True,  # Ctrl-C is only for the command `fleet`
            )
            try:
                yield from self._progress_until_it_ends(process)
            finally:
                _end(process)
        return process.returncode

    @property
    def log(self) -> Path:
        """The file with what the process printed."""
        return self.out / "log"

    def last_line(self) -> str:
        """Return the last line that it printed, without `error: ` before it; "" if it printed nothing."""
        lines = filled_lines(self.log.read_text(errors="replace"))
        return lines[-1].removeprefix("error: ")[:300] if lines else ""

    def _progress_until_it_ends(self, process: subprocess.Popen) -> Iterator[str]:
        said, last_s = "", time.monotonic()
        while process.poll() is None and not self.is_stopped():
            time.sleep(LOOK_S)
            if time.monotonic() - last_s < TELL_S:
                continue
            last_s, text = time.monotonic(), how_far(self.out)
            if text != said:
                said = text
                yield text

    @contextmanager
    def _stamped(self) -> Iterator[None]:
        """Write into `tries.jsonl` when this block begins and ends, by this machine's clock: then the slot is held."""
        who = {"folder": f"{self.out.parent.name}/{self.out.name}", "slot": self.slot}
        _append(self.machine, {**who, "began_s": time.time()})
        try:
            yield
        finally:
            _append(self.machine, {**who, "ended_s": time.time()})


def how_far(out: Path) -> str:
    """Return how many passes of the newest run under a folder are done, as text."""
    run = newest_stored_run(out)
    return "starts" if run is None else "{} of {} passes".format(*passes_done(run))


def _append(machine: Path, row: Mapping[str, object]) -> None:
    with (machine / "tries.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")


def _end(process: subprocess.Popen) -> None:
    """Ask a process that still runs to store its state and end, within STOP_S. Then kill it and its children.

    Not by `orphans_ended`, which would also end the processes of other slots: they are children of this process too.
    """
    if process.poll() is None:
        status_when_asked(process, STOP_S)
    end_group(process)
