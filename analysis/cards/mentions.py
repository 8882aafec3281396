"""Which claims and hazards speak of a pair: those that call its in-place form in what they say."""

import re
from collections.abc import Iterable
from functools import lru_cache

from analysis.right.findings import Finding

#: A name that ends in an underscore is torch's in-place form; so is a call with `inplace=True`.
_TRAILING = re.compile(r"(?<![A-Za-z0-9])_*([A-Za-z][A-Za-z0-9_]*?)_(?![A-Za-z0-9_])")
_FLAG = re.compile(r"([A-Za-z][A-Za-z0-9_]*)\([^()]*\binplace=True")
_AUGMENTED = re.compile(r"[A-Za-z0-9_\])] ?(\*\*|//|<<|>>|[-+*/%&|^])= ")
#: Of a finding's details, those that hold statements which were run.
_STATEMENTS = ("for", "against", "seen", "beside")


@lru_cache(maxsize=4096)
def written_in_place(code: str) -> frozenset[str]:
    """The ops that `code` calls in place, each in one spelling: `x.relu_()`, `F.relu_(x)` and `nn.ReLU(inplace=True)`
    are 'relu', `torch._foreach_add_(xs, ys)` is 'foreachadd', `x += y` is '+'."""
    names = [*_TRAILING.findall(code), *_FLAG.findall(code)]
    return frozenset([*(name.replace("_", "").lower() for name in names), *_AUGMENTED.findall(f"{code} ")])


def speaking_of(findings: Iterable[Finding], inplace: str) -> tuple[Finding, ...]:
    """Those of `findings` that call, in their title or their evidence, an op that the code `inplace` calls.

    Their programs do not count: most write with `mul_` or `add_` for no reason but to write something.
    """
    ops = written_in_place(inplace)
    return tuple(each for each in findings if ops & written_in_place(_said(each)))


def _said(finding: Finding) -> str:
    return "\n".join([finding.title, *(text for label, text in finding.details if label in _STATEMENTS)])
