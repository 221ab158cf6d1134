"""TestFailover: the first replica becomes primary, and the primary endpoint leads to it."""

from typing import Any

from local.cloud.elasticache import render
from local.cloud.elasticache.changes import Change
from local.cloud.elasticache.context import Context
from local.cloud.elasticache.errors import ApiError, invalid_combination

_NODE_GROUP = "0001"


def test(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """TestFailover."""
    group = context.available_group(request["ReplicationGroupId"])
    if request["NodeGroupId"] != _NODE_GROUP:
        raise ApiError("NodeGroupNotFoundFault", f"{group.id} has no node group {request['NodeGroupId']}.")
    if not group.automatic_failover:
        raise invalid_combination("TestFailover needs automatic failover to be enabled.")
    nodes = group.nodes
    assert nodes is not None, "an available group has nodes"
    target = next(member for member in group.members if member.index != group.primary)
    context.region.event(group.id, "replication-group", f"Test Failover API called for node group {_NODE_GROUP}")
    title = f"Failover to replica node {target.cluster_id}"
    context.begin(group, Change(title, "modifying", lambda: nodes.fail_over(target.index)))
    return {"ReplicationGroup": render.replication_group(group)}
