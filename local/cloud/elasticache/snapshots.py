"""Snapshots of replication groups: their records. Data is not kept, and no group is made from a snapshot."""

from functools import partial
from typing import Any

from local.cloud.elasticache import render, tags
from local.cloud.elasticache.changes import Change
from local.cloud.elasticache.context import Context
from local.cloud.elasticache.errors import ApiError, invalid_combination
from local.cloud.elasticache.paging import page
from local.cloud.elasticache.rules import check_identifier
from local.cloud.elasticache.state import ReplicationGroup, Snapshot, now


def create(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """CreateSnapshot: the group is ``snapshotting`` until it is there."""
    if "ReplicationGroupId" in request and "CacheClusterId" in request:
        raise invalid_combination("Give a ReplicationGroupId or a CacheClusterId, not both.")
    group = context.available_group(_source(context, request).id)
    snapshot = _new(context, group, request["SnapshotName"], request.get("KmsKeyId"), request.get("Tags", []))

    def end(status: str) -> None:
        snapshot.status = status

    title = f"Snapshot {snapshot.name} of replication group {group.id}"
    done, failed = partial(end, "available"), partial(end, "failed")
    context.begin(group, Change(title, "snapshotting", done=done, failed=failed))
    return {"Snapshot": _rendered(snapshot)}


def final_snapshot(context: Context, group: ReplicationGroup, name: str | None) -> Snapshot | None:
    """The snapshot that a group's deletion leaves behind, if one is asked for."""
    return None if name is None else _new(context, group, name, group.kms_key, [])


def describe(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """DescribeSnapshots."""
    name = request.get("SnapshotName", "").lower()
    found = [
        snapshot
        for snapshot in context.region.snapshots.values()
        if name in ("", snapshot.name)
        and request.get("SnapshotSource", "user") == "user"  # none is made by a schedule
        and request.get("ReplicationGroupId", snapshot.group["ReplicationGroupId"])
        == snapshot.group["ReplicationGroupId"]
    ]
    if name and not found:
        raise ApiError("SnapshotNotFoundFault", f"{name} is not found.")
    return page(request, "Snapshots", [_rendered(snapshot) for snapshot in found])


def delete(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """DeleteSnapshot."""
    snapshot = context.region.snapshots.get(request["SnapshotName"].lower())
    if snapshot is None:
        raise ApiError("SnapshotNotFoundFault", f"{request['SnapshotName']} is not found.")
    if snapshot.status == "creating":
        raise ApiError("InvalidSnapshotStateFault", f"Snapshot {snapshot.name} is being created.")
    del context.region.snapshots[snapshot.name]
    context.region.tags.pop(snapshot.arn, None)
    return {"Snapshot": {**_rendered(snapshot), "SnapshotStatus": "deleting"}}


def _source(context: Context, request: dict[str, Any]) -> ReplicationGroup:
    if "ReplicationGroupId" in request:
        return context.group(request["ReplicationGroupId"])
    cluster = request.get("CacheClusterId", "").lower()
    for group in context.region.groups.values():
        if group.member(cluster):
            return group
    raise ApiError("CacheClusterNotFoundFault", f"CacheCluster not found: {cluster}")


def _new(
    context: Context, group: ReplicationGroup, name: str, kms_key: str | None, wanted_tags: list[dict[str, str]]
) -> Snapshot:
    name = check_identifier(name, "SnapshotName")
    if name in context.region.snapshots:
        raise ApiError("SnapshotAlreadyExistsFault", f"Snapshot {name} already exists.")
    snapshot = Snapshot(name, context.region.arn("snapshot", name), _origin(context, group, kms_key))
    tags.put(context, snapshot.arn, wanted_tags)
    context.region.snapshots[name] = snapshot
    return snapshot


def _origin(context: Context, group: ReplicationGroup, kms_key: str | None) -> dict[str, Any]:
    subnet_group = context.region.subnet_groups.get(group.subnet_group or "")
    cluster = render.cache_cluster(group, group.members[0], with_nodes=False)
    return {
        "ReplicationGroupId": group.id,
        "ReplicationGroupDescription": group.description,
        "CacheNodeType": group.node_type,
        "Engine": group.engine,
        "EngineVersion": cluster["EngineVersion"],
        "PreferredMaintenanceWindow": group.maintenance_window,
        "Port": group.port,
        "CacheParameterGroupName": group.parameter_group,
        "CacheSubnetGroupName": group.subnet_group,
        "VpcId": subnet_group.vpc if subnet_group else None,
        "AutoMinorVersionUpgrade": group.auto_minor_upgrade,
        "SnapshotRetentionLimit": group.snapshot_retention,
        "SnapshotWindow": group.snapshot_window,
        "NumNodeGroups": 1,
        "AutomaticFailover": "enabled" if group.automatic_failover else "disabled",
        "KmsKeyId": kms_key,
        "NodeSnapshots": [
            {"CacheClusterId": member.cluster_id, "CacheNodeId": "0001", "SnapshotCreateTime": now()}
            for member in group.members
            if member.index == group.primary
        ],
    }


def _rendered(snapshot: Snapshot) -> dict[str, Any]:
    return {
        **snapshot.group,
        "SnapshotName": snapshot.name,
        "SnapshotStatus": snapshot.status,
        "SnapshotSource": "manual",
        "ARN": snapshot.arn,
    }
