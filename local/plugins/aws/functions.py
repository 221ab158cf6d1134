"""The functions of the aws stand-in: what programs look up before they declare resources."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from botocore.exceptions import ClientError

from local.plugins.aws.replication_group_read import group_properties
from local.plugins.aws.resource import tags_dict
from local.plugins.aws.session import Session
from local.plugins.errors import InvalidError, PluginError
from local.plugins.values import Properties

_VPC_FILTERS: Final = {
    "cidrBlock": "cidr",
    "dhcpOptionsId": "dhcp-options-id",
    "default": "is-default",
    "id": "vpc-id",
    "state": "state",
}


def get_caller_identity(session: Session, arguments: Properties) -> Properties:
    """Whose credentials these are."""
    _known(arguments)
    identity = session.identity
    return {
        "accountId": identity["Account"],
        "arn": identity["Arn"],
        "userId": identity["UserId"],
        "id": identity["Account"],
    }


def get_region(session: Session, arguments: Properties) -> Properties:
    """The provider's region, or the one named."""
    _known(arguments, "name", "region")
    region = arguments.get("region") or arguments.get("name") or session.region
    partition = session.partition(region)
    return {
        "region": region,
        "name": region,
        "id": region,
        "description": partition["regions"].get(region, {}).get("description", region),
        "endpoint": f"ec2.{region}.{partition['dnsSuffix']}",
    }


def get_partition(session: Session, arguments: Properties) -> Properties:
    """The partition of the provider's region: aws, aws-cn ..."""
    _known(arguments)
    partition = session.partition()
    suffix = partition["dnsSuffix"]
    return {
        "partition": partition["partition"],
        "id": partition["partition"],
        "dnsSuffix": suffix,
        "reverseDnsPrefix": ".".join(reversed(suffix.split("."))),
    }


def get_vpc(session: Session, arguments: Properties) -> Properties:
    """The one VPC that fits.

    Raises:
        PluginError: none fits, or several do.
    """
    _known(arguments, *_VPC_FILTERS, "filters", "tags", "region")
    region = arguments.get("region") or session.region
    ec2 = session.client("ec2", region)
    wanted = {name: arguments.get(key) for key, name in _VPC_FILTERS.items()}
    filters = [
        {"Name": name, "Values": [str(value).lower() if isinstance(value, bool) else value]}
        for name, value in wanted.items()
        if value not in (None, "", False)
    ]
    found = ec2.describe_vpcs(Filters=filters + _filters(arguments))["Vpcs"]
    if len(found) != 1:
        asked = ", ".join(f"{key}={value}" for key, value in arguments.items() if value is not None) or "nothing named"
        raise PluginError(f"{len(found) or 'no'} VPCs in {region} fit ({asked}); exactly one must")
    return {**_vpc(session, ec2, region, found[0]), "filters": arguments.get("filters")}


def _vpc(session: Session, ec2: Any, region: str, vpc: Mapping[str, Any]) -> Properties:
    id_ = vpc["VpcId"]
    main = [{"Name": "association.main", "Values": ["true"]}, {"Name": "vpc-id", "Values": [id_]}]
    tables = ec2.describe_route_tables(Filters=main)["RouteTables"]
    ipv6 = [
        {
            "associationId": entry["AssociationId"],
            "ipv6CidrBlock": entry["Ipv6CidrBlock"],
            "ipv6Pool": entry.get("Ipv6Pool", ""),
            "networkBorderGroup": entry.get("NetworkBorderGroup", ""),
            "state": entry["Ipv6CidrBlockState"]["State"],
        }
        for entry in vpc.get("Ipv6CidrBlockAssociationSet", [])
    ]
    return {
        "id": id_,
        "arn": f"arn:{session.partition(region)['partition']}:ec2:{region}:{vpc['OwnerId']}:vpc/{id_}",
        "cidrBlock": vpc["CidrBlock"],
        "cidrBlockAssociations": [
            {
                "associationId": entry["AssociationId"],
                "cidrBlock": entry["CidrBlock"],
                "state": entry["CidrBlockState"]["State"],
            }
            for entry in vpc.get("CidrBlockAssociationSet", [])
        ],
        "ipv6CidrBlockAssociations": ipv6,
        "ipv6AssociationId": ipv6[0]["associationId"] if ipv6 else "",
        "ipv6CidrBlock": ipv6[0]["ipv6CidrBlock"] if ipv6 else "",
        "default": vpc["IsDefault"],
        "dhcpOptionsId": vpc["DhcpOptionsId"],
        "enableDnsHostnames": _vpc_attribute(ec2, id_, "enableDnsHostnames"),
        "enableDnsSupport": _vpc_attribute(ec2, id_, "enableDnsSupport"),
        "enableNetworkAddressUsageMetrics": _vpc_attribute(ec2, id_, "enableNetworkAddressUsageMetrics"),
        "instanceTenancy": vpc["InstanceTenancy"],
        "mainRouteTableId": tables[0]["RouteTableId"] if tables else "",
        "ownerId": vpc["OwnerId"],
        "region": region,
        "state": vpc["State"],
        "tags": tags_dict(vpc.get("Tags")),
    }


def _vpc_attribute(ec2: Any, id_: str, name: str) -> bool:
    answer = ec2.describe_vpc_attribute(VpcId=id_, Attribute=name)
    return bool(answer[name[0].upper() + name[1:]]["Value"])


def get_subnets(session: Session, arguments: Properties) -> Properties:
    """The ids of the subnets that fit; none is an answer too."""
    _known(arguments, "filters", "tags", "region")
    region = arguments.get("region") or session.region
    pages = session.client("ec2", region).get_paginator("describe_subnets").paginate(Filters=_filters(arguments))
    return {
        "id": region,
        "ids": [subnet["SubnetId"] for page in pages for subnet in page["Subnets"]],
        "filters": arguments.get("filters"),
        "region": region,
        "tags": arguments.get("tags") or {},
    }


_GROUP_KEYS: Final = (
    "arn",
    "automaticFailoverEnabled",
    "clusterMode",
    "configurationEndpointAddress",
    "description",
    "logDeliveryConfigurations",
    "memberClusters",
    "multiAzEnabled",
    "nodeGroupConfigurations",
    "numCacheClusters",
    "numNodeGroups",
    "port",
    "primaryEndpointAddress",
    "readerEndpointAddress",
    "replicasPerNodeGroup",
    "replicationGroupId",
    "snapshotRetentionLimit",
    "snapshotWindow",
)
"""What getReplicationGroup tells in the resource's own words."""


def get_replication_group(session: Session, arguments: Properties) -> Properties:
    """A replication group that no program has to own.

    Raises:
        PluginError: there is none of this id.
    """
    _known(arguments, "replicationGroupId", "region")
    region, id_ = arguments.get("region") or session.region, arguments["replicationGroupId"]
    try:
        answer = session.client("elasticache", region).describe_replication_groups(ReplicationGroupId=id_)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ReplicationGroupNotFoundFault":
            raise PluginError(f"reading ElastiCache Replication Group ({id_}): couldn't find resource") from error
        raise
    (group,) = answer["ReplicationGroups"]
    told = group_properties(group)
    return {
        **{key: told[key] or "" if key.endswith("Address") else told[key] for key in _GROUP_KEYS},
        "id": group["ReplicationGroupId"],
        "authTokenEnabled": group["AuthTokenEnabled"],
        "nodeType": group["CacheNodeType"],
        "region": region,
    }


def _filters(arguments: Properties) -> list[Properties]:
    given = [{"Name": entry["name"], "Values": entry["values"]} for entry in arguments.get("filters") or []]
    tags = [{"Name": f"tag:{key}", "Values": [value]} for key, value in (arguments.get("tags") or {}).items()]
    return given + tags


def _known(arguments: Properties, *names: str) -> None:
    extra = sorted(key for key, value in arguments.items() if value is not None and key not in names)
    if extra:
        raise InvalidError(f"the stand-in does not take the argument {', '.join(extra)} here")


FUNCTIONS: Final[Mapping[str, Callable[[Session, Properties], Properties]]] = {
    "aws:index/getCallerIdentity:getCallerIdentity": get_caller_identity,
    "aws:index/getRegion:getRegion": get_region,
    "aws:index/getPartition:getPartition": get_partition,
    "aws:ec2/getVpc:getVpc": get_vpc,
    "aws:ec2/getSubnets:getSubnets": get_subnets,
    "aws:elasticache/getReplicationGroup:getReplicationGroup": get_replication_group,
}
