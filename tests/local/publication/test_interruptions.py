"""Every action, cut short between any two calls or its answer lost, and repeated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from components.auth_token.publication import Endpoints, SecretsManagerPublication
from components.auth_token.rules import Token
from components.auth_token.seen import Published, Publishing
from local.cloud.client import Cloud
from tests.local.publication.secret import (
    ELSEWHERE,
    HERE,
    PROMOTE,
    REJECT,
    RETIRE,
    STAGE,
    A,
    B,
    C,
    Killed,
    Secret,
    connect,
)

Action = tuple[Publishing, Token]
ROTATED = ((PROMOTE, A), (STAGE, B), (PROMOTE, B))

SITUATIONS: dict[str, tuple[tuple[Action, ...], Action, Endpoints]] = {
    "the first version": ((), (PROMOTE, A), HERE),
    "a new token": (((PROMOTE, A),), (STAGE, B), HERE),
    "a new token in the place of one that never came": (((PROMOTE, A), (STAGE, B)), (STAGE, C), HERE),
    "a token that is there already": (ROTATED, (STAGE, A), HERE),
    "the staged token": (((PROMOTE, A), (STAGE, B)), (PROMOTE, B), HERE),
    "a token that was never staged": (((PROMOTE, A),), (PROMOTE, B), HERE),
    "other endpoints, while another token is in flight": (((PROMOTE, A), (STAGE, B)), (PROMOTE, A), ELSEWHERE),
    "other endpoints since it was staged": (((PROMOTE, A), (STAGE, B)), (PROMOTE, B), ELSEWHERE),
    "the previous token": (ROTATED, (PROMOTE, A), HERE),
    "the first retired token": (ROTATED, (RETIRE, A), HERE),
    "another retired token": ((*ROTATED, (RETIRE, A), (STAGE, C), (PROMOTE, C)), (RETIRE, B), HERE),
    "a retired token that no version held": (((PROMOTE, B),), (RETIRE, A), HERE),
    "the rejected token in flight": (((PROMOTE, A), (STAGE, B)), (REJECT, B), HERE),
    "the rejected token that was published": ((*ROTATED, (PROMOTE, A)), (REJECT, B), HERE),
    "another rejected token": (((PROMOTE, A), (STAGE, B), (REJECT, B), (STAGE, C)), (REJECT, C), HERE),
}


@pytest.mark.parametrize("situation", SITUATIONS)
def test_cut_short_anywhere_and_repeated_it_ends_as_if_never_cut(
    make_secret: Callable[..., Secret], situation: str
) -> None:
    before, (action, token), endpoints = SITUATIONS[situation]
    whole = make_secret()
    whole.publish(*before)
    whole.process.calls = []
    whole.publish((action, token), endpoints=endpoints)
    calls, wanted = len(whole.process.calls), whole.versions()

    for boundary in range(calls):
        secret = make_secret()
        secret.publish(*before)
        allowed = {secret.current()} | ({token} if action is PROMOTE else set())
        secret.process.calls, secret.process.dies_before = [], boundary
        with pytest.raises(Killed):
            secret.publish((action, token), endpoints=endpoints)
        secret.process.dies_before = None
        assert secret.current() in allowed, f"cut short after {boundary} calls"
        secret.publish((action, token), endpoints=endpoints)
        assert secret.versions() == wanted, f"cut short after {boundary} calls"


@pytest.mark.parametrize("situation", SITUATIONS)
def test_an_answer_that_was_lost_is_asked_for_again_and_leaves_no_trace(
    cloud: Cloud, make_secret: Callable[..., Secret], patient: Any, situation: str
) -> None:
    before, (action, token), endpoints = SITUATIONS[situation]
    whole = make_secret()
    whole.publish(*before)
    whole.process.calls = []
    whole.publish((action, token), endpoints=endpoints)
    changes = {"PutSecretValue", "UpdateSecretVersionStage"} & set(whole.process.calls)
    assert changes
    for call in changes:
        secret = make_secret()
        secret.publish(*before)
        cloud.settings(faults=[{"operation": call, "code": "applyThenDrop"}])
        SecretsManagerPublication(patient, secret.arn, endpoints).publish(action, token)
        assert cloud.settings()["faults"] == [], "the answer was lost"
        assert secret.versions() == whole.versions()


@pytest.fixture(scope="session")
def patient(cloud: Cloud) -> Any:
    """A client that tries each call again, as the program's."""
    return connect(cloud, attempts=4)


def test_a_label_that_others_move_meanwhile_is_an_error_not_a_loss(secret: Secret) -> None:
    secret.publish((PROMOTE, A), (STAGE, B))
    ids = {label: id_ for id_, labels in secret.labels().items() for label in labels}

    def meanwhile(**_: Any) -> None:
        secret.client.meta.events.unregister("before-call.secretsmanager.UpdateSecretVersionStage", meanwhile)
        secret.write(HERE.content(C), "AWSCURRENT")

    secret.client.meta.events.register("before-call.secretsmanager.UpdateSecretVersionStage", meanwhile)
    with pytest.raises(secret.client.exceptions.InvalidParameterException):
        secret.publish((PROMOTE, B))
    assert secret.publication().look() == Published(current=C, pending=B, previous=A)
    assert secret.labels()[ids["AWSPENDING"]] == ["AWSPENDING"]
