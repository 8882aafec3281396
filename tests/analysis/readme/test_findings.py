"""The page of what was found in torch: its scripts need torch alone, do what the hazards do, and none is missing."""

import ast
import builtins
import inspect
import re

import pytest

from analysis.readme.finding_markers import finding_text, findings_table
from analysis.readme.quoted import REFERENCE, Quoted
from analysis.readme.rewrite import TORCH_FINDINGS
from analysis.readme.standalone import source_of, standalone
from benchmarks.autograd.evidence import numbers
from benchmarks.autograd.hazards import HAZARDS
from benchmarks.autograd.record.findings import SILENT
from tests.support.commands import ROOT

ISOLATED = [hazard for hazard in HAZARDS if hazard.isolated]


@pytest.fixture(scope="module")
def quoted():
    return Quoted(ROOT)


def script_of(hazard):
    file = inspect.getsourcefile(hazard.program)
    return standalone(ROOT, file.removeprefix(f"{ROOT}/"), hazard.program.__name__)


def outcome(program):
    """What a program gives, as short text; the error that it raises."""
    try:
        return numbers(program())
    except RuntimeError as error:
        return f"{type(error).__name__}: {error}"


def printed(script):
    got = []
    exec(compile(script, "script", "exec"), {"print": lambda *results: got.extend(results)})
    (first, *_) = got
    return first if len(got) == 1 and not hasattr(first, "shape") else got


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("hazard", [each for each in HAZARDS if not each.isolated], ids=lambda each: each.name)
def test_a_script_gives_what_its_hazard_gives(hazard):
    script = script_of(hazard)
    assert "benchmarks" not in script and "device=device" not in script
    assert outcome(lambda: printed(script)) == outcome(lambda: hazard.program("cpu"))


@pytest.mark.parametrize("hazard", ISOLATED, ids=lambda each: each.name)
def test_a_compiled_script_defines_what_it_uses(hazard):
    """It is run by `make hazards`, in a process of its own: here only its names are checked."""
    tree = ast.parse(script_of(hazard))
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    made = {node.id for node in names if isinstance(node.ctx, ast.Store)} | set(dir(builtins))
    made |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    made |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    imports = [alias for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom) for alias in node.names]
    made |= {(alias.asname or alias.name).split(".")[0] for alias in imports}
    assert {node.id for node in names} <= made
    assert "torch.compile(" in ast.unparse(tree) and "_run(" not in ast.unparse(tree)


@pytest.mark.slow
def test_each_program_that_is_silently_wrong_somewhere_is_on_the_page(quoted):
    shown = re.findall(r"<!-- finding (\S+) -->", (ROOT / TORCH_FINDINGS).read_text())
    wrong = re.findall(r"^\| \[`(\S+)`\]", findings_table(quoted), re.MULTILINE)
    assert len(shown) == len(set(shown)) and len(wrong) > 20
    assert set(wrong) <= set(shown) <= {hazard.name for hazard in HAZARDS}


def test_versions_with_one_outcome_share_a_line(quoted):
    row = next(row for row in quoted.truth.hazards.at(quoted.truth.hazards.places[0]) if row.status == SILENT)
    text = finding_text(quoted, row.name)
    (line,) = [line for line in text.splitlines() if row.obtained in line]
    assert row.true in line and line.count("torch") == 1


@pytest.mark.slow
def test_a_program_that_was_changed_is_not_shown_with_old_results(quoted, tmp_path):
    """The result must be of the program that stands above it."""
    hazard = next(each for each in HAZARDS if each.name == "logical-in-place")
    file = inspect.getsourcefile(hazard.program).removeprefix(f"{ROOT}/")
    assert source_of(ROOT, file, hazard.program.__name__) == inspect.getsource(hazard.program).rstrip()
    for path in (file, "benchmarks/autograd/evidence.py"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text((ROOT / path).read_text().replace("x * 3", "x * 4"))
    (tmp_path / REFERENCE).mkdir(parents=True)
    (tmp_path / REFERENCE / "autograd").symlink_to(ROOT / REFERENCE / "autograd")
    with pytest.raises(LookupError, match="has changed since it was run"):
        finding_text(Quoted(tmp_path), hazard.name)
    with pytest.raises(LookupError, match="no kept results"):
        finding_text(quoted, "nothing")
