"""What a reader gets who compares two versions of torch on two devices: the cost of that page.

    python -m tests.analysis.four_places RUN RUN [RUN...] [--keep DIR]

takes stored runs on a CPU, invents of each of the first two the same on a GPU of the same machine, with its
correctness, and adds all others, such as answers on own code. It writes one report and prints its size, how long a
browser takes to open and to paint it, what the console says, and how many screens of a laptop each page is high. No
test runs this: the times are the machine's.
"""

import argparse
import dataclasses
import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from analysis.report.html.render import html
from analysis.right.truth import FOLDERS, read_truth
from analysis.run.load import load_runs
from analysis.section import sections
from benchmarks.autograd.record.files import KINDS, read_all, write
from benchmarks.record import INPLACE, Measurement
from benchmarks.record.folder import JOURNAL_FILE, read_journal, read_run, write_run
from tests.analysis.invented_gpu import GPU

#: Of a page on a laptop.
WIDTH, HEIGHT = 1280, 800
#: Seconds that the invented host needs per call, out-of-place and in-place.
_HOST_S = {False: 8e-6, True: 6e-6}


def with_gpu(run: Path, parent: Path) -> Path:
    """The run `run` as it would be stored on a machine that has an invented GPU, in a folder of `parent`."""
    folder = parent / run.name
    if not folder.is_dir():
        shutil.copytree(run, folder)
        facts = read_run(run)
        write_run(folder, {**facts, "machine": {**facts["machine"], "gpus": [GPU]}})
    return folder


def on_gpu(run: Path, parent: Path) -> Path:
    """The run `run` on that GPU, as if it were as fast as the CPU."""
    folder = parent / f"{run.name}-gpu"
    if not folder.is_dir():
        folder.mkdir()
        facts = read_run(with_gpu(run, parent))
        write_run(folder, {**facts, "options": {**facts.get("options", {}), "device": "cuda"}})
        with (folder / JOURNAL_FILE).open("w", encoding="utf-8") as journal:
            for pair in read_journal(run):
                if pair[0].case.allocator != "fresh":
                    journal.writelines(_on_gpu(each).line() + "\n" for each in pair)
    return folder


def _on_gpu(each: Measurement) -> Measurement:
    of = dataclasses.replace(each.case, device="cuda:0", allocator="caching")
    moved = dataclasses.replace(each, case=of, page_faults=None, forward_live_bytes=(), backward_live_bytes=())
    if not each.times_s:
        return moved
    host = (_HOST_S[each.variant == INPLACE],) * len(each.times_s)
    return dataclasses.replace(moved, host_times_s=host, held=True, cache="hot", throttled_blocks=0)


def correctness_on_gpu(folder: Path) -> None:
    """What is kept of claims, hazards and safety on CPUs, as if a GPU had given the same answers."""
    for kind in KINDS:
        for stored in read_all(FOLDERS, kind)[0]:
            write(folder, dataclasses.replace(stored, device="cuda:0"))


def screens(page: Path) -> Iterator[tuple[str, str]]:
    """What a browser says of a page, as rows of a name and a text; none without one."""
    from tests.analysis.report.browser import chromium

    driver = chromium.start()
    if driver is None:
        return
    try:
        browser = chromium.Browser(driver)
        size = {"width": WIDTH, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": False}
        browser.cdp("Emulation.setDeviceMetricsOverride", **size)
        yield "loaded", f"{chromium.opening_s(browser, page):.2f} s"
        painted = "return performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
        yield "first painted", f"{float(str(browser.run(painted) or 'nan')) / 1000:.2f} s"
        for name in [link.get_attribute("hash")[1:] for link in browser.all(".top nav a")]:
            browser.run("location.hash = arguments[0]", name)
            height = browser.run("return document.documentElement.scrollHeight")
            yield f"#{name}", f"{int(str(height)) / HEIGHT:.1f} screens"
        yield "console", json.dumps(browser.complaints())
        yield "requests", str(len(browser.requests()) - 1)
    finally:
        driver.quit()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="leave the runs and the page here")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        correctness = folder / "autograd"
        if not correctness.is_dir():
            correctness.mkdir(parents=True)
            correctness_on_gpu(correctness)
        runs = [with_gpu(run, folder) for run in options.runs]
        runs += [on_gpu(run, folder) for run in options.runs[:2]]
        page = folder / "report.html"
        truth = read_truth([*FOLDERS, correctness])
        page.write_text(html(sections(load_runs(runs)), truth), encoding="utf-8")
        print(f"{'size':<14} {page.stat().st_size / 2**20:.2f} MiB")
        for name, text in screens(page):
            print(f"{name:<14} {text}", flush=True)


if __name__ == "__main__":
    main()
