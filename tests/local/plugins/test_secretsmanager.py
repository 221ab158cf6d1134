"""`aws.secretsmanager.Secret` and `aws.secretsmanager.SecretPolicy`."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.local.plugins.client import UNKNOWN, Json, Plugin

SECRET, POLICY = "aws:secretsmanager/secret:Secret", "aws:secretsmanager/secretPolicy:SecretPolicy"


@pytest.fixture
def secrets(others: Callable[..., Any]) -> Any:
    """Secrets Manager as others see it."""
    return others("secretsmanager")


def _policy(action: str) -> str:
    statement = {"Effect": "Allow", "Principal": "*", "Action": action, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_a_secret_as_the_program_asks_for_it(aws: Plugin, secrets: Any) -> None:
    wanted = {"name": "cache/token", "description": "where clients look", "recoveryWindowInDays": 0, "tags": {"a": "1"}}
    state = aws.create(SECRET, wanted)
    found = secrets.describe_secret(SecretId="cache/token")
    assert state.id == state.outputs["arn"] == found["ARN"]
    assert "VersionIdsToStages" not in found, "it has no value yet"
    assert {key: state.outputs[key] for key in wanted} == wanted
    assert state.outputs["tagsAll"] == {"a": "1", "owner": "tests"}
    assert not aws.diff(state, wanted).diffs
    aws.delete(state)
    assert aws.read(state) is None
    aws.delete(state)
    aws.delete(aws.create(SECRET, wanted))


def test_a_deleted_secret_keeps_its_name_for_a_while(aws: Plugin, secrets: Any) -> None:
    state = aws.create(SECRET, {"name": "waiting", "recoveryWindowInDays": 7})
    aws.delete(state)
    assert aws.read(state) is None
    assert "DeletedDate" in secrets.describe_secret(SecretId="waiting")
    with pytest.raises(Exception, match=r"creating Secrets Manager Secret \(it\): Resource"):
        aws.create(SECRET, {"name": "waiting"})


def test_changes(aws: Plugin) -> None:
    state = aws.create(SECRET, {"policy": _policy("secretsmanager:GetSecretValue")}, name="changes")
    wanted = {"description": "new", "policy": _policy("secretsmanager:*"), "tags": {"b": "2"}}
    assert set(aws.diff(state, wanted).diffs) == {"description", "policy", "tags", "tagsAll"}
    updated = aws.update(state, wanted)
    assert {key: updated.outputs[key] for key in wanted} == wanted
    bare = aws.update(updated, {"policy": "{}"})
    assert (bare.outputs["policy"], bare.outputs["tags"]) == ("", {})
    assert list(aws.diff(updated, {"name": "other"}).replaces) == ["name"]


def test_an_empty_policy_is_none(aws: Plugin) -> None:
    state = aws.create(SECRET, {"policy": "{}"}, name="empty")
    assert not aws.diff(state, {"policy": "{}"}).diffs


@pytest.mark.parametrize(
    ("news", "property_", "reason"),
    [
        ({"recoveryWindowInDays": 3}, "recoveryWindowInDays", "expected 0 or 7 to 30, got 3"),
        ({"replicas": [{"region": "eu-west-2"}]}, "replicas", "is not stood in for"),
        ({"policy": "no"}, "policy", "expected JSON"),
    ],
)
def test_broken_rules(aws: Plugin, news: Json, property_: str, reason: str) -> None:
    failures = aws.check(SECRET, news).failures
    assert list(failures) == [property_]
    assert failures[property_].startswith(reason)


def test_the_life_of_a_policy(aws: Plugin, secrets: Any) -> None:
    secret = aws.create(SECRET, {}, name="with-policy")
    wanted = {"secretArn": secret.id, "policy": _policy("secretsmanager:GetSecretValue"), "blockPublicPolicy": False}
    assert aws.preview(POLICY, {**wanted, "secretArn": UNKNOWN})["secretArn"] == UNKNOWN
    state = aws.create(POLICY, wanted)
    assert state.id == secret.id
    assert {key: state.outputs[key] for key in wanted} == wanted
    everything = _policy("secretsmanager:*")
    changed = {**wanted, "policy": everything}
    assert list(aws.diff(state, changed).diffs) == ["policy"]
    updated = aws.update(state, changed)
    attached = secrets.get_resource_policy(SecretId=secret.id)["ResourcePolicy"]
    assert json.loads(attached) == json.loads(everything)
    assert list(aws.diff(updated, {**changed, "secretArn": "arn:other"}).replaces) == ["secretArn"]
    aws.delete(updated)
    assert "ResourcePolicy" not in secrets.get_resource_policy(SecretId=secret.id)
    aws.delete(updated)
    aws.delete(secret)
    assert aws.read(updated) is None
    aws.delete(updated)
