"""IncreaseReplicaCount and DecreaseReplicaCount."""

from collections.abc import Callable
from typing import Any

from local.cloud.elasticache import groups, parameters, render, rules
from local.cloud.elasticache.changes import Change
from local.cloud.elasticache.context import Context
from local.cloud.elasticache.errors import ApiError, invalid_combination, invalid_value
from local.cloud.elasticache.state import Member, ReplicationGroup
from local.cloud.nodes.group import NodeGroup
from local.cloud.nodes.plant import MAX_NODES


def increase(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """IncreaseReplicaCount: further members, with the next free numbers."""
    group, nodes, wanted = _checked(context, request)
    if wanted <= len(group.members):
        raise invalid_value(f"NewReplicaCount must be more than the {len(group.members) - 1} replicas that there are.")
    free = [index for index in range(1, MAX_NODES + 1) if all(m.index != index for m in group.members)]
    zones = groups.zones(context, group.subnet_group)
    added = [
        groups.new_member(context, group.id, index, zones[(len(group.members) + place) % len(zones)])
        for place, index in enumerate(free[: wanted - len(group.members)])
    ]

    def add() -> None:
        indexes = [member.index for member in added]
        nodes.add(indexes, group.auth.tokens)
        parameters.apply(nodes, parameters.values_in_force(context, group.parameter_group))

    def finish() -> None:
        group.members.extend(added)

    return _begin(context, group, f"Addition of {_names(added)} to the replicas", add, finish)


def decrease(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """DecreaseReplicaCount: the replicas that are named, or those with the highest numbers."""
    group, nodes, wanted = _checked(context, request)
    rules.check_availability(
        nodes=wanted, automatic_failover=group.automatic_failover, multi_az=group.multi_az, node_type=group.node_type
    )
    if wanted >= len(group.members):
        raise invalid_value(f"NewReplicaCount must be less than the {len(group.members) - 1} replicas that there are.")
    removed = _removed(group, request.get("ReplicasToRemove"), len(group.members) - wanted)

    def finish() -> None:
        for member in removed:
            group.members.remove(member)
            context.region.tags.pop(member.arn, None)

    def remove() -> None:
        nodes.remove([member.index for member in removed])

    return _begin(context, group, f"Removal of {_names(removed)} from the replicas", remove, finish)


def _checked(context: Context, request: dict[str, Any]) -> tuple[ReplicationGroup, NodeGroup, int]:
    """The group, its nodes, and how many members it is to have."""
    group = context.available_group(request["ReplicationGroupId"])
    if "ReplicaConfiguration" in request:
        raise ApiError("NotImplemented", "The local cloud has no ReplicaConfiguration; give a NewReplicaCount.")
    if not request["ApplyImmediately"]:
        raise invalid_value("ApplyImmediately must be true: the number of replicas changes at once or not at all.")
    if "NewReplicaCount" in request:
        wanted = request["NewReplicaCount"] + 1
    elif "ReplicasToRemove" in request:
        wanted = len(group.members) - len(request["ReplicasToRemove"])
    else:
        raise invalid_combination("NewReplicaCount is required.")
    if not 1 <= wanted <= MAX_NODES:
        raise invalid_value(f"NewReplicaCount must be between 0 and {MAX_NODES - 1}.")
    assert group.nodes is not None, "an available group has nodes"
    return group, group.nodes, wanted


def _removed(group: ReplicationGroup, names: list[str] | None, count: int) -> list[Member]:
    replicas = [member for member in group.members if member.index != group.primary]
    if names is None:
        return sorted(replicas, key=lambda member: member.index)[-count:]
    chosen = [member for member in replicas if member.cluster_id in names]
    if len(chosen) != len(names) or len(chosen) != count:
        raise invalid_value("ReplicasToRemove must name replicas of the group, as many as are to go.")
    return chosen


def _names(members: list[Member]) -> str:
    return ", ".join(member.cluster_id for member in members)


def _begin(
    context: Context, group: ReplicationGroup, title: str, work: Callable[[], None], done: Callable[[], None]
) -> dict[str, Any]:
    context.begin(group, Change(f"{title} of replication group {group.id}", "modifying", work, done))
    return {"ReplicationGroup": render.replication_group(group)}
