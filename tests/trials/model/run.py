"""The model, as many times as asked for."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis.stateful import run_state_machine_as_test

from components.auth_token.rules import Token
from tests.trials.model.machine import Model
from tests.trials.model.world import Nature, World


def explore(world: Callable[[Nature, Token | None], World], examples: int, steps: int, *, always_the_same: bool) -> int:
    """The number of examples that were run. Raises AssertionError with the shortest way to a violation."""

    class Here(Model):
        world_type = world

    Here.TestCase.settings = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        derandomize=always_the_same,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
        verbosity=Verbosity.normal,
        print_blob=False,
    )
    run_state_machine_as_test(Here)
    return Here.examples
