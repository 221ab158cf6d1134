"""ModifyReplicationGroup."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local.cloud.elasticache import groups, log_delivery, parameters, render, rules
from local.cloud.elasticache.context import Context
from local.cloud.elasticache.engines import check_upgrade, family_of_default_group, find_version
from local.cloud.elasticache.errors import ApiError, invalid_combination, invalid_value
from local.cloud.elasticache.state import Pending, ReplicationGroup, now
from local.cloud.elasticache.tokens import TokenChange, requested_change
from local.cloud.nodes.group import NodeGroup

# Changed for the asking, without a look at anything else.
_PLAIN = {
    "ReplicationGroupDescription": "description",
    "PreferredMaintenanceWindow": "maintenance_window",
    "SnapshotWindow": "snapshot_window",
    "SnapshotRetentionLimit": "snapshot_retention",
    "AutoMinorVersionUpgrade": "auto_minor_upgrade",
    "NotificationTopicArn": "notification_topic",
}
_NO_MODIFICATIONS = "No modifications were requested"


@dataclass(frozen=True)
class Plan:
    """A modification, checked and not yet begun: the attributes that change, the tokens, the node that becomes primary."""

    attributes: dict[str, Any]
    token: TokenChange | None
    promoted: int | None

    def __bool__(self) -> bool:
        return bool(self.attributes) or self.token is not None or self.promoted is not None


def modify(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Check the request, note what has to wait, begin what has not.

    ApplyImmediately carries out whatever waited before, too: that is what a change of token does to other pending modifications.
    """
    rules.check_absent(request)
    group = context.group(request["ReplicationGroupId"])
    if group.status != "available":
        raise ApiError("InvalidReplicationGroupStateFault", "Replication group must be in available state to modify.")
    at_once = bool(request.get("ApplyImmediately"))
    token = requested_change(group, request, context.services.settings.now)
    deferrable = _deferrable(context, group, request)
    attributes = _attributes(context, group, request, deferrable)
    pending = _merged(group.pending, deferrable)
    if at_once:
        attributes |= _in_force(pending)
        pending = Pending()
    plan = Plan(attributes, token, _promoted(group, request))
    _check_result(group, pending, attributes)
    if not plan and not deferrable:
        raise invalid_combination(_NO_MODIFICATIONS)
    group.pending = pending
    if plan:
        _begin(context, group, plan)
    return {"ReplicationGroup": render.replication_group(group)}


def _deferrable(context: Context, group: ReplicationGroup, request: dict[str, Any]) -> Pending:
    """What waits for the maintenance window unless ApplyImmediately is set, as far as it differs from what is."""
    wanted = Pending()
    node_type = request.get("CacheNodeType")
    if node_type not in (None, group.node_type):
        rules.check_node_type(node_type, encrypted=group.transit != "off" or group.at_rest)
        wanted.node_type = node_type
    engine = request.get("Engine", group.engine).lower()
    if engine != group.engine and not request.get("ApplyImmediately"):
        raise invalid_combination("A change of engine is only supported with ApplyImmediately.")
    if "EngineVersion" in request or engine != group.engine:
        old, new = find_version(group.engine, group.engine_version), find_version(engine, request.get("EngineVersion"))
        check_upgrade(old, new)
        if new != old:
            default = family_of_default_group(group.parameter_group) is not None
            name = request.get("CacheParameterGroupName", None if default else group.parameter_group)
            wanted.engine_version, wanted.parameter_group = new.asked, groups.parameter_group_for(context, new, name)
    failover = request.get("AutomaticFailoverEnabled")
    if failover not in (None, group.automatic_failover):
        wanted.automatic_failover = failover
    return wanted


def _merged(before: Pending, wanted: Pending) -> Pending:
    return Pending(
        wanted.node_type or before.node_type,
        wanted.engine_version or before.engine_version,
        before.automatic_failover if wanted.automatic_failover is None else wanted.automatic_failover,
        wanted.parameter_group or before.parameter_group,
    )


def _in_force(pending: Pending) -> dict[str, Any]:
    return {name: value for name, value in vars(pending).items() if value is not None}


def _attributes(
    context: Context, group: ReplicationGroup, request: dict[str, Any], deferrable: Pending
) -> dict[str, Any]:
    """What changes without waiting for a maintenance window, as far as it differs from what is."""
    rules.check_schedule(request)
    engine = request.get("Engine", group.engine).lower()
    version = find_version(engine, deferrable.engine_version or group.engine_version)
    wanted = {attribute: request[name] for name, attribute in _PLAIN.items() if name in request}
    wanted["engine"] = engine
    if "MultiAZEnabled" in request:
        wanted["multi_az"] = request["MultiAZEnabled"]
    if "SecurityGroupIds" in request:
        wanted["security_groups"] = groups.security_groups(context, request)
    if "LogDeliveryConfigurations" in request:
        wanted["log_deliveries"] = log_delivery.configured(
            context, group.log_deliveries, request["LogDeliveryConfigurations"], version
        )
    if "CacheParameterGroupName" in request and deferrable.parameter_group is None:
        wanted["parameter_group"] = groups.parameter_group_for(context, version, request["CacheParameterGroupName"])
    return {name: value for name, value in wanted.items() if getattr(group, name) != value}


def _promoted(group: ReplicationGroup, request: dict[str, Any]) -> int | None:
    cluster = request.get("PrimaryClusterId")
    if cluster is None:
        return None
    member = group.member(cluster.lower())
    if member is None:
        raise invalid_value(f"{cluster} is not a member of {group.id}.")
    if group.automatic_failover:
        raise invalid_combination("A replica can be promoted only while automatic failover is disabled.")
    return None if member.index == group.primary else member.index


def _check_result(group: ReplicationGroup, pending: Pending, attributes: dict[str, Any]) -> None:
    failover = group.automatic_failover if pending.automatic_failover is None else pending.automatic_failover
    rules.check_availability(
        nodes=len(group.members),
        automatic_failover=attributes.get("automatic_failover", failover),
        multi_az=attributes.get("multi_az", group.multi_az),
        node_type=attributes.get("node_type", group.node_type),
    )


def _begin(context: Context, group: ReplicationGroup, plan: Plan) -> None:
    nodes = group.nodes
    assert nodes is not None, "an available group has nodes"
    group.auth.pending = plan.token.status if plan.token else None

    def finish() -> None:
        for name, value in plan.attributes.items():
            setattr(group, name, value)
        if plan.token is not None:
            group.auth.tokens, group.auth.rotated = plan.token.tokens, plan.token.rotated
            group.auth.modified = now()
        _settle(group)
        context.region.event(group.id, "replication-group", f"Replication group {group.id} modified")

    def fail(reason: str) -> None:
        _settle(group)
        context.region.event(group.id, "replication-group", f"Replication group {group.id} was not modified: {reason}")

    context.services.changes.begin(group, "modifying", _work(context, nodes, plan), done=finish, failed=fail)


def _settle(group: ReplicationGroup) -> None:
    group.auth.pending = None
    log_delivery.activate(group)
    group.change_status("available")


def _work(context: Context, nodes: NodeGroup, plan: Plan) -> Callable[[], None]:
    """What has to be done on the nodes."""
    services = context.services

    def work() -> None:
        settings = services.settings.now
        if "parameter_group" in plan.attributes:
            parameters.apply(nodes, parameters.values_in_force(context, plan.attributes["parameter_group"]))
        if plan.promoted is not None:
            nodes.fail_over(plan.promoted)
        if plan.token is not None:
            nodes.set_tokens(plan.token.tokens, lambda: services.changes.pause(settings.node_stagger))
            if plan.token.status == "SETTING" and settings.cut_on_set:
                nodes.cut_connections()

    return work
