"""Replication groups through boto3: what is told of them, what is refused, how changes take their time."""

import socket
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from local.cloud.client import Cloud
from tests.local.cloud.support import (
    FIRST,
    LONG,
    OPEN,
    REGION,
    SECOND,
    Group,
    keywords,
    new_group,
    processes_of,
    refusal,
    until,
)

if TYPE_CHECKING:
    from mypy_boto3_elasticache import ElastiCacheClient


def test_a_group_is_told_as_aws_tells_it(group: Callable[..., Group]) -> None:
    made = group(
        nodes=2, AuthToken=FIRST, MultiAZEnabled=True, AtRestEncryptionEnabled=True, SnapshotRetentionLimit=3, Port=6400
    )
    told = made.now
    assert told["ARN"] == f"arn:aws:elasticache:{REGION}:123456789012:replicationgroup:{made.id}"
    assert told["MemberClusters"] == [f"{made.id}-001", f"{made.id}-002"]
    assert (told["AutomaticFailover"], told["MultiAZ"], told["ClusterEnabled"]) == ("enabled", "enabled", False)
    assert (told["TransitEncryptionMode"], told["AtRestEncryptionEnabled"]) == ("required", True)
    assert {port for _, port in made.addresses} == {6400}
    hosts = [host for host, _ in made.addresses]
    assert len(set(hosts)) == len(hosts) == 4
    [one] = made.client.describe_cache_clusters(CacheClusterId=f"{made.id}-002", ShowCacheNodeInfo=True)[
        "CacheClusters"
    ]
    assert one["CacheNodes"][0]["Endpoint"]["Address"] == made.members[f"{made.id}-002"][0]
    assert (one["EngineVersion"], one["ReplicationGroupId"]) == ("7.1.0", made.id)
    assert one["CacheParameterGroup"]["CacheParameterGroupName"] == "default.redis7"


def test_creation_takes_its_time(cloud: Cloud, elasticache: "ElastiCacheClient") -> None:
    cloud.settings(delay=LONG)
    made = new_group(cloud, elasticache, nodes=2)
    assert made.now["Status"] == "creating"
    assert "NodeGroups" not in made.now
    cloud.settings(delay=0)
    assert made.settled()["NodeGroups"]
    cloud.settings(delay=LONG)
    elasticache.delete_replication_group(ReplicationGroupId=made.id)
    assert made.now["Status"] == "deleting"
    refusal("InvalidReplicationGroupState", elasticache.delete_replication_group, ReplicationGroupId=made.id)
    cloud.settings(delay=0)
    until(lambda: not left_of(elasticache, made.id), "it is gone")
    assert not processes_of(cloud.root / "nodes" / made.id)


def left_of(elasticache: "ElastiCacheClient", name: str) -> list[Any]:
    """The groups of this name that are left."""
    return [
        g for g in elasticache.describe_replication_groups()["ReplicationGroups"] if g["ReplicationGroupId"] == name
    ]


def test_a_rotation_shows_while_it_is_under_way(cloud: Cloud, group: Callable[..., Group]) -> None:
    made = group(nodes=2, AuthToken=FIRST)
    before = made.now["AuthTokenLastModifiedDate"]
    for strategy, status in (("ROTATE", "ROTATING"), ("SET", "SETTING")):
        cloud.settings(delay=LONG)
        request: Any = {
            "ReplicationGroupId": made.id,
            "AuthToken": SECOND,
            "AuthTokenUpdateStrategy": strategy,
            "ApplyImmediately": True,
        }
        answered = made.client.modify_replication_group(**request)["ReplicationGroup"]
        assert (answered["Status"], answered["PendingModifiedValues"]) == ("modifying", {"AuthTokenStatus": status})
        assert made.now["PendingModifiedValues"] == {"AuthTokenStatus": status}
        members = made.client.describe_cache_clusters(CacheClusterId=f"{made.id}-001")["CacheClusters"]
        assert members[0]["PendingModifiedValues"] == {"AuthTokenStatus": status}
        refusal("InvalidReplicationGroupState", made.client.modify_replication_group, **request)
        refusal("InvalidReplicationGroupState", made.client.list_tags_for_resource, ResourceName=answered["ARN"])
        cloud.settings(delay=0)
        after = made.settled()["AuthTokenLastModifiedDate"]
        assert before < after <= datetime.now(UTC)
        before = after


def test_the_status_may_lag_behind_a_call(cloud: Cloud, group: Callable[..., Group]) -> None:
    made = group(AuthToken=FIRST)
    cloud.settings(status_lag=1.5, delay=LONG)
    made.client.modify_replication_group(ReplicationGroupId=made.id, AuthToken=SECOND, ApplyImmediately=True)
    assert made.now["Status"] == "available"
    assert made.now["PendingModifiedValues"] == {"AuthTokenStatus": "ROTATING"}
    until(lambda: made.now["Status"] == "modifying", "the status has caught up")
    cloud.settings(delay=0)
    made.settled()


def test_nodes_may_learn_one_after_the_other(cloud: Cloud, group: Callable[..., Group]) -> None:
    made = group(nodes=2, AuthToken=FIRST)
    cloud.settings(node_stagger=LONG)
    made.client.modify_replication_group(ReplicationGroupId=made.id, AuthToken=SECOND, ApplyImmediately=True)
    primary, replica = made.members.values()

    def accepts(address: tuple[str, int]) -> bool:
        with made.connection(address) as ask:
            return ask("AUTH", SECOND) == "+OK"

    until(lambda: accepts(primary), "the primary has learnt it")
    assert not accepts(replica)
    assert made.now["PendingModifiedValues"] == {"AuthTokenStatus": "ROTATING"}
    cloud.settings(node_stagger=0)
    made.settled()
    assert accepts(replica)


def test_modifications_wait_without_apply_immediately_and_a_rotation_flushes_them(group: Callable[..., Group]) -> None:
    made = group(nodes=2, EngineVersion="7.0", AuthToken=FIRST)
    made.client.modify_replication_group(
        ReplicationGroupId=made.id,
        CacheNodeType="cache.t4g.small",
        EngineVersion="7.1",
        AutomaticFailoverEnabled=False,
        SnapshotRetentionLimit=2,
    )
    told = made.settled()
    assert told["SnapshotRetentionLimit"] == 2
    assert (told["CacheNodeType"], told["AutomaticFailover"]) == ("cache.t4g.micro", "enabled")
    assert told["PendingModifiedValues"] == {"AutomaticFailoverStatus": "disabled"}

    def member() -> Any:
        return made.client.describe_cache_clusters(CacheClusterId=f"{made.id}-001")["CacheClusters"][0]

    assert member()["PendingModifiedValues"] == {"CacheNodeType": "cache.t4g.small", "EngineVersion": "7.1"}
    assert member()["EngineVersion"] == "7.0.7"
    told = made.rotate(SECOND)
    assert (told["CacheNodeType"], told["AutomaticFailover"]) == ("cache.t4g.small", "disabled")
    assert told["PendingModifiedValues"] == member()["PendingModifiedValues"] == {}
    assert member()["EngineVersion"] == "7.1.0"


def test_a_major_upgrade_brings_its_default_parameter_group(group: Callable[..., Group]) -> None:
    made = group(EngineVersion="6.2")
    made.modify(EngineVersion="7.1")
    [member] = made.client.describe_cache_clusters(CacheClusterId=f"{made.id}-001")["CacheClusters"]
    assert member["CacheParameterGroup"]["CacheParameterGroupName"] == "default.redis7"
    refusal("InvalidParameterCombination", made.modify, EngineVersion="6.2")
    made.modify(Engine="valkey", EngineVersion="8.0")
    assert made.now["Engine"] == "valkey"


def test_a_replica_is_promoted_by_name_while_failover_is_off(group: Callable[..., Group]) -> None:
    made = group(nodes=2)
    promoted = f"{made.id}-002"
    refusal("InvalidParameterCombination", made.modify, PrimaryClusterId=promoted)
    made.modify(AutomaticFailoverEnabled=False)
    made.modify(PrimaryClusterId=promoted)
    assert made.roles()[promoted] == "primary"


def test_nothing_to_modify_is_refused(group: Callable[..., Group]) -> None:
    made = group()
    assert "No modifications" in refusal("InvalidParameterCombination", made.modify)
    refusal("InvalidParameterCombination", made.modify, AutoMinorVersionUpgrade=True)


def test_a_valkey_group_says_what_serves_it(group: Callable[..., Group]) -> None:
    made = group(Engine="valkey", AuthToken=FIRST)
    assert made.redis(made.primary, FIRST).ping()
    assert any("is served by" in message for message in made.events())


def test_two_groups_may_have_the_same_port(group: Callable[..., Group]) -> None:
    one, other = group(), group()
    assert one.primary[1] == other.primary[1]
    assert one.primary[0] != other.primary[0]


def test_regions_do_not_know_each_other(cloud: Cloud, group: Callable[..., Group]) -> None:
    made = group()
    elsewhere = boto3.client("elasticache", **keywords(cloud) | {"region_name": "us-east-1"})
    refusal("ReplicationGroupNotFoundFault", elsewhere.describe_replication_groups, ReplicationGroupId=made.id)
    assert made.answers(None) == OPEN


def test_a_port_that_is_taken_fails_the_creation_in_words(cloud: Cloud, elasticache: "ElastiCacheClient") -> None:
    with socket.socket() as other:
        other.bind(("0.0.0.0", 0))  # noqa: S104 - what is tested is a program that listens on all addresses
        other.listen()
        made = new_group(cloud, elasticache, Port=other.getsockname()[1])
        until(lambda: made.now["Status"] == "create-failed", "the creation fails")
        assert any("another program listens" in message or "ended at once" in message for message in made.events())
    elasticache.delete_replication_group(ReplicationGroupId=made.id)
    until(lambda: not left_of(elasticache, made.id), "it is gone")


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"ReplicationGroupId": "1-begins-with-a-digit"}, "InvalidParameterValue"),
        ({"ReplicationGroupId": "two--hyphens"}, "InvalidParameterValue"),
        ({"ReplicationGroupId": "x" * 41}, "InvalidParameterValue"),
        ({"AuthToken": "too-short"}, "InvalidParameterValue"),
        ({"AuthToken": "with=other=characters"}, "InvalidParameterValue"),
        ({"AuthToken": FIRST, "TransitEncryptionEnabled": False}, "InvalidParameterValue"),
        ({"AutomaticFailoverEnabled": True}, "InvalidParameterValue"),
        ({"MultiAZEnabled": True, "NumCacheClusters": 2}, "InvalidParameterCombination"),
        ({"NumCacheClusters": 7}, "InvalidParameterValue"),
        ({"CacheNodeType": "cache.m1.small"}, "InvalidParameterCombination"),
        ({"CacheNodeType": "db.t3.micro"}, "InvalidParameterValue"),
        ({"Engine": "memcached"}, "InvalidParameterValue"),
        ({"EngineVersion": "7.9"}, "InvalidParameterValue"),
        ({"EngineVersion": "7.1", "CacheParameterGroupName": "default.redis6.x"}, "InvalidParameterCombination"),
        ({"CacheParameterGroupName": "nowhere"}, "CacheParameterGroupNotFound"),
        ({"CacheSubnetGroupName": "nowhere"}, "CacheSubnetGroupNotFoundFault"),
        ({"SecurityGroupIds": ["sg-nowhere"]}, "InvalidParameterValue"),
        ({"KmsKeyId": "nowhere", "AtRestEncryptionEnabled": True}, "InvalidKMSKeyFault"),
        ({"KmsKeyId": "nowhere"}, "InvalidParameterCombination"),
        ({"Port": 80}, "InvalidParameterValue"),
        ({"SnapshotRetentionLimit": 36}, "InvalidParameterValue"),
        ({"SnapshotWindow": "5-6"}, "InvalidParameterValue"),
        ({"PreferredMaintenanceWindow": "sun:05:00-06:00"}, "InvalidParameterValue"),
        ({"PreferredCacheClusterAZs": [f"{REGION}a", f"{REGION}b"]}, "InvalidParameterValue"),
        ({"NumNodeGroups": 2}, "NotImplemented"),
        ({"UserGroupIds": ["everybody"]}, "NotImplemented"),
    ],
)
def test_what_cannot_be_created(
    cloud: Cloud, elasticache: "ElastiCacheClient", request_: dict[str, Any], code: str
) -> None:
    message = refusal(code, new_group, cloud, elasticache, **request_)
    assert request_.get("AuthToken", "a token") not in message
    assert not left_of(elasticache, request_.get("ReplicationGroupId", "-"))


def test_a_name_is_taken_in_any_case(group: Callable[..., Group]) -> None:
    made = group()
    refusal("ReplicationGroupAlreadyExists", new_group, made.cloud, made.client, ReplicationGroupId=made.id.upper())


def test_pages(cloud: Cloud, elasticache: "ElastiCacheClient") -> None:
    family = "redis7"
    pages = list(
        elasticache.get_paginator("describe_engine_default_parameters").paginate(
            CacheParameterGroupFamily=family, PaginationConfig={"PageSize": 20}
        )
    )
    names = [p["ParameterName"] for page in pages for p in page["EngineDefaults"]["Parameters"]]
    assert len(pages) > 1
    assert len(set(names)) == len(names) > 40
    refusal("InvalidParameterValue", elasticache.describe_events, MaxRecords=5)
    refusal("InvalidParameterValue", elasticache.describe_events, Marker="none of ours")
