"""The calls to AWS that neither moto nor the local cloud answers, against botocore's own model of them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import ANY, Stubber

from local.plugins.aws.cache_groups import ParameterGroup
from local.plugins.aws.kms import Key
from local.plugins.aws.logs import LogGroup
from local.plugins.aws.package import AwsPackage
from local.plugins.aws.replication_group import ReplicationGroup
from local.plugins.aws.session import Session
from local.plugins.schema import Call
from tests.local.plugins.client import Json
from tests.local.plugins.conftest import REGION


class StubbedSession(Session):
    """A session whose every client is the one that is stubbed."""

    def __init__(self, service: str) -> None:
        credentials = {"accessKey": "testing", "secretKey": "testing", "skipCredentialsValidation": True}
        super().__init__({"region": REGION, **credentials})
        self.stubbed: Any = boto3.client(
            service,
            region_name=REGION,
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
        )

    def client(self, service: str, region: str | None = None) -> Any:
        return self.stubbed


@contextlib.contextmanager
def stubbed(service: str, *calls: tuple[str, Json, Json]) -> Iterator[Call[Session]]:
    """Answers exactly these calls, given as operation, expected request and response, in this order."""
    session = StubbedSession(service)
    with Stubber(session.stubbed) as stubber:
        for operation, request, response in calls:
            stubber.add_response(operation, response, request)
        yield Call(session, 5.0)
        stubber.assert_no_pending_responses()


def _available(*members: str) -> list[tuple[str, Json, Json]]:
    """What is asked to see that a group and its members are available."""
    group = {"ReplicationGroupId": "g", "Status": "available", "MemberClusters": list(members)}
    clusters = [{"CacheClusterId": member, "CacheClusterStatus": "available"} for member in members]
    return [
        ("describe_replication_groups", {"ReplicationGroupId": "g"}, {"ReplicationGroups": [group]}),
        ("describe_cache_clusters", {}, {"CacheClusters": clusters}),
    ]


@pytest.mark.parametrize(
    ("before", "after", "operation"), [(2, 4, "increase_replica_count"), (4, 2, "decrease_replica_count")]
)
def test_more_and_fewer_nodes(before: int, after: int, operation: str) -> None:
    request = {"ReplicationGroupId": "g", "NewReplicaCount": after - 1, "ApplyImmediately": True}
    steps = [(operation, request, {}), *_available("g-001", "g-002")]
    with stubbed("elasticache", *steps) as call:
        old, new = {"numCacheClusters": before}, {"numCacheClusters": after}
        ReplicationGroup().update(call, "g", old, new, frozenset({"numCacheClusters"}))


def test_nodes_come_before_other_changes_and_go_after_them() -> None:
    def order(before: int, after: int) -> list[str]:
        modify = {"ReplicationGroupId": "g", "ReplicationGroupDescription": "new", "ApplyImmediately": False}
        replicas = {"ReplicationGroupId": "g", "NewReplicaCount": after - 1, "ApplyImmediately": True}
        steps = [("modify_replication_group", modify, {}), *_available("g-001")]
        if after > before:
            steps = [("increase_replica_count", replicas, {}), *_available("g-001"), *steps]
        else:
            steps = [*steps, ("decrease_replica_count", replicas, {}), *_available("g-001")]
        with stubbed("elasticache", *steps) as call:
            old = {"numCacheClusters": before, "description": "old"}
            new = {"numCacheClusters": after, "description": "new"}
            ReplicationGroup().update(call, "g", old, new, frozenset({"numCacheClusters", "description"}))
        return [operation for operation, _, _ in steps if not operation.startswith("describe")]

    assert order(2, 3) == ["increase_replica_count", "modify_replication_group"]
    assert order(3, 2) == ["modify_replication_group", "decrease_replica_count"]


def test_from_redis_to_valkey() -> None:
    request = {"ReplicationGroupId": "g", "Engine": "valkey", "EngineVersion": "8.0", "ApplyImmediately": True}
    with stubbed("elasticache", ("modify_replication_group", request, {}), *_available("g-001")) as call:
        old = {"engine": "redis", "engineVersion": "7.1"}
        new = {"engine": "valkey", "engineVersion": "8.0", "applyImmediately": True}
        ReplicationGroup().update(call, "g", old, new, frozenset({"engine", "engineVersion"}))
    with (
        stubbed("elasticache") as call,
        pytest.raises(Exception, match="engineVersion must change together with engine"),
    ):
        ReplicationGroup().update(call, "g", old, {"engine": "valkey"}, frozenset({"engine"}))


def test_a_topic_that_is_no_longer_wanted() -> None:
    request = {"ReplicationGroupId": "g", "NotificationTopicStatus": "inactive", "ApplyImmediately": False}
    with stubbed("elasticache", ("modify_replication_group", request, {}), *_available("g-001")) as call:
        ReplicationGroup().update(call, "g", {"notificationTopicArn": "arn:t"}, {}, frozenset({"notificationTopicArn"}))


def test_logs_to_firehose() -> None:
    delivery = {
        "LogType": "engine-log",
        "LogFormat": "json",
        "DestinationType": "kinesis-firehose",
        "DestinationDetails": {"KinesisFirehoseDetails": {"DeliveryStream": "stream"}},
        "Enabled": True,
    }
    request = {
        "ReplicationGroupId": "g",
        "LogDeliveryConfigurations": [delivery, {"LogType": "slow-log", "Enabled": False}],
        "ApplyImmediately": False,
    }
    entry = {
        "destination": "stream",
        "destinationType": "kinesis-firehose",
        "logFormat": "json",
        "logType": "engine-log",
    }
    with stubbed("elasticache", ("modify_replication_group", request, {}), *_available("g-001")) as call:
        old = {"logDeliveryConfigurations": [{**entry, "logType": "slow-log"}]}
        new = {"logDeliveryConfigurations": [entry]}
        ReplicationGroup().update(call, "g", old, new, frozenset({"logDeliveryConfigurations"}))


def test_parameters_go_in_portions_of_twenty() -> None:
    values = [{"name": f"p{number:02}", "value": "1"} for number in range(45)]
    listed = [{"ParameterName": entry["name"], "ParameterValue": "1"} for entry in values]

    def calls(operation: str) -> list[tuple[str, Json, Json]]:
        portions = (listed[:20], listed[20:40], listed[40:])
        return [(operation, {"CacheParameterGroupName": "g", "ParameterNameValues": some}, {}) for some in portions]

    with stubbed("elasticache", *calls("modify_cache_parameter_group")) as call:
        ParameterGroup().settle(call, "g", {"parameters": values})
    with stubbed("elasticache", *calls("reset_cache_parameter_group")) as call:
        ParameterGroup().update(call, "g", {"parameters": values}, {}, frozenset({"parameters"}))


def test_the_key_of_a_log_group() -> None:
    changed = frozenset({"kmsKeyId"})
    with stubbed("logs", ("associate_kms_key", {"logGroupName": "g", "kmsKeyId": "arn:k"}, {})) as call:
        LogGroup().update(call, "g", {"kmsKeyId": ""}, {"kmsKeyId": "arn:k"}, changed)
    with stubbed("logs", ("disassociate_kms_key", {"logGroupName": "g"}, {})) as call:
        LogGroup().update(call, "g", {"kmsKeyId": "arn:k"}, {}, changed)


def test_the_protection_of_a_log_group() -> None:
    request = {"logGroupIdentifier": "g", "deletionProtectionEnabled": True}
    with stubbed("logs", ("put_log_group_deletion_protection", request, {})) as call:
        LogGroup().update(call, "g", {}, {"deletionProtectionEnabled": True}, frozenset({"deletionProtectionEnabled"}))


def test_the_period_of_a_rotation_is_read() -> None:
    arn = f"arn:aws:kms:{REGION}:123456789012:key/k"
    metadata = {"KeyId": "k", "Arn": arn, "KeyState": "Enabled", "Enabled": True, "KeyUsage": "ENCRYPT_DECRYPT"}
    rotation = {"KeyRotationEnabled": True, "RotationPeriodInDays": 365}
    steps: list[tuple[str, Json, Json]] = [
        ("describe_key", {"KeyId": "k"}, {"KeyMetadata": metadata}),
        ("get_key_rotation_status", {"KeyId": "k"}, rotation),
        ("list_resource_tags", {"KeyId": "k"}, {"Tags": []}),
        ("get_key_policy", {"KeyId": "k", "PolicyName": ANY}, {"Policy": "{}"}),
    ]
    with stubbed("kms", *steps) as call:
        found = Key().read(call, "k", {"rotationPeriodInDays": 90})
    assert found is not None
    assert found["rotationPeriodInDays"] == 365


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ({"Code": "Throttling", "Message": "Rate exceeded"}, "Throttling: Rate exceeded (CreateKey)"),
        ({"Code": "InternalFailure"}, "InternalFailure: AWS gave no message (CreateKey)"),
        (
            {"Code": "500", "Message": "<!doctype html>\n<title>500</title>"},
            "500: a web page came instead of an answer of AWS's (CreateKey)",
        ),
    ],
)
def test_what_aws_says_in_words(answer: dict[str, str], text: str) -> None:
    error = ClientError({"Error": answer}, "CreateKey")  # type: ignore[typeddict-item]  # as AWS may answer, not as it should
    assert str(AwsPackage().explain(error)) == text


def test_an_error_that_nobody_expected_is_not_explained() -> None:
    assert AwsPackage().explain(KeyError("x")) is None
