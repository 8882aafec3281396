"""The claims: the machinery on invented ones, and each belief's verdict on this torch against what is known of 2.13."""

from dataclasses import replace

import pytest
import torch

from benchmarks.autograd.claims import CLAIMS, memory, references
from benchmarks.autograd.claims.claim import Setting, decide
from benchmarks.autograd.hazards.hazard import examine_hazard
from benchmarks.autograd.record.files import CLAIMS as KIND
from benchmarks.autograd.record.files import Stored
from benchmarks.autograd.record.findings import NOT_AVAILABLE, VERDICTS
from tests.autograd import invented

BY_NAME = {claim.name: claim for claim in CLAIMS}
SETTING = Setting("cpu", str(torch.__version__))

#: Verdicts on torch 2.13 on a CPU, each reproduced by hand.
KNOWN = {
    "standard-add": "true",
    "leaf-add": "false",
    "reuse-add": "false",
    "chain-rule": "false",
    "overwritten-values": "true",
    "altered-leaves": "partly",
    "higher-order": "false",
    "complex-losses": "false",
    "accumulation": "false",
    "custom-functions": "partly",
    "recurrent": "partly",
    "memory": "partly",
    "references-decide": "partly",
    "notes-shared-storage": "false",
    "notes-no-error": "false",
    "versions": "not available",
}


@pytest.fixture(scope="module")
def rows():
    """Every claim decided once."""
    return {claim.name: decide(claim, SETTING) for claim in CLAIMS}


@pytest.mark.parametrize("held", invented.VERDICTS)
def test_the_verdict_is_what_was_observed(held):
    row = decide(invented.claim(invented.PROGRAMS[held]), SETTING)
    assert row.verdict == invented.VERDICTS[held]
    assert [observation.holds for observation in row.observations] == list(held)
    assert bool(row.reason) == (row.verdict == NOT_AVAILABLE)


@pytest.mark.parametrize(
    "program, reason",
    [
        (invented.breaks_off, "the program failed: ZeroDivisionError: in the program"),
        (invented.lacks_device, "no source of bytes"),
    ],
)
def test_a_program_that_breaks_off_has_no_verdict_but_a_reason(program, reason):
    row = decide(invented.claim(program), SETTING)
    assert (row.verdict, row.reason) == (NOT_AVAILABLE, reason)
    assert len(row.observations) == 1  # what was seen before is kept
    assert row.place.startswith("tests/autograd/invented.py:") and f"def {program.__name__}" in row.program


def test_names_are_one_each():
    assert len(BY_NAME) == len(CLAIMS) and set(KNOWN) == set(BY_NAME)


@pytest.mark.slow
@pytest.mark.parametrize("name", BY_NAME)
def test_every_claim_runs_and_agrees_with_what_is_known(rows, name):
    row = rows[name]
    assert row.verdict in VERDICTS and "the program failed" not in row.reason
    assert row.observations or row.verdict == NOT_AVAILABLE
    if torch.__version__.startswith("2.13."):
        assert row.verdict == KNOWN[name], row


def seen(row, what):
    (found,) = (observation for observation in row.observations if observation.what.startswith(what))
    return found


needs_2_13 = pytest.mark.skipif(not torch.__version__.startswith("2.13."), reason="known of torch 2.13")


@needs_2_13
def test_the_second_example_raises_before_anything_is_written(rows):
    assert "a leaf Variable that requires grad is being used" in seen(rows["leaf-add"], "z = x.add_(y)").seen
    assert seen(rows["leaf-add"], "x afterwards").seen == "2, version counter 0"


@needs_2_13
def test_the_third_example_is_always_two_and_one(rows):
    assert seen(rows["reuse-add"], "z = x + y").seen == "2; 1"
    assert seen(rows["reuse-add"], "tensors that add saves").seen == "none"


@needs_2_13
def test_what_breaks_in_custom_functions(rows):
    row = rows["custom-functions"]
    assert seen(row, "swish that saves x and then").seen == "0.8354"
    assert "0.9277 is right" in seen(row, "swish that saves x and then").what
    assert seen(row, "backward writes its grad_output").seen == "0.5; 0.5"
    assert seen(row, "without mark_dirty").holds is True


@needs_2_13
def test_which_recurrent_forms_raise(rows):
    held = {observation.what: observation.holds for observation in rows["recurrent"].observations}
    assert held["h = tanh(h @ w); h += x"] and held["H[t + 1] = tanh(H[t] @ w + x)"]
    assert held["h = (h @ w).add_(x).tanh_()"] is False


@needs_2_13
def test_leaves_are_blocked_in_grad_mode_and_reached_past_it(rows):
    altered = {o.what for o in rows["altered-leaves"].observations if o.holds}
    assert altered == {
        *("with no_grad: x.mul_(2)", "x.data.mul_(2)", "x.detach().mul_(2)"),
        "x.logical_not_()",
    }


#: Held bytes, out-of-place -> in-place, in inputs N.
HELD = {
    "add": (1, 1),
    "relu": (1, 1),
    "sigmoid": (1, 1),
    "leaky_relu": (2, 1),
    "elu": (2, 1),
    "silu": (2, 2),
    "hardtanh": (2, 2),
    "mul, backward needs the other operand": (1, 1),
    "mul, backward needs the old input": (2, 2),
}


@needs_2_13
@pytest.mark.parametrize("op", HELD)
def test_held_bytes_are_exact(rows, op):
    found = [o for o in rows["memory"].observations if o.what.startswith(f"{op}") and o.what.endswith(": held")]
    (observation,) = found if "," in op else [o for o in found if o.what.startswith(f"{op},")]
    n = memory._N
    out, inplace = HELD[op]
    assert observation.seen.startswith(f"{out * n:,} -> {inplace * n:,} bytes")
    assert observation.holds is (inplace < out)


@needs_2_13
def test_references_decide(rows):
    lowered = {o.what for o in rows["references-decide"].observations if o.holds}
    networks = list(references._NETWORKS)
    always = {f"{network}, {name}" for network in networks for name in ("leaky_relu", "elu")}
    (held,) = (network for network in networks if network.endswith("held"))
    assert lowered == always | {f"{held}, relu"}


def test_a_torch_that_accepted_leaves_would_be_told(monkeypatch):
    monkeypatch.setattr(torch.Tensor, "add_", torch.Tensor.add)
    assert decide(BY_NAME["leaf-add"], SETTING).verdict == "true"


def test_a_torch_whose_add_were_unsteady_would_be_told(monkeypatch):
    results = iter(range(10_000))
    monkeypatch.setattr(torch.Tensor, "add_", lambda z, x: z * (1 + next(results) % 2) + x)
    row = decide(BY_NAME["reuse-add"], SETTING)
    assert row.verdict == "true" and seen(row, "z = x + y").seen == "2; 1 or 3; 2"


def test_a_torch_that_did_not_check_versions_would_be_told(monkeypatch):
    monkeypatch.setattr(torch.Tensor, "mul_", lambda y, factor: y.data.__imul__(factor))
    assert decide(BY_NAME["overwritten-values"], SETTING).verdict == "partly"


def test_a_torch_with_a_wrong_second_derivative_would_be_told(monkeypatch):
    class Sine(torch.autograd.Function):
        @staticmethod
        def forward(context, x):
            context.save_for_backward(x)
            return x.sin()

        @staticmethod
        def backward(context, gradient):
            return gradient * context.saved_tensors[0].detach().cos()

    monkeypatch.setattr(torch.Tensor, "sin_", lambda y: Sine.apply(y))  # a plain function, so that it binds
    row = decide(BY_NAME["higher-order"], SETTING)
    assert row.verdict == "partly"
    assert seen(row, "first derivative").holds is False and seen(row, "second derivative").holds is True


def stored_as(version, rows, kind=KIND) -> Stored:
    return Stored(kind, version, "cpu", "a CPU", "Linux", "3.11", "20260101T000000Z", tuple(rows))


def across(own, stored, stored_hazards=()):
    return decide(BY_NAME["versions"], Setting("cpu", "9.0", own, stored, stored_hazards))


def test_claims_are_compared_across_versions(rows):
    own = {name: rows[name] for name in ("standard-add", "leaf-add")}
    same = across(own, [stored_as("8.0", own.values())])
    assert same.verdict == "false" and same.observations[0].seen == "2 of 2 the same"
    accepted = replace(own["leaf-add"].observations[0], holds=True)  # the same verdict, by another observation
    other = replace(own["leaf-add"], observations=(accepted, *own["leaf-add"].observations[1:]))
    differing = across(own, [stored_as("8.0", [rows["standard-add"], other])])
    assert differing.verdict == "true"
    assert differing.observations[0].seen == "1 of 2 the same; not leaf-add (false there, false here)"
    for alone in ([], [stored_as("9.0", own.values())], [stored_as("8.0", [rows["recurrent"]])]):
        row = across(own, alone)
        assert row.verdict == NOT_AVAILABLE and "nothing of another torch" in row.reason


def test_hazards_are_compared_across_versions_too(rows):
    own = {"leaf-add": rows["leaf-add"]}
    programs = (invented.lies, invented.right, invented.needs)
    found = [examine_hazard(invented.hazard(program), "cpu") for program in programs]
    healed = [replace(row, status="fixed") for row in found]
    hazards = [stored_as("9.0", found, "hazards"), stored_as("8.0", healed, "hazards")]
    row = across(own, [stored_as("8.0", own.values())], hazards)
    assert row.verdict == "partly"  # the claims are the same, a hazard is not
    assert row.observations[1].seen == "1 of 2 the same; not lies (fixed there, silent here)"
