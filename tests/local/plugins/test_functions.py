"""What programs look up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.local.plugins.client import Plugin, PluginError
from tests.local.plugins.conftest import REGION
from tests.local.plugins.groups import TOKEN

VPC, SUBNETS = "aws:ec2/getVpc:getVpc", "aws:ec2/getSubnets:getSubnets"
GROUP_FOUND = "aws:elasticache/getReplicationGroup:getReplicationGroup"


def test_the_caller(aws: Plugin) -> None:
    found = aws.invoke("aws:index/getCallerIdentity:getCallerIdentity")
    assert found["accountId"] == found["id"] == "123456789012"
    assert found["arn"].startswith("arn:aws:sts::123456789012:")
    assert found["userId"]


def test_the_region(aws: Plugin) -> None:
    assert aws.invoke("aws:index/getRegion:getRegion") == {
        "region": REGION,
        "name": REGION,
        "id": REGION,
        "description": "Europe (Ireland)",
        "endpoint": "ec2.eu-west-1.amazonaws.com",
    }
    assert aws.invoke("aws:index/getRegion:getRegion", {"region": "cn-north-1"})["endpoint"].endswith(
        ".amazonaws.com.cn"
    )


def test_the_partition(aws: Plugin) -> None:
    assert aws.invoke("aws:index/getPartition:getPartition") == {
        "partition": "aws",
        "id": "aws",
        "dnsSuffix": "amazonaws.com",
        "reverseDnsPrefix": "com.amazonaws",
    }


def test_the_default_vpc_and_its_subnets(aws: Plugin) -> None:
    vpc = aws.invoke(VPC, {"default": True})
    assert vpc["default"]
    assert vpc["arn"] == f"arn:aws:ec2:{REGION}:123456789012:vpc/{vpc['id']}"
    assert vpc["cidrBlock"] == vpc["cidrBlockAssociations"][0]["cidrBlock"] == "172.31.0.0/16"
    assert vpc["mainRouteTableId"].startswith("rtb-")
    assert (vpc["enableDnsSupport"], vpc["ownerId"], vpc["region"]) == (True, "123456789012", REGION)
    assert aws.invoke(VPC, {"id": vpc["id"]}) == vpc
    filters = [{"name": "vpc-id", "values": [vpc["id"]]}, {"name": "default-for-az", "values": ["true"]}]
    subnets = aws.invoke(SUBNETS, {"filters": filters})
    assert (len(subnets["ids"]), subnets["id"], subnets["filters"]) == (3, REGION, filters)


def test_subnets_by_tag(aws: Plugin, others: Callable[..., Any]) -> None:
    ec2 = others("ec2", REGION)
    wanted = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    ec2.create_tags(Resources=[wanted], Tags=[{"Key": "tier", "Value": "cache"}])
    assert aws.invoke(SUBNETS, {"tags": {"tier": "cache"}})["ids"] == [wanted]
    assert aws.invoke(SUBNETS, {"tags": {"tier": "none"}})["ids"] == []


def test_no_vpc_and_too_many(aws: Plugin, others: Callable[..., Any]) -> None:
    with pytest.raises(
        PluginError, match=r"calling aws:ec2/getVpc:getVpc: no VPCs in eu-west-1 fit \(cidrBlock=1.2.3.4/5\)"
    ):
        aws.invoke(VPC, {"cidrBlock": "1.2.3.4/5"})
    ec2 = others("ec2", "eu-west-2")
    ec2.create_vpc(CidrBlock="10.0.0.0/16")
    with pytest.raises(PluginError, match="2 VPCs in eu-west-2 fit"):
        aws.invoke(VPC, {"region": "eu-west-2"})


def test_an_argument_that_nobody_acts_on(aws: Plugin) -> None:
    with pytest.raises(PluginError, match="does not take the argument endpoint here"):
        aws.invoke("aws:index/getRegion:getRegion", {"endpoint": "e"})


def test_what_aws_says_is_passed_on(aws: Plugin) -> None:
    with pytest.raises(PluginError, match=r"InvalidVpcID.NotFound: .* \(DescribeVpcs\)|no VPCs in eu-west-1 fit"):
        aws.invoke(VPC, {"id": "vpc-0"})


def test_a_group_that_nobody_declared(aws: Plugin, others: Callable[..., Any]) -> None:
    elasticache = others("elasticache", REGION)
    made = elasticache.create_replication_group(
        ReplicationGroupId="found",
        ReplicationGroupDescription="made by hand",
        Engine="redis",
        CacheNodeType="cache.t4g.micro",
        TransitEncryptionEnabled=True,
        AuthToken=TOKEN,
    )["ReplicationGroup"]
    elasticache.get_waiter("replication_group_available").wait(
        ReplicationGroupId="found", WaiterConfig={"Delay": 0.1, "MaxAttempts": 300}
    )
    told = aws.invoke(GROUP_FOUND, {"replicationGroupId": "found"})
    expected = {"id": "found", "replicationGroupId": "found", "arn": made["ARN"], "description": "made by hand"}
    expected |= {"authTokenEnabled": True, "port": 6379, "numCacheClusters": 1, "nodeType": "cache.t4g.micro"}
    assert expected.items() <= told.items()
    assert told["primaryEndpointAddress"]
    assert told["configurationEndpointAddress"] == ""
    assert TOKEN not in str(told)
    with pytest.raises(PluginError, match=r"reading ElastiCache Replication Group \(none\): couldn't find resource"):
        aws.invoke(GROUP_FOUND, {"replicationGroupId": "none"})
