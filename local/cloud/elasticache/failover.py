"""TestFailover: the first replica becomes primary, and the primary endpoint leads to it."""

from typing import Any

from local.cloud.elasticache import render
from local.cloud.elasticache.context import Context
from local.cloud.elasticache.errors import ApiError, invalid_combination

_NODE_GROUP = "0001"


def test(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """TestFailover."""
    group = context.group(request["ReplicationGroupId"])
    if request["NodeGroupId"] != _NODE_GROUP:
        raise ApiError("NodeGroupNotFoundFault", f"{group.id} has no node group {request['NodeGroupId']}.")
    if not group.automatic_failover:
        raise invalid_combination("TestFailover needs automatic failover to be enabled.")
    if group.status != "available":
        raise ApiError(
            "InvalidReplicationGroupStateFault",
            f"Replication group {group.id} is not in available state: {group.status}.",
        )
    nodes = group.nodes
    assert nodes is not None, "an available group has nodes"
    target = next(member for member in group.members if member.index != group.primary)

    def finish() -> None:
        group.change_status("available")
        context.region.event(group.id, "replication-group", f"Test Failover API called for node group {_NODE_GROUP}")
        context.region.event(group.id, "replication-group", f"Failover to replica node {target.cluster_id} completed")

    def fail(reason: str) -> None:
        group.change_status("available")
        context.region.event(group.id, "replication-group", f"Failover to {target.cluster_id} failed: {reason}")

    context.services.changes.begin(group, "modifying", lambda: nodes.fail_over(target.index), done=finish, failed=fail)
    return {"ReplicationGroup": render.replication_group(group)}
