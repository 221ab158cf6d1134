"""All scenarios, by what they are about."""

from tests.local.engine.conformance.scenario import Scenario
from tests.local.engine.conformance.scenarios import (
    configuration,
    failures,
    lifecycle,
    options,
    providers,
    replacement,
    values,
)

SCENARIOS: tuple[Scenario, ...] = (
    *lifecycle.SCENARIOS,
    *replacement.SCENARIOS,
    *options.SCENARIOS,
    *values.SCENARIOS,
    *providers.SCENARIOS,
    *failures.SCENARIOS,
    *configuration.SCENARIOS,
)
