"""pytest's side of the suite: options, axes and fixtures. Glue only; the work is done in `running/`."""

import os
from collections.abc import Iterator, Mapping
from contextlib import nullcontext, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TypeGuard

import pytest

from benchmarks.entry import DONE, FAILED, USER_ERROR
from benchmarks.interrupted import InterruptedCases
from benchmarks.measure.lost_device import DeviceLost
from benchmarks.measure.rounds import quiet_collector
from benchmarks.phases import Record
from benchmarks.planning.axes import inherit_allocator
from benchmarks.planning.options import OPTIONS, texts_of
from benchmarks.planning.plan import OptionError, PairError, Plan, make_plan
from benchmarks.process import COMPILE_HERE, Events, SupervisorGone
from benchmarks.record import KINDS, OK, VARIANTS, Case, RecordError, case_id, pass_log_speedup
from benchmarks.record.reason import escaped, first_line
from benchmarks.replay import make_benchmark, play
from benchmarks.running import lock
from benchmarks.running.failures import GlobalsChanged
from benchmarks.running.gpus import check_environment
from benchmarks.running.run import RUNS, Pass, Run, RunError
from benchmarks.running.run_ceilings import measure_ceilings
from benchmarks.running.session import Session, Stored
from benchmarks.running.unsupervised import RESUME, CommandLine, only_pass, own_run, pass_summary
from benchmarks.running.user_pairs import broken_promises
from benchmarks.temporary import folder_of_output
from benchmarks.verify.prepare import prepare, run_once


@dataclass
class State:
    """What one pytest process works on."""

    plan: Plan
    events: Events
    current: Pass
    run: Run | None  #: of a supervised pass; by hand it is made when the first case is measured
    cases: dict[tuple[str, str, str], Case]  #: by family, phase and readable id
    selected: list[Case] = field(default_factory=list)


STATE = pytest.StashKey[State]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("in-place benchmarks")
    for option in OPTIONS:
        group.addoption(option.flag, **option.parser_fields)
    group.addoption("--out", metavar="DIR", default=str(RUNS), help=f"where runs go ({RUNS})")
    group.addoption(RESUME, metavar="RUN", default="", help="a partial run of the same command to finish")
    group.addoption("--measure", choices=KINDS, default="time", help="what this pass measures (time)")
    for flag, meaning in (("--run-dir", "folder"), ("--pass-number", "pass"), ("--events", "pipe")):
        group.addoption(flag, default=None, help=f"set by `python -m benchmarks run`: the run's {meaning}")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "phase(name): the phase a bench function measures")
    config.pluginmanager.register(InterruptedCases())
    option = config.option
    os.environ.update(COMPILE_HERE)  # by hand nothing else sets it
    option.out = str(Path(option.out).absolute())  # a callable may change the working directory
    events = Events(option.events)
    try:
        plan = make_plan(texts_of(option), option.keyword)
        check_environment(plan.settings.axes.devices)
        run = Run.open(Path(option.run_dir).absolute(), int(option.pass_number)) if option.run_dir else None
    except (OptionError, PairError, RecordError) as error:
        _give_up(events, str(error))
    current = run.planned_pass(int(option.pass_number)) if run else only_pass(option.measure)
    cases = plan.cases if run else inherit_allocator(plan.cases)
    asked = [case for case in cases if (run.takes(current, case) if run else current.covers(case))]
    table = {(case.family, case.phase, case_id(case)): case for case in asked}
    config.stash[STATE] = State(plan, events, current, run, table)


def _give_up(events: Events, line: str) -> None:
    events.send("error", line=line)
    pytest.exit(escaped(line), returncode=USER_ERROR)


def _give_up_storing(config: pytest.Config, error: OSError) -> None:
    """Give up: the disk is full, or was never writable. What is stored so far stays."""
    state = config.stash[STATE]
    where = error.filename or folder_of_output(error) or (state.run.folder if state.run else config.option.out)
    _give_up(state.events, f"{where}: {error.strerror}")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    marker = metafunc.definition.get_closest_marker("phase")
    if marker is None:
        return
    place = (vars(metafunc.module)["FAMILY"], marker.args[0])
    names = [name for *at, name in metafunc.config.stash[STATE].cases if tuple(at) == place]
    values = [(name, variant) for name in names for variant in VARIANTS]
    metafunc.parametrize("case, variant", values, ids=["-".join(value) for value in values])


def _case_of(item: pytest.Function, state: State) -> Case:
    marker = next(item.iter_markers("phase"))
    return state.cases[vars(item.module)["FAMILY"], marker.args[0], str(item.callspec.params["case"])]


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Iterator[None]:
    """Order the cases of a supervised pass, which -k chose, at random; the two variants of a case stay together."""
    state = config.stash[STATE]
    # pytest collects a function without cases in this pass as one item without parameters: drop it.
    items[:] = [item for item in items if not _is_ours(item) or isinstance(item.callspec.params["case"], str)]
    if state.current.kind == "time":
        for item in filter(_is_ours, items):
            case = _case_of(item, state)
            make_benchmark(item, f"{case.phase} {case_id(case)}")
    try:
        yield  # -k chooses, pytest-benchmark skips
    except pytest.UsageError as error:
        _give_up(state.events, first_line(error))
    by_case: dict[Case, list[pytest.Function]] = {}
    for item in filter(_is_ours, items):
        by_case.setdefault(_case_of(item, state), []).append(item)
    state.selected = list(by_case)
    if state.run is not None:
        state.selected = state.current.order(state.selected, state.run.facts.get("start"))
        items[:] = [item for case in state.selected for item in by_case[case]]


def _is_ours(item: pytest.Item) -> TypeGuard[pytest.Function]:
    return item.get_closest_marker("phase") is not None


def pytest_collection_finish(session: pytest.Session) -> None:
    state = session.config.stash[STATE]
    # A timed pass may have no selected case (none of its allocator); the whole run must have one.
    if not session.items and (state.current.kind == "memory" or state.run is None):
        _give_up(state.events, f"-k {session.config.option.keyword!r}: selects nothing of {len(state.cases)} cases")
    if session.config.option.collectonly:
        return
    left = [case for case in state.selected if state.run is None or state.run.find(case, state.current) is None]
    state.events.send("plan", cases=len(state.selected), left=len(left))


@pytest.fixture(scope="session")
def bench(request: pytest.FixtureRequest) -> Iterator[Session]:
    """The session that measures; by hand it also makes the run and holds the lock, as a supervisor would."""
    state, typed = request.config.stash[STATE], CommandLine.of(request.config)
    made = nullcontext(state.run) if state.run else own_run(state.plan, state.current, state.selected, typed)
    try:
        with made as state.run:
            measure_ceilings(state.run, state.selected, lambda at: state.events.begin("ceiling", place=at))
            session = Session(state.run, state.current, state.plan.pairs, {case.device for case in state.selected})
            with quiet_collector():
                yield session
    except (lock.Busy, RunError, RecordError) as error:
        _give_up(state.events, str(error))
    except DeviceLost as error:
        state.events.send("lost", line=str(error))
        pytest.exit(str(error), returncode=FAILED)
    except OSError as error:
        _give_up_storing(request.config, error)


@pytest.fixture
def record_case(request: pytest.FixtureRequest) -> Record:
    """Measure a case once for both variants, store it, and hand this variant's rounds to pytest-benchmark."""
    state = request.config.stash[STATE]
    case = _case_of(request.node, state)

    def record(variant: str) -> None:
        if state.current.kind == "time":
            benchmark = request.getfixturevalue("benchmark")
            if benchmark.disabled:
                return run_once(prepare(state.plan.pairs[case.pair], case), variant)
        measurement = _measure(request, state, case)[VARIANTS.index(variant)]
        if measurement.state != OK:
            pytest.skip(f"{measurement.state}: {measurement.reason}")
        if state.current.kind == "time":
            benchmark.extra_info.update(asdict(case), variant=variant, calls_per_round=measurement.calls_per_round)
            play(benchmark, request.node.get_closest_marker("benchmark").kwargs["timer"], measurement.times_s)
        return None

    return record


def _measure(request: pytest.FixtureRequest, state: State, case: Case) -> Stored:
    session = request.getfixturevalue("bench")
    if stored := session.find(case):  # by the partner's test, or by a process that was killed
        return stored
    try:
        state.events.begin("start", case=asdict(case))
        outofplace, inplace = session.measure(case)
        speedup = pass_log_speedup(outofplace.times_s, inplace.times_s)
        state.events.send("done", case=asdict(case), log_speedup=speedup, state=outofplace.state)
    except (DeviceLost, GlobalsChanged) as error:
        with suppress(SupervisorGone):  # the case may have closed the pipe
            state.events.send("lost", line=str(error))
        if request.config.option.run_dir is None:  # otherwise the supervisor stores it, whatever else the case broke
            session.store_lost(case, str(error))
        pytest.exit(f"{case.pair} ({case.phase}): {error}", returncode=1)
    except SupervisorGone:
        pytest.exit("the supervisor is gone", returncode=1)
    except OSError as error:
        _give_up_storing(request.config, error)
    return outofplace, inplace


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Iterator[None]:
    """After pytest-benchmark has written its file, report that a pass reached its end; by hand it may be partial."""
    try:
        yield
    except OSError as error:
        _give_up_storing(session.config, error)
    if session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        with suppress(SupervisorGone):
            session.config.stash[STATE].events.end()
        if run := _own_run(session.config):
            session.exitstatus = DONE if run.facts["state"] == "complete" and not broken_promises(run) else FAILED


def pytest_report_teststatus(config: pytest.Config) -> tuple[str, str, str] | None:
    """Print no letter per test in a supervised pass: nobody reads it, and it takes longer than many calls."""
    return None if config.option.run_dir is None else ("", "", "")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """By hand: print where the run is, and how to read it."""
    if run := _own_run(config):
        terminalreporter.write_line("\n".join((*broken_promises(run), pass_summary(run))))


def _own_run(config: pytest.Config) -> Run | None:
    return config.stash[STATE].run if config.option.run_dir is None else None


def pytest_benchmark_generate_machine_info(config: pytest.Config) -> Mapping[str, object]:
    """The machine facts of the run, instead of pytest-benchmark's own, which ask the CPU for a second."""
    state = config.stash[STATE]
    return state.run.facts["machine"] if state.run else {}


def pytest_benchmark_update_json(config: pytest.Config, output_json: dict) -> None:
    """Store where the numbers come from: rounds of one pass, interleaved with the other variant's."""
    state = config.stash[STATE]
    name = state.run.folder.name if state.run else ""
    output_json["inplace_benchmarks"] = {"run": name, "pass": asdict(state.current)}
