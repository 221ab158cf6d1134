"""Cache parameter groups."""

from typing import Any

from local.cloud.elasticache import parameters, render, tags
from local.cloud.elasticache.context import Context
from local.cloud.elasticache.engines import FAMILIES, check_family, default_group
from local.cloud.elasticache.errors import ApiError, invalid_value
from local.cloud.elasticache.paging import page
from local.cloud.elasticache.rules import check_identifier
from local.cloud.elasticache.state import ParameterGroup

_MOST_AT_ONCE = 20  # ParameterNameValues of one call (ModifyCacheParameterGroup)


def create(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """CreateCacheParameterGroup."""
    name = check_identifier(request["CacheParameterGroupName"], "CacheParameterGroupName")
    if name in context.region.parameter_groups:
        raise ApiError("CacheParameterGroupAlreadyExistsFault", f"Parameter group {name} already exists.")
    check_family(request["CacheParameterGroupFamily"])
    arn = context.region.arn("parametergroup", name)
    tags.put(context, arn, request.get("Tags", []))
    group = ParameterGroup(name, arn, request["CacheParameterGroupFamily"], request["Description"])
    context.region.parameter_groups[name] = group
    return {"CacheParameterGroup": render.parameter_group(group)}


def describe(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """DescribeCacheParameterGroups."""
    name = request.get("CacheParameterGroupName")
    if name:
        found = [parameters.existing_group(context, name)]
    else:
        defaults = [parameters.existing_group(context, default_group(family)) for family in FAMILIES]
        found = [*defaults, *context.region.parameter_groups.values()]
    return page(request, "CacheParameterGroups", [render.parameter_group(group) for group in found])


def modify(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """ModifyCacheParameterGroup: the groups that use it learn the values at once."""
    group = _own(context, request)
    wanted = request["ParameterNameValues"]
    if not 1 <= len(wanted) <= _MOST_AT_ONCE:
        raise invalid_value(f"ParameterNameValues must have 1 to {_MOST_AT_ONCE} items.")
    known = parameters.table(group.family)
    values = {}
    for item in wanted:
        name, value = item.get("ParameterName", ""), item.get("ParameterValue", "")
        if name not in known:
            raise invalid_value(f"Unknown parameter {name} for parameter group family {group.family}.")
        known[name].check(value)
        values[name] = value
    group.values.update(values)
    _apply(context, group)
    return {"CacheParameterGroupName": group.name}


def reset(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """ResetCacheParameterGroup: back to the family's defaults, all of them or those named."""
    group = _own(context, request)
    names = [item.get("ParameterName", "") for item in request.get("ParameterNameValues", [])]
    if bool(request.get("ResetAllParameters")) == bool(names):
        raise invalid_value("Give ResetAllParameters or ParameterNameValues, one of the two.")
    for name in names or list(group.values):
        group.values.pop(name, None)
    _apply(context, group)
    return {"CacheParameterGroupName": group.name}


def delete(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """DeleteCacheParameterGroup."""
    group = _own(context, request)
    if any(
        group.name in (used.parameter_group, used.pending.parameter_group) for used in context.region.groups.values()
    ):
        raise ApiError(
            "InvalidCacheParameterGroupStateFault",
            f"One or more cache clusters are still members of this parameter group {group.name}, "
            "so the group cannot be deleted.",
        )
    del context.region.parameter_groups[group.name]
    context.region.tags.pop(group.arn, None)
    return {}


def describe_parameters(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """DescribeCacheParameters."""
    group = parameters.existing_group(context, request["CacheParameterGroupName"])
    rendered = [p.rendered(group.values.get(p.name)) for p in parameters.table(group.family).values()]
    source = request.get("Source")
    return page(request, "Parameters", [item for item in rendered if source in (None, item["Source"])])


def describe_defaults(_: Context, request: dict[str, Any]) -> dict[str, Any]:
    """DescribeEngineDefaultParameters."""
    family = request["CacheParameterGroupFamily"]
    check_family(family)
    rendered = [parameter.rendered(None) for parameter in parameters.table(family).values()]
    return {"EngineDefaults": {"CacheParameterGroupFamily": family, **page(request, "Parameters", rendered)}}


def _own(context: Context, request: dict[str, Any]) -> ParameterGroup:
    group = parameters.existing_group(context, request["CacheParameterGroupName"])
    if group.is_default:
        raise invalid_value(f"{group.name} is a default parameter group; it cannot be changed or deleted.")
    return group


def _apply(context: Context, group: ParameterGroup) -> None:
    values = parameters.values_in_force(context, group.name)
    for used in context.region.groups.values():
        if used.parameter_group == group.name and used.nodes is not None:
            parameters.apply(used.nodes, values)
