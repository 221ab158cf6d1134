"""The crash trial's short form: killed at the calls that change something. `make crash-test` does it at every call."""

from __future__ import annotations

import pytest

from components.auth_token.rules import Token
from components.auth_token.seen import Strategy
from local.cloud.client import Cloud
from tests.trials.crashes.gate import Side, Where, changing
from tests.trials.crashes.scenarios import SCENARIOS, Scenario
from tests.trials.crashes.trial import Trial

CHANGES = [
    "PutSecretValue AWSPENDING",
    "ROTATE",
    "UpdateSecretVersionStage AWSCURRENT",
    "UpdateSecretVersionStage AWSPENDING",
    "SET",
    "UpdateSecretVersionStage RETIRED",
]


def scenario(name: str) -> Scenario:
    return next(it for it in SCENARIOS if it.name == name)


def at(name: str, side: Side) -> Where:
    return lambda _number, call: side if call == name else None


def test_killed_before_or_after_any_change_of_a_rotation(cloud: Cloud) -> None:
    with Trial(cloud, scenario("a rotation")) as trial:
        boundaries = [boundary for boundary in trial.boundaries() if changing(boundary.call)]
        assert [(it.call, it.side) for it in boundaries] == [(call, side) for call in CHANGES for side in Side]
        assert {str(it): trial.killed_at(it) for it in boundaries} == {str(it): [] for it in boundaries}


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("a new group that enforces its token", "PutSecretValue AWSCURRENT"),
        ("the puzzle, through a throw-away token", "SET"),
        ("a rotation, and then a further one", "ROTATE"),
        ("a rotation, killed again and again", "ROTATE"),
        ("an overlap that is waited for", "UpdateSecretVersionStage AWSCURRENT"),
        ("the up after an overlap", "SET"),
        ("publish: none", "SET"),
        ("adoption of an open group", "ROTATE"),
    ],
)
def test_killed_after_a_change_of_another_kind(cloud: Cloud, name: str, call: str) -> None:
    with Trial(cloud, scenario(name)) as trial:
        assert trial.killed_at(at(call, Side.AFTER)) == []


def test_a_token_that_clients_read_and_redis_refuses_is_noticed(cloud: Cloud) -> None:
    with Trial(cloud, scenario("a rotation")) as trial:
        assert trial.killed_at(at("SET", Side.BEFORE)) == []
        others = Token.random()
        for strategy in Strategy:
            assert trial.stack.ground.change_token(strategy, others)
        seen = trial.killed_at(at("ROTATE", Side.BEFORE))
        assert "before ROTATE: what clients hold is not accepted on every node" in seen


def test_a_call_that_never_comes_is_no_boundary_that_was_proven(cloud: Cloud) -> None:
    with Trial(cloud, scenario("a new group that enforces its token")) as trial:
        assert "there was no such call" in trial.killed_at(at("SET", Side.AFTER))[0]
