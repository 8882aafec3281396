"""What pip and uv print where an environment cannot be made becomes one line that says why."""

import sys

import pytest

from benchmarks.versions import environments
from benchmarks.versions.environments import EnvironmentFailed, interpreter_of

PYTHON = ".".join(map(str, sys.version_info[:2]))

RETRY = (
    "WARNING: Retrying (Retry(total=0, connect=None, read=None, redirect=None, status=None)) after connection broken "
    "by 'NewConnectionError('<pip._vendor.urllib3.connection.HTTPConnection object at 0x7f29f018d210>: Failed to "
    "establish a new connection: [Errno 111] Connection refused')': /simple/torch/\n"
)
NONE = (
    "ERROR: Could not find a version that satisfies the requirement torch==2.99.0 (from versions: none)\n"
    "ERROR: No matching distribution found for torch==2.99.0"
)
LISTED = NONE.replace("none", "2.6.0, 2.7.0")
CONFLICT_ERRORS = (
    "ERROR: Cannot install torch==2.99.0 because these package versions have conflicting dependencies.\n"
    "ERROR: ResolutionImpossible: for help visit the page on conflicts"
)
CONFLICT_OUTPUT = """Looking in indexes: x

The conflict is caused by:
    The user requested torch==2.99.0
    The user requested (constraint) torch<=2.14.1

To fix this you could try to:
1. loosen the range of package versions you've specified"""
UV_REFUSED = (
    "error: Request failed after 3 retries in 11.4s\n  cause: Failed to fetch: /torch/\n  cause: tcp connect error"
)
UV_NONE = """  \u00d7 No solution found when resolving dependencies:
  ╰─▶ Because there is no version of torch==2.99.0 and you require torch==2.99.0,
      we can conclude that your requirements are unsatisfiable."""

SAID = {
    "no answer": (RETRY + NONE, "", "the package index does not answer (NewConnectionError)"),
    "no answer in time": (
        "ReadTimeoutError: Read timed out.",
        "",
        "the package index does not answer (Read timed out)",
    ),
    "no answer to uv": (UV_REFUSED, "", "the package index does not answer (Request failed)"),
    "an answer in the end": (RETRY + LISTED, "", "ERROR: No matching distribution found for torch==2.99.0"),
    "no build": (LISTED, "", "ERROR: No matching distribution found for torch==2.99.0"),
    "nothing listed": (NONE, "", "for torch==2.99.0: the package index lists no build for this Python and machine, or"),
    "conflict": (
        CONFLICT_ERRORS,
        CONFLICT_OUTPUT,
        "conflicting dependencies: The user requested torch==2.99.0; The user requested (constraint) torch<=2.14.1",
    ),
    "no build for uv": (UV_NONE, "", "Because there is no version of torch==2.99.0 and you require torch==2.99.0, we"),
    "another error": ("error: no space left on device", "", "error: no space left on device"),
    "no word": ("", "", "exit status 1"),
}


@pytest.fixture
def failing_install(tmp_path, monkeypatch):
    """Makes an installer that makes an environment and then fails with these words."""

    def make(errors, output):
        tool = tmp_path / "uv"
        (tmp_path / "errors").write_text(errors)
        (tmp_path / "output").write_text(output)
        script = f"cat {tmp_path}/errors >&2; cat {tmp_path}/output; exit 1"
        tool.write_text(f"#!/bin/sh\nif [ $1 = venv ]; then mkdir -p $4/bin; exit 0; fi\n{script}\n")
        tool.chmod(0o755)
        monkeypatch.setattr(environments.shutil, "which", lambda name: str(tool))

    return make


@pytest.mark.parametrize("errors, output, reason", SAID.values(), ids=[*SAID])
def test_why_an_environment_cannot_be_made_is_one_line_and_it_is_tried_again(
    tmp_path, failing_install, errors, output, reason
):
    failing_install(errors, output)
    for _ in range(2):
        with pytest.raises(EnvironmentFailed) as failed:
            interpreter_of("2.99.0", tmp_path / "kept")
    said = str(failed.value)
    assert said.startswith(f"torch 2.99.0: no environment with it can be made here with Python {PYTHON}: ")
    assert reason in said and "\n" not in said and len(said) < 400
    assert ("does not answer" in said) == ("does not answer" in reason)
