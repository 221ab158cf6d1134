"""Subnet groups, parameter groups, tags, events and snapshots."""

import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING

import boto3
import pytest

from local.cloud.client import Cloud
from tests.local.cloud.support import FIRST, LONG, REGION, Group, keywords, refusal, until

if TYPE_CHECKING:
    from mypy_boto3_elasticache import ElastiCacheClient


def new_parameter_group(elasticache: "ElastiCacheClient") -> str:
    """A parameter group of family redis7."""
    name = f"parameters-{uuid.uuid4()}"
    elasticache.create_cache_parameter_group(
        CacheParameterGroupName=name, CacheParameterGroupFamily="redis7", Description="of a test"
    )
    return name


def set_parameter(elasticache: "ElastiCacheClient", group: str, name: str, value: str) -> None:
    """Change one parameter."""
    elasticache.modify_cache_parameter_group(
        CacheParameterGroupName=group, ParameterNameValues=[{"ParameterName": name, "ParameterValue": value}]
    )


def test_parameters_reach_the_nodes(elasticache: "ElastiCacheClient", group: Callable[..., Group]) -> None:
    name = new_parameter_group(elasticache)
    set_parameter(elasticache, name, "maxmemory-policy", "allkeys-lfu")
    made = group(nodes=2, CacheParameterGroupName=name)

    def policies() -> set[str]:
        clients = [made.redis(address) for address in made.members.values()]
        return {client.info("memory")["maxmemory_policy"] for client in clients}

    assert policies() == {"allkeys-lfu"}
    set_parameter(elasticache, name, "maxmemory-policy", "noeviction")
    assert policies() == {"noeviction"}
    elasticache.reset_cache_parameter_group(CacheParameterGroupName=name, ResetAllParameters=True)
    assert policies() == {"volatile-lru"}
    refusal("InvalidCacheParameterGroupState", elasticache.delete_cache_parameter_group, CacheParameterGroupName=name)
    made.modify(CacheParameterGroupName="default.redis7")
    elasticache.delete_cache_parameter_group(CacheParameterGroupName=name)
    refusal("CacheParameterGroupNotFound", elasticache.describe_cache_parameter_groups, CacheParameterGroupName=name)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("no-such-parameter", "1"),
        ("maxmemory-policy", "whatever"),
        ("maxmemory-samples", "many"),
        ("maxmemory-samples", "0"),
        ("timeout", "5"),
        ("list-max-listpack-size", "0"),
        ("appendonly", "yes"),
    ],
)
def test_parameters_have_their_limits(elasticache: "ElastiCacheClient", name: str, value: str) -> None:
    group = new_parameter_group(elasticache)
    refusal("InvalidParameterValue", set_parameter, elasticache, group, name, value)
    for allowed in (("timeout", "0"), ("timeout", "20"), ("list-max-listpack-size", "-5"), ("slowlog-max-len", "7")):
        set_parameter(elasticache, group, *allowed)
    changed = elasticache.describe_cache_parameters(CacheParameterGroupName=group, Source="user")["Parameters"]
    assert {p["ParameterName"]: p["ParameterValue"] for p in changed} == {
        "timeout": "20",
        "list-max-listpack-size": "-5",
        "slowlog-max-len": "7",
    }


def test_default_parameter_groups_are_there_and_stay_as_they_are(elasticache: "ElastiCacheClient") -> None:
    groups = elasticache.describe_cache_parameter_groups()["CacheParameterGroups"]
    assert {"default.redis7", "default.valkey8"} <= {group["CacheParameterGroupName"] for group in groups}
    refusal("InvalidParameterValue", set_parameter, elasticache, "default.redis7", "timeout", "20")
    refusal(
        "InvalidParameterValue",
        elasticache.create_cache_parameter_group,
        CacheParameterGroupName="a",
        CacheParameterGroupFamily="redis9",
        Description="of a test",
    )


def test_subnet_groups(cloud: Cloud, elasticache: "ElastiCacheClient") -> None:
    subnets = [s["SubnetId"] for s in boto3.client("ec2", **keywords(cloud)).describe_subnets()["Subnets"]]
    name = f"Subnets-{uuid.uuid4()}"
    elasticache.create_cache_subnet_group(
        CacheSubnetGroupName=name, CacheSubnetGroupDescription="before", SubnetIds=subnets[:1]
    )
    elasticache.modify_cache_subnet_group(
        CacheSubnetGroupName=name, CacheSubnetGroupDescription="after", SubnetIds=subnets[:2]
    )
    [told] = elasticache.describe_cache_subnet_groups(CacheSubnetGroupName=name)["CacheSubnetGroups"]
    assert told["CacheSubnetGroupName"] == name.lower()
    assert told["CacheSubnetGroupDescription"] == "after"
    assert [subnet["SubnetIdentifier"] for subnet in told["Subnets"]] == subnets[:2]
    refusal(
        "CacheSubnetGroupAlreadyExists",
        elasticache.create_cache_subnet_group,
        CacheSubnetGroupName=name,
        CacheSubnetGroupDescription="again",
        SubnetIds=subnets,
    )
    elasticache.delete_cache_subnet_group(CacheSubnetGroupName=name)
    refusal("CacheSubnetGroupNotFoundFault", elasticache.describe_cache_subnet_groups, CacheSubnetGroupName=name)


def test_tags(elasticache: "ElastiCacheClient", group: Callable[..., Group]) -> None:
    made = group(Tags=[{"Key": "Name", "Value": "before"}, {"Key": "Service", "Value": "test"}])
    arn = made.now["ARN"]
    elasticache.add_tags_to_resource(ResourceName=arn, Tags=[{"Key": "Name", "Value": "after"}])
    elasticache.remove_tags_from_resource(ResourceName=arn, TagKeys=["Service"])
    assert elasticache.list_tags_for_resource(ResourceName=arn)["TagList"] == [{"Key": "Name", "Value": "after"}]
    refusal("TagNotFound", elasticache.remove_tags_from_resource, ResourceName=arn, TagKeys=["Service"])
    many = [{"Key": f"key-{number}", "Value": ""} for number in range(50)]
    refusal("TagQuotaPerResourceExceeded", elasticache.add_tags_to_resource, ResourceName=arn, Tags=many)
    elsewhere = arn.replace(REGION, "us-east-1")
    refusal("InvalidARN", elasticache.list_tags_for_resource, ResourceName=elsewhere)
    refusal("ReplicationGroupNotFoundFault", elasticache.list_tags_for_resource, ResourceName=f"{arn}-other")
    member = elasticache.describe_cache_clusters(CacheClusterId=f"{made.id}-001")["CacheClusters"][0]["ARN"]
    assert len(elasticache.list_tags_for_resource(ResourceName=member)["TagList"]) == 2


def test_a_snapshot_keeps_its_group_busy(
    cloud: Cloud, elasticache: "ElastiCacheClient", group: Callable[..., Group]
) -> None:
    made = group()
    cloud.settings(delay=LONG)
    name = f"snapshot-{uuid.uuid4()}"
    elasticache.create_snapshot(ReplicationGroupId=made.id, SnapshotName=name)
    assert made.now["Status"] == "snapshotting"
    refusal("InvalidReplicationGroupState", made.rotate, FIRST)
    refusal("InvalidSnapshotState", elasticache.delete_snapshot, SnapshotName=name)
    cloud.settings(delay=0)
    made.settled()
    [told] = elasticache.describe_snapshots(SnapshotName=name)["Snapshots"]
    assert (told["SnapshotStatus"], told["ReplicationGroupId"]) == ("available", made.id)
    assert elasticache.list_tags_for_resource(ResourceName=told["ARN"])["TagList"] == []
    elasticache.delete_snapshot(SnapshotName=name)
    refusal("SnapshotNotFoundFault", elasticache.describe_snapshots, SnapshotName=name)


def test_the_name_of_a_final_snapshot_may_be_taken(
    cloud: Cloud, elasticache: "ElastiCacheClient", group: Callable[..., Group]
) -> None:
    made, name = group(), f"snapshot-{uuid.uuid4()}"
    elasticache.create_snapshot(ReplicationGroupId=made.id, SnapshotName=name)
    made.settled()
    refusal(
        "SnapshotAlreadyExistsFault",
        elasticache.delete_replication_group,
        ReplicationGroupId=made.id,
        FinalSnapshotIdentifier=name,
    )
    assert made.now["Status"] == "available"


def test_a_final_snapshot_outlives_its_group(elasticache: "ElastiCacheClient", group: Callable[..., Group]) -> None:
    made, name = group(), f"snapshot-{uuid.uuid4()}"
    elasticache.create_replication_group(
        ReplicationGroupId=f"{made.id}-final", ReplicationGroupDescription="of a test", Engine="redis"
    )
    final = Group(made.cloud, elasticache, f"{made.id}-final")
    final.settled()
    elasticache.delete_replication_group(ReplicationGroupId=final.id, FinalSnapshotIdentifier=name)

    def available() -> bool:
        [told] = elasticache.describe_snapshots(SnapshotName=name)["Snapshots"]
        return told["SnapshotStatus"] == "available"

    until(available, "the snapshot is there")
    refusal("ReplicationGroupNotFoundFault", elasticache.describe_replication_groups, ReplicationGroupId=final.id)


def test_engine_versions(elasticache: "ElastiCacheClient") -> None:
    [default] = elasticache.describe_cache_engine_versions(Engine="redis", DefaultOnly=True)["CacheEngineVersions"]
    assert (default["EngineVersion"], default["CacheParameterGroupFamily"]) == ("7.1", "redis7")
    families = {
        version["CacheParameterGroupFamily"]
        for version in elasticache.describe_cache_engine_versions(Engine="valkey")["CacheEngineVersions"]
    }
    assert families == {"valkey7", "valkey8"}
