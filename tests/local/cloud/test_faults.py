"""What goes wrong on request, what is not there, and what the log of calls tells of it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from local.cloud.client import Cloud
from local.cloud.errors import CloudError
from local.cloud.nodes.tokens import digest
from tests.local.cloud.conftest import ONCE
from tests.local.cloud.support import FIRST, SECOND, THIRD, Group, keywords, processes_of, refusal

if TYPE_CHECKING:
    from mypy_boto3_elasticache import ElastiCacheClient


def fault(operation: str, code: str, times: int = 1) -> dict[str, Any]:
    """A fault as the settings have it."""
    return {"operation": operation, "code": code, "times": times}


@pytest.mark.parametrize("code", ["Throttling", "ThrottlingException", "RequestLimitExceeded"])
def test_throttling_passes_after_as_many_calls_as_asked_for(
    cloud: Cloud, elasticache: "ElastiCacheClient", code: str
) -> None:
    cloud.settings(faults=[fault("DescribeReplicationGroups", code, times=2)])
    for _ in range(2):
        refusal(code, elasticache.describe_replication_groups)
    elasticache.describe_replication_groups()
    assert cloud.settings()["faults"] == []


def test_boto3_retries_throttling_by_itself(cloud: Cloud) -> None:
    cloud.settings(faults=[fault("DescribeReplicationGroups", "Throttling", times=2)])
    boto3.client("elasticache", **keywords(cloud)).describe_replication_groups()
    assert cloud.settings()["faults"] == []


def test_an_answer_may_be_lost_after_the_call_was_applied(cloud: Cloud, group: Callable[..., Group]) -> None:
    made = group(AuthToken=FIRST)
    cloud.settings(faults=[fault("ModifyReplicationGroup", "applyThenDrop")])
    with pytest.raises(ConnectionClosedError):
        made.rotate(SECOND)
    made.settled()
    with made.connection(made.primary) as ask:
        assert ask("AUTH", SECOND) == "+OK"


def test_a_call_may_be_lost_before_it_was_applied(cloud: Cloud, group: Callable[..., Group]) -> None:
    made = group(AuthToken=FIRST)
    cloud.settings(faults=[fault("ModifyReplicationGroup", "dropBefore")])
    with pytest.raises(ConnectionClosedError):
        made.rotate(SECOND)
    made.settled()
    with made.connection(made.primary) as ask:
        assert ask("AUTH", SECOND).startswith("-WRONGPASS")


@pytest.mark.parametrize("code", ["ThrottlingException", "applyThenDrop"])
def test_faults_of_other_services(cloud: Cloud, code: str) -> None:
    secrets = boto3.client("secretsmanager", **keywords(cloud), config=ONCE)
    name = f"secret-of-{code}"
    secrets.create_secret(Name=name, SecretString="first")
    cloud.settings(faults=[fault("PutSecretValue", code)])
    with pytest.raises((ClientError, ConnectionClosedError)):
        secrets.put_secret_value(SecretId=name, SecretString="second")
    expected = "second" if code == "applyThenDrop" else "first"
    assert secrets.get_secret_value(SecretId=name)["SecretString"] == expected


def test_settings_that_do_not_exist_change_nothing(cloud: Cloud) -> None:
    with pytest.raises(CloudError, match="delai"):
        cloud.settings(delai=1)
    with pytest.raises(CloudError, match="delay"):
        cloud.settings(puzzle=True, delay=-1)
    assert cloud.settings()["puzzle"] is False


def test_what_is_not_there_is_a_501_and_never_a_success(cloud: Cloud, elasticache: "ElastiCacheClient") -> None:
    calls: list[tuple[Callable[..., Any], dict[str, Any]]] = [
        (elasticache.create_cache_cluster, {"CacheClusterId": "a"}),
        (elasticache.describe_users, {}),
        (boto3.client("s3", **keywords(cloud), config=ONCE).list_buckets, {}),
        (boto3.client("ec2", **keywords(cloud), config=ONCE).run_instances, {"MinCount": 1, "MaxCount": 1}),
        (boto3.client("kms", **keywords(cloud), config=ONCE).describe_custom_key_stores, {}),
    ]
    for call, parameters in calls:
        with pytest.raises(ClientError) as caught:
            call(**parameters)
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501, caught.value


def test_calls_are_logged_with_hashes_in_place_of_secrets(cloud: Cloud, group: Callable[..., Group]) -> None:
    made = group(AuthToken=FIRST)
    made.rotate(SECOND)
    refusal("InvalidParameterValue", made.set_token, THIRD)
    secrets = boto3.client("secretsmanager", **keywords(cloud), config=ONCE)
    secrets.create_secret(Name=made.id, SecretString=json.dumps({"token": SECOND}))
    ours = [c for c in cloud.calls() if made.id in json.dumps(c)]
    asked = [(c["operation"], c["parameters"].get("AuthToken"), c["status"], c["error"]) for c in ours]
    hashed = [f"sha256:{digest(token)}" for token in (FIRST, SECOND, THIRD)]
    assert ("CreateReplicationGroup", hashed[0], 200, None) in asked
    assert ("ModifyReplicationGroup", hashed[1], 200, None) in asked
    assert ("ModifyReplicationGroup", hashed[2], 400, "InvalidParameterValue") in asked
    assert ("CreateSecret", None, 200, None) in asked
    file = [json.loads(line) for line in (cloud.root / "calls.jsonl").read_text().splitlines()]
    assert [c for c in file if made.id in json.dumps(c)] == ours


def test_tokens_are_in_no_file_and_no_process_argument(cloud: Cloud, group: Callable[..., Group]) -> None:
    tokens = [f"only-in-this-test-{number}" for number in range(4)]
    made = group(nodes=2, AuthToken=tokens[0])
    made.rotate(tokens[1])
    made.set_token(tokens[1])
    optional = group()
    optional.rotate(tokens[2])
    with optional.connection(optional.primary) as ask:
        assert ask("AUTH", tokens[3]).startswith("-WRONGPASS")
        assert ask("AUTH", tokens[2]) == "+OK"
    seen = [path.read_bytes() for path in cloud.root.rglob("*") if path.is_file()]
    processes = [cloud.pid, *processes_of(cloud.root)]
    assert len(processes) >= 4
    for pid in processes:
        seen += [Path(f"/proc/{pid}/{name}").read_bytes() for name in ("cmdline", "environ")]
    assert not [token for token in tokens for content in seen if token.encode() in content]
