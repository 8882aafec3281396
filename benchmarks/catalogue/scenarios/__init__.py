"""Model-sized pairs: where people really use in-place ops, built in both variants.

- `activations`, `vision`, `attention`, `transformers`, `recurrence`, `caches`, `losses`, `optimizers`, `training`,
  `custom`, `compiled`: the topics, each with SCENARIOS
- `scenario`: what a scenario declares and builds
- `flags`, `updating`: builders that topics share: modules with an `inplace` flag, updates of weights
"""

import functools
from collections.abc import Mapping

from benchmarks.catalogue.declarations import declarations
from benchmarks.catalogue.scenarios.scenario import Built, Scenario, of_module
from benchmarks.record import Expectation, Growth

#: The topics, each a module of this package.
TOPICS = (
    "activations",
    "vision",
    "attention",
    "transformers",
    "recurrence",
    "caches",
    "losses",
    "optimizers",
    "training",
    "custom",
    "compiled",
)

#: The family name of scenarios, besides the families of ops.
FAMILY = "scenarios"


@functools.cache
def topics() -> Mapping[str, tuple[Scenario, ...]]:
    """Every scenario by topic. PairError, one line with file and scenario, for a wrong declaration."""
    return declarations(__name__, TOPICS, "SCENARIOS")


def topic_of(name: str) -> str:
    """The topic that declares a scenario; "" for a user's own."""
    return next((topic for topic, each in topics().items() for scenario in each if scenario.name == name), "")


__all__ = ["FAMILY", "Built", "Expectation", "Growth", "Scenario", "of_module", "topic_of", "topics"]
