"""A node whose process died is replaced, as on AWS; with automatic failover a replica takes a primary's place."""

from local.cloud.elasticache import parameters
from local.cloud.elasticache.context import Context
from local.cloud.elasticache.state import Member, ReplicationGroup
from local.cloud.errors import CloudError
from local.cloud.nodes.group import NodeGroup
from local.cloud.nodes.server import Server


def watch(context: Context, group: ReplicationGroup, nodes: NodeGroup) -> None:
    """From now on replace what dies of these nodes."""

    def replace_later(dead: Server) -> None:  # told by the thread that the start of a new server needs
        context.services.changes.spawn(f"replacement in {group.id}", lambda: _replace(context, group, nodes, dead))

    nodes.on_death = replace_later


def _replace(context: Context, group: ReplicationGroup, nodes: NodeGroup, dead: Server) -> None:
    lock, region = context.services.state.lock, context.region
    with group.busy:
        index = next((index for index, server in nodes.servers.items() if server is dead), None)
        member = next((member for member in group.members if member.index == index), None)
        if index is None or member is None:
            return  # removed in the meantime
        was_primary = nodes.primary == index
        with lock:
            member.status = "rebooting cluster nodes"
            region.event(member.cluster_id, "cache-cluster", "Recovering cache node 0001")
        try:
            nodes.replace(index, group.auth.tokens, failover=group.automatic_failover)
            parameters.apply(nodes, parameters.values_in_force(context, group.parameter_group))
        except CloudError as error:
            with lock:
                region.event(member.cluster_id, "cache-cluster", f"Cache node 0001 could not be recovered: {error}")
            return
        with lock:
            member.status = group.status
            region.event(member.cluster_id, "cache-cluster", "Finished recovery for cache nodes 0001")
            if was_primary and nodes.primary != index:
                _tell_failover(context, group, member, nodes.primary)


def _tell_failover(context: Context, group: ReplicationGroup, old: Member, primary: int) -> None:
    new = next(member for member in group.members if member.index == primary)
    message = f"Failover from primary node {old.cluster_id} to replica node {new.cluster_id} completed"
    context.region.event(group.id, "replication-group", message)
