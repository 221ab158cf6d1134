"""The rest of AWS, and what ElastiCache looks up there."""

import json
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from local.cloud.client import Cloud
from local.cloud.elasticache import groups
from tests.local.cloud.conftest import ONCE
from tests.local.cloud.support import FIRST, REGION, Group, keywords, refusal, until

if TYPE_CHECKING:
    from mypy_boto3_elasticache import ElastiCacheClient


@pytest.fixture
def aws(cloud: Cloud) -> Callable[[str], Any]:
    """Clients of any service."""
    return lambda service: boto3.client(service, **keywords(cloud), config=ONCE)


def test_the_services_answer(aws: Callable[[str], Any]) -> None:
    assert aws("sts").get_caller_identity()["Account"] == "123456789012"
    assert aws("ec2").describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
    assert aws("logs").describe_log_groups()["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert aws("cloudwatch").describe_alarms()["MetricAlarms"] == []
    assert aws("sns").list_topics()["Topics"] == []
    assert aws("iam").list_roles()["Roles"] == []


def test_a_group_is_encrypted_with_a_key_that_is_there(aws: Callable[[str], Any], group: Callable[..., Group]) -> None:
    kms = aws("kms")
    key = kms.create_key()["KeyMetadata"]
    alias = f"alias/{uuid.uuid4()}"
    kms.create_alias(AliasName=alias, TargetKeyId=key["KeyId"])
    for name in (key["KeyId"], key["Arn"], alias):
        made = group(AtRestEncryptionEnabled=True, KmsKeyId=name)
        assert made.now["KmsKeyId"] == key["Arn"]
    kms.schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=7)
    refusal("InvalidKMSKeyFault", group, AtRestEncryptionEnabled=True, KmsKeyId=key["Arn"])


def test_a_group_is_in_the_zones_of_its_subnets(
    aws: Callable[[str], Any], elasticache: "ElastiCacheClient", group: Callable[..., Group]
) -> None:
    subnets = aws("ec2").describe_subnets()["Subnets"][:2]
    security_group = aws("ec2").describe_security_groups()["SecurityGroups"][0]["GroupId"]
    name = f"subnets-{uuid.uuid4()}"
    made = elasticache.create_cache_subnet_group(
        CacheSubnetGroupName=name,
        CacheSubnetGroupDescription="of a test",
        SubnetIds=[subnet["SubnetId"] for subnet in subnets],
    )["CacheSubnetGroup"]
    assert made["VpcId"] == subnets[0]["VpcId"]
    in_it = group(nodes=2, CacheSubnetGroupName=name, SecurityGroupIds=[security_group])
    zones = {m["PreferredAvailabilityZone"] for m in in_it.now["NodeGroups"][0]["NodeGroupMembers"]}
    assert zones == {subnet["AvailabilityZone"] for subnet in subnets}
    refusal("CacheSubnetGroupInUse", elasticache.delete_cache_subnet_group, CacheSubnetGroupName=name)
    refusal(
        "InvalidSubnet",
        elasticache.create_cache_subnet_group,
        CacheSubnetGroupName="nowhere",
        CacheSubnetGroupDescription="of a test",
        SubnetIds=["subnet-nowhere"],
    )


def test_the_zones_without_subnets_are_those_of_the_region() -> None:
    from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend

    for region, zones in RegionsAndZonesBackend.zones.items():
        assert set(groups.zones_of(region)) <= {zone.name for zone in zones}


def test_log_deliveries_are_told_back(aws: Callable[[str], Any], group: Callable[..., Group]) -> None:
    name = f"/elasticache/{uuid.uuid4()}"
    delivery = {
        "LogType": "slow-log",
        "DestinationType": "cloudwatch-logs",
        "DestinationDetails": {"CloudWatchLogsDetails": {"LogGroup": name}},
        "LogFormat": "json",
    }
    refusal("InvalidParameterValue", group, LogDeliveryConfigurations=[delivery])
    aws("logs").create_log_group(logGroupName=name)
    made = group(LogDeliveryConfigurations=[delivery])
    assert made.now["LogDeliveryConfigurations"] == [{**delivery, "Status": "active"}]
    made.modify(LogDeliveryConfigurations=[{"LogType": "slow-log", "Enabled": False}])
    assert made.now["LogDeliveryConfigurations"] == []


@pytest.mark.parametrize("form", ["json", "text"])
def test_slow_commands_come_to_the_log_group(aws: Callable[[str], Any], group: Callable[..., Group], form: str) -> None:
    logs, name, parameters = aws("logs"), f"/elasticache/{uuid.uuid4()}", f"slow-{uuid.uuid4()}"
    logs.create_log_group(logGroupName=name)
    elasticache = aws("elasticache")
    elasticache.create_cache_parameter_group(
        CacheParameterGroupName=parameters, CacheParameterGroupFamily="redis7", Description="everything is slow"
    )
    elasticache.modify_cache_parameter_group(
        CacheParameterGroupName=parameters,
        ParameterNameValues=[{"ParameterName": "slowlog-log-slower-than", "ParameterValue": "0"}],
    )
    delivery = {
        "LogType": "slow-log",
        "DestinationType": "cloudwatch-logs",
        "DestinationDetails": {"CloudWatchLogsDetails": {"LogGroup": name}},
        "LogFormat": form,
    }
    made = group(AuthToken=FIRST, CacheParameterGroupName=parameters, LogDeliveryConfigurations=[delivery])
    made.redis(made.primary, FIRST).set("a-slow-key", "value")
    stream = f"elasticache/redis/{made.id}-001/0001/slow-log"

    def messages() -> list[str]:
        if not logs.describe_log_streams(logGroupName=name)["logStreams"]:
            return []
        return [event["message"] for event in logs.get_log_events(logGroupName=name, logStreamName=stream)["events"]]

    found = until(lambda: [m for m in messages() if "a-slow-key" in m], "the slow log is delivered")
    if form == "json":
        entry = json.loads(found[0])
        assert (entry["CacheClusterId"], entry["Command"]) == (f"{made.id}-001", "SET a-slow-key value")
    else:
        assert found[0].startswith(f"{made.id}-001,0001,")
    assert not [m for m in messages() if FIRST in m]


@pytest.mark.parametrize("stages", [["AWSCURRENT"], ["AWSPENDING"]])
def test_a_version_of_a_secret_never_changes(aws: Callable[[str], Any], stages: list[str]) -> None:
    secrets, name, token = aws("secretsmanager"), str(uuid.uuid4()), str(uuid.uuid4())
    secrets.create_secret(Name=name, SecretString="before")
    put: dict[str, Any] = {"SecretId": name, "ClientRequestToken": token, "VersionStages": stages}
    for _ in range(2):
        assert secrets.put_secret_value(**put, SecretString=FIRST)["VersionId"] == token
    message = refusal("ResourceExistsException", secrets.put_secret_value, **put, SecretString="other")
    assert FIRST not in message
    assert secrets.get_secret_value(SecretId=name, VersionId=token)["SecretString"] == FIRST


def test_what_is_read_without_a_label_follows_awscurrent(aws: Callable[[str], Any]) -> None:
    secrets, name = aws("secretsmanager"), str(uuid.uuid4())
    secrets.create_secret(Name=name)
    first, second = (
        secrets.put_secret_value(SecretId=name, SecretString=text, VersionStages=[stage])["VersionId"]
        for text, stage in (("first", "AWSCURRENT"), ("second", "AWSPENDING"))
    )
    for text, to, frm in (("second", second, first), ("first", first, second)):
        secrets.update_secret_version_stage(
            SecretId=name, VersionStage="AWSCURRENT", MoveToVersionId=to, RemoveFromVersionId=frm
        )
        assert secrets.get_secret_value(SecretId=name)["SecretString"] == text
    third = secrets.put_secret_value(SecretId=name, SecretString="third")["VersionId"]
    labels = secrets.describe_secret(SecretId=name)["VersionIdsToStages"]
    assert (labels[third], labels[first], labels[second]) == (["AWSCURRENT"], ["AWSPREVIOUS"], ["AWSPENDING"])


def test_a_label_is_moved_only_from_where_it_is_said_to_be(aws: Callable[[str], Any]) -> None:
    secrets, name = aws("secretsmanager"), str(uuid.uuid4())
    secrets.create_secret(Name=name, SecretString="first")
    first = secrets.get_secret_value(SecretId=name)["VersionId"]
    second = secrets.put_secret_value(SecretId=name, SecretString="second", VersionStages=["OURS"])["VersionId"]
    move = {"SecretId": name, "VersionStage": "OURS", "MoveToVersionId": first}
    refusal("InvalidParameterException", secrets.update_secret_version_stage, **move)
    refusal("InvalidParameterException", secrets.update_secret_version_stage, **move, RemoveFromVersionId=first)
    secrets.update_secret_version_stage(**move, RemoveFromVersionId=second)
    refusal("InvalidParameterException", secrets.update_secret_version_stage, **move)
    assert "OURS" in secrets.describe_secret(SecretId=name)["VersionIdsToStages"][first]


def test_requests_without_a_signature_are_refused(cloud: Cloud) -> None:
    from botocore import UNSIGNED
    from botocore.config import Config

    config = Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1})
    unsigned = boto3.client("elasticache", **keywords(cloud), config=config)
    refusal("MissingAuthenticationToken", unsigned.describe_replication_groups)


def test_a_key_policy_is_kept_as_it_was_given(aws: Callable[[str], Any]) -> None:
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "kms:*"}]}
    kms = aws("kms")
    key = kms.create_key(Policy=json.dumps(policy))["KeyMetadata"]["KeyId"]
    assert json.loads(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"]) == policy
    assert REGION in kms.describe_key(KeyId=key)["KeyMetadata"]["Arn"]
