"""AddTagsToResource, RemoveTagsFromResource, ListTagsForResource."""

from collections.abc import Iterable
from typing import Any

from local.cloud.elasticache.context import Context
from local.cloud.elasticache.errors import ApiError, invalid_value

_MOST = 50
_KINDS = {"replicationgroup", "cluster", "subnetgroup", "parametergroup", "snapshot"}


def put(context: Context, arn: str, tags: Iterable[dict[str, str]]) -> None:
    """Tag a resource; a key that is there already gets the new value.

    Raises:
        ApiError: it would have more than 50 tags, or a key is empty or AWS's own.
    """
    wanted = dict(context.region.tags.get(arn, {}))
    for tag in tags:
        key = tag.get("Key", "")
        if not 1 <= len(key) <= 128 or key.startswith("aws:"):
            raise invalid_value("A tag's key has 1 to 128 characters and does not begin with aws:.")
        wanted[key] = tag.get("Value", "")
    if len(wanted) > _MOST:
        raise ApiError("TagQuotaPerResourceExceeded", f"A resource has {_MOST} tags at most.")
    if wanted:
        context.region.tags[arn] = wanted


def add(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """AddTagsToResource."""
    arn = _taggable(context, request["ResourceName"])
    put(context, arn, request["Tags"])
    return _listed(context, arn)


def remove(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """RemoveTagsFromResource."""
    arn = _taggable(context, request["ResourceName"])
    tags = context.region.tags[arn]
    for key in request["TagKeys"]:
        if tags.pop(key, None) is None:
            raise ApiError("TagNotFoundFault", f"The resource has no tag {key}.")
    return _listed(context, arn)


def show(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """ListTagsForResource."""
    return _listed(context, _taggable(context, request["ResourceName"]))


def _listed(context: Context, arn: str) -> dict[str, Any]:
    return {"TagList": [{"Key": key, "Value": value} for key, value in context.region.tags.get(arn, {}).items()]}


def _taggable(context: Context, arn: str) -> str:
    """The ARN, if its resource is there and its group is available: otherwise AWS refuses even to list the tags."""
    parts = arn.split(":")
    if len(parts) != 7 or parts[5] not in _KINDS or arn != context.region.arn(parts[5], parts[6]):
        raise ApiError("InvalidARNFault", f"{arn} is not an ARN of this account and region's ElastiCache.")
    region, kind, name = context.region, parts[5], parts[6]
    match kind:
        case "replicationgroup":
            _check_available(context.group(name).shown_status(), "InvalidReplicationGroupStateFault", name)
        case "cluster":
            group = next((g for g in region.groups.values() if g.member(name)), None)
            if group is None:
                raise ApiError("CacheClusterNotFoundFault", f"{name} is either not present or not available.")
            _check_available(group.shown_status(), "InvalidCacheClusterStateFault", name)
        case "subnetgroup":
            context.subnet_group(name)
        case "parametergroup":
            context.parameter_group(name)
        case "snapshot" if name not in region.snapshots:
            raise ApiError("SnapshotNotFoundFault", f"{name} is not found.")
    return arn


def _check_available(status: str, error: str, name: str) -> None:
    if status != "available":
        raise ApiError(error, f"{name} is not in available state: {status}.")
