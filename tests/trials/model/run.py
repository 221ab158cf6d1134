"""The model, as many times as asked for: on the machine's port in memory, and on a local cloud."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis.stateful import run_state_machine_as_test

from components.auth_token.rules import Token
from local.cloud.client import Cloud
from tests.trials.model.cloud import CloudWorld
from tests.trials.model.machine import Model
from tests.trials.model.memory import MemoryWorld
from tests.trials.model.world import Nature, World

STEPS: Final = 20
"""How many things happen to a stack in one example, at most."""


def on_the_fake_port(examples: int, *, always_the_same: bool = False) -> int:
    """The number of examples that were run. Raises AssertionError with the shortest way to a violation."""
    return _explore(MemoryWorld, examples, STEPS, always_the_same)


def on_a_local_cloud(cloud: Cloud, examples: int, *, steps: int = STEPS, always_the_same: bool = False) -> int:
    """The same where nothing is in memory: its nodes are Redis servers, its secrets moto's."""
    return _explore(partial(CloudWorld, cloud), examples, steps, always_the_same)


def _explore(world: Callable[[Nature, Token | None], World], examples: int, steps: int, always_the_same: bool) -> int:
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
