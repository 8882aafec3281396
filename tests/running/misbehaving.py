"""Kinds of misbehaving pairs: what the in-place variant does, the state of its case, and a pattern of the reason."""

from tests.support import pair_files

#: A command with words by which it is found if it is left running.
LEFT = ["sleep", "600.17"]
#: Pairs that end their process, or that a supervisor ends: each costs a fresh process.
ENDS = {
    "segmentation_fault": ("ctypes.string_at(0)", "crashed", "its process was ended by SIGSEGV"),
    "abort": ("os.abort()", "crashed", "its process was ended by SIGABRT"),
    "exits_with_0": ("os._exit(0)", "crashed", "its process ended with exit status 0"),
    "exits_with_1": ("os._exit(1)", "crashed", "its process ended with exit status 1"),
    "exits_as_without_tests": ("os._exit(5)", "crashed", "its process ended with exit status 5"),
    "exits_with_255": ("os._exit(-1)", "crashed", "its process ended with exit status 255"),
    "terminates_itself": ("os.kill(os.getpid(), 15)", "crashed", "its process was ended by SIGTERM"),
    "kills_itself": ("os.kill(os.getpid(), 9)", "crashed", "its process was ended by SIGKILL"),
    "stops_itself": ("os.kill(os.getpid(), 19)", "hung", "no end after 3 s, stopped"),
    "leaves_200_sessions": (
        f"[subprocess.Popen({LEFT}, start_new_session=True) for _ in range(200)]; os._exit(3)",
        *("crashed", "its process ended with exit status 3"),
    ),
    "loops_without_end": ("while True: time.sleep(0.01)", "hung", "no end after 3 s, stopped"),
}
#: Pairs that change a global of their process, which then ends. `tests/verify/globals` has all of them.
CHANGES = {
    "leaves_for_another_folder": ("os.chdir('/')", r"working folder \(.*, then /\)"),
    "sets_the_default_dtype": ("torch.set_default_dtype(torch.float64)", "default dtype"),
    "replaces_mul": ("torch.Tensor.mul_ = torch.Tensor.add_", r"torch\.Tensor \(mul_\)"),
    "replaces_standard_output": ("sys.stdout = None", r"sys \(stdout\)"),
    "sets_a_hook_of_exceptions": ("sys.excepthook = print", r"sys \(excepthook\)"),
    "leaves_a_thread": ("threading.Thread(target=time.sleep, args=(600,)).start()", "running threads"),
    "leaves_a_child": ("subprocess.Popen(['sleep', '600'])", r"child processes \(0, then \d\)"),
    "sets_an_alarm": ("signal.alarm(60)", "timers"),
}
#: Pairs whose process ends itself: it cannot report, and no variant is running.
CUTS_OFF = {"closes_every_file": ("os.closerange(0, 4096)", "its process ended with exit status 1")}
#: Pairs that a process survives: all of these share one.
SURVIVES = {
    "index_error": ("raise IndexError(4)", "crashed", "IndexError: 4"),
    "assertion_error": ("assert False", "crashed", "AssertionError"),
    "stop_iteration": ("next(iter(()))", "crashed", "StopIteration"),
    "system_exit": ("sys.exit()", "crashed", "SystemExit"),
    "system_exit_with_text": ("sys.exit('so')", "crashed", "SystemExit: so"),
    "system_exit_with_an_odd_code": ("sys.exit(object)", "crashed", "SystemExit: <class 'object'>"),
    "keyboard_interrupt": ("raise KeyboardInterrupt", "crashed", "KeyboardInterrupt"),
    "interrupts_itself": ("os.kill(os.getpid(), 2); time.sleep(1)", "crashed", "KeyboardInterrupt"),
    "generator_exit": ("raise GeneratorExit", "crashed", "GeneratorExit"),
    "error_without_text": ("raise Mute", "crashed", "Mute: its text raises ZeroDivisionError"),
    "error_of_20_mb": ("raise IndexError('4' * 20_000_000)", "crashed", "IndexError: 4+ .*20000012 characters"),
    "error_that_moves_the_cursor": (r"raise IndexError('\x1b[2J')", "crashed", r"IndexError: \\x1b\[2J"),
    "error_in_a_circle": ("a = IndexError(1); a.__cause__ = a; raise a", "crashed", "IndexError: 1"),
    "skips": ("pytest.skip('so')", "crashed", "Skipped: so"),
    "fails": ("pytest.fail('so')", "crashed", "Failed: so"),
    "ends_pytest": ("pytest.exit('so')", "crashed", "Exit: so"),
    "missing_file": ("open('/no/such/file')", "crashed", "FileNotFoundError: .*No such file"),
    "recursion": ("recurse()", "crashed", "RecursionError: maximum recursion depth"),
    "type_error": ("x + None", "unsupported", "unsupported operand type"),
    "not_implemented": ("raise NotImplementedError", "unsupported", "NotImplementedError"),
    "too_large_a_tensor": ("torch.empty(2**55)", "out_of_memory", ".*allocate memory"),
    "too_large_bytes": ("bytearray(2**62)", "out_of_memory", "MemoryError"),
    "returns_nothing": ("return None", "unsupported", ".*NoneType"),
    "returns_text": ("return 'x'", "crashed", "AssertionError: Expected output to be a torch.Tensor"),
    "returns_another_shape": ("return x[:2] * 2", "unsupported", ".*([Mm]ismatch|shape)"),
    "returns_what_has_no_graph": ("return x.detach()", "unsupported", ".*does not require grad"),
}
#: Pairs that are odd and harmless.
HARMLESS = {
    "prints_much": "print('x' * 1_000_000)",
    "prints_bytes": "os.write(1, bytes(range(256))); os.write(2, bytes(range(256)))",
    "forks_some_that_end": "[os.waitpid(os.posix_spawn('/bin/true', ['true'], {}), 0) for _ in range(5)]",
    "warns": "warnings.warn('so')",
    "draws": "torch.rand(3); random.random()",
    "collects": "gc.collect()",
    "returns_nan": "x = x * torch.nan",
}
HONEST = ("honest_first", "honest_between", "honest_last")

_HEAD = (
    pair_files.HEAD
    + """
import gc, random, subprocess, sys, threading, warnings
import pytest

class Mute(Exception):
    def __str__(self): return str(1 // 0)

def recurse(): recurse()
"""
)


def text_of(actions: dict[str, str]) -> str:
    """A file of one pair per action, with honest ones before, between and behind; `actions` may be none."""
    functions = [f"def {name}(x):\n    {action}\n    return x.mul_(2)\n" for name, action in actions.items()]
    pairs = [f"    pair({name!r}, double, {name}, verify=False),\n" for name in actions]
    first, between, last = (f"    pair({name!r}, verify=False),\n" for name in HONEST)
    middle = len(pairs) // 2
    listed = "".join([first, *pairs[:middle], between, *pairs[middle:], last])
    return f"{_HEAD}\n{chr(10).join(functions)}\nPAIRS = (\n{listed})\n"
