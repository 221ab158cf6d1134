"""`aws.cloudwatch.LogGroup`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.local.plugins.client import Json, Plugin, State

LOG_GROUP, KEY = "aws:cloudwatch/logGroup:LogGroup", "aws:kms/key:Key"


@pytest.fixture
def logs(others: Callable[..., Any]) -> Any:
    """CloudWatch Logs as others see it."""
    return others("logs")


def test_a_group_as_the_program_asks_for_it(aws: Plugin, logs: Any) -> None:
    key = aws.create(KEY, {})
    wanted = {"name": "/cache/slow", "retentionInDays": 365, "kmsKeyId": key.outputs["arn"], "tags": {"a": "1"}}
    state = aws.create(LOG_GROUP, wanted)
    assert state.id == "/cache/slow"
    [group] = logs.describe_log_groups(logGroupNamePrefix="/cache/slow")["logGroups"]
    assert (group["retentionInDays"], group["kmsKeyId"]) == (365, key.outputs["arn"])
    assert state.outputs["arn"] + ":*" == group["arn"]
    assert logs.list_tags_for_resource(resourceArn=state.outputs["arn"])["tags"] == {"a": "1", "owner": "tests"}
    assert {key: state.outputs[key] for key in wanted} == wanted
    assert not aws.diff(state, wanted).diffs
    aws.delete(state)


def test_a_name_that_begins_like_another(aws: Plugin) -> None:
    longer = aws.create(LOG_GROUP, {"name": "/like/this-one"})
    assert aws.read(State(aws, LOG_GROUP, {}, "/like/this", {})) is None
    aws.delete(longer)


def test_changes(aws: Plugin, logs: Any) -> None:
    state = aws.create(LOG_GROUP, {"retentionInDays": 7, "tags": {"a": "1"}}, name="changes")
    wanted = {"retentionInDays": 30, "tags": {"b": "2"}}
    assert set(aws.diff(state, wanted).diffs) == {"retentionInDays", "tags", "tagsAll"}
    updated = aws.update(state, wanted)
    assert {key: updated.outputs[key] for key in wanted} == wanted
    assert updated.outputs["tagsAll"] == {"b": "2", "owner": "tests"}
    bare = aws.update(updated, {})
    assert (bare.outputs["retentionInDays"], bare.outputs["tags"]) == (0, {})
    [group] = logs.describe_log_groups(logGroupNamePrefix=state.id)["logGroups"]
    assert "retentionInDays" not in group
    assert not aws.diff(bare, {}).diffs


def test_a_group_is_gone_with_its_deletion(aws: Plugin) -> None:
    state = aws.create(LOG_GROUP, {}, name="gone")
    aws.delete(state)
    assert aws.read(state) is None
    aws.delete(state)


def test_a_group_can_stay(aws: Plugin) -> None:
    state = aws.create(LOG_GROUP, {"skipDestroy": True}, name="stays")
    aws.delete(state)
    assert aws.read(state) is not None


def test_a_name_that_is_taken(aws: Plugin) -> None:
    aws.create(LOG_GROUP, {"name": "taken"})
    with pytest.raises(
        Exception, match=r"^creating CloudWatch Logs Log Group \(it\): ResourceAlreadyExistsException: "
    ):
        aws.create(LOG_GROUP, {"name": "taken"})


@pytest.mark.parametrize(
    ("news", "property_", "reason"),
    [
        ({"retentionInDays": 8}, "retentionInDays", "expected one of 0, 1, 3, 5, 7, "),
        ({"logGroupClass": "CHEAP"}, "logGroupClass", "expected one of STANDARD, "),
        ({"namePrefix": "x"}, "namePrefix", "is not taken by the stand-in"),
        ({"kmsKey": "x"}, "kmsKey", "is not known here; did you mean kmsKeyId?"),
    ],
)
def test_broken_rules(aws: Plugin, news: Json, property_: str, reason: str) -> None:
    failures = aws.check(LOG_GROUP, news).failures
    assert list(failures) == [property_]
    assert failures[property_].startswith(reason)
