"""Cache subnet groups."""

from typing import Any

from local.cloud.elasticache import render, tags
from local.cloud.elasticache.context import Context
from local.cloud.elasticache.errors import ApiError, invalid_value
from local.cloud.elasticache.paging import page
from local.cloud.elasticache.rules import check_identifier
from local.cloud.elasticache.state import SubnetGroup


def create(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """CreateCacheSubnetGroup."""
    name = request["CacheSubnetGroupName"].lower()
    check_identifier(name, "CacheSubnetGroupName")
    if name in context.region.subnet_groups:
        raise ApiError("CacheSubnetGroupAlreadyExistsFault", f"Cache subnet group {name} already exists.")
    vpc, subnets = _look_up(context, request["SubnetIds"])
    arn = context.region.arn("subnetgroup", name)
    tags.put(context, arn, request.get("Tags", []))
    group = SubnetGroup(name, arn, request["CacheSubnetGroupDescription"], vpc, subnets)
    context.region.subnet_groups[name] = group
    return {"CacheSubnetGroup": render.subnet_group(group)}


def describe(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """DescribeCacheSubnetGroups."""
    name = request.get("CacheSubnetGroupName")
    groups = [context.subnet_group(name)] if name else list(context.region.subnet_groups.values())
    return page(request, "CacheSubnetGroups", [render.subnet_group(group) for group in groups])


def modify(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """ModifyCacheSubnetGroup."""
    group = context.subnet_group(request["CacheSubnetGroupName"])
    if "SubnetIds" in request:
        vpc, subnets = _look_up(context, request["SubnetIds"])
        if vpc != group.vpc:
            raise ApiError("InvalidSubnet", f"The new subnets are not in {group.vpc}, the VPC of {group.name}.")
        group.subnets = subnets
    group.description = request.get("CacheSubnetGroupDescription", group.description)
    return {"CacheSubnetGroup": render.subnet_group(group)}


def delete(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """DeleteCacheSubnetGroup."""
    group = context.subnet_group(request["CacheSubnetGroupName"])
    if any(used.subnet_group == group.name for used in context.region.groups.values()):
        raise ApiError(
            "CacheSubnetGroupInUse", f"Cache subnet group {group.name} is currently in use by a cache cluster."
        )
    del context.region.subnet_groups[group.name]
    context.region.tags.pop(group.arn, None)
    return {}


def _look_up(context: Context, subnets: list[str]) -> tuple[str, list[tuple[str, str]]]:
    """The subnets' one VPC, and each with its availability zone."""
    if not subnets:
        raise invalid_value("At least one subnet is required.")
    vpcs, zoned = set(), []
    for subnet in subnets:
        found = context.services.neighbours.subnet(context.region.name, subnet)
        if found is None:
            raise ApiError("InvalidSubnet", f"The subnet {subnet} does not exist.")
        vpcs.add(found[0])
        zoned.append((subnet, found[1]))
    if len(vpcs) > 1:
        raise ApiError("InvalidSubnet", "All subnets of a cache subnet group must be in the same VPC.")
    return vpcs.pop(), zoned
