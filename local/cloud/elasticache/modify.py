"""ModifyReplicationGroup."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local.cloud.elasticache import groups, log_delivery, parameters, render, rules
from local.cloud.elasticache.changes import Change
from local.cloud.elasticache.context import Context
from local.cloud.elasticache.engines import EngineVersion, check_upgrade, family_of_default_group, find_version
from local.cloud.elasticache.errors import invalid_combination, invalid_value
from local.cloud.elasticache.state import Pending, ReplicationGroup, now
from local.cloud.elasticache.tokens import NO_MODIFICATIONS, TokenChange, requested_change
from local.cloud.elasticache.transit import requested_transit
from local.cloud.nodes.group import NodeGroup
from local.cloud.nodes.server import Transit

# Changed for the asking, without a look at anything else.
_PLAIN = {
    "ReplicationGroupDescription": "description",
    "PreferredMaintenanceWindow": "maintenance_window",
    "SnapshotWindow": "snapshot_window",
    "SnapshotRetentionLimit": "snapshot_retention",
    "AutoMinorVersionUpgrade": "auto_minor_upgrade",
    "NotificationTopicArn": "notification_topic",
    "MultiAZEnabled": "multi_az",
}


@dataclass(frozen=True)
class Plan:
    """A modification, checked and not yet begun: the attributes that change, and what is to happen on the nodes."""

    attributes: dict[str, Any]
    token: TokenChange | None
    promoted: int | None
    transit: Transit | None

    def __bool__(self) -> bool:
        return bool(self.attributes) or any(part is not None for part in (self.token, self.promoted, self.transit))


def modify(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Check the request, note what has to wait, begin what has not.

    ApplyImmediately carries out whatever waited before, too: that is what a change of token does to other pending
    modifications.
    """
    rules.check_absent(request)
    group = context.available_group(request["ReplicationGroupId"])
    rules.check_schedule(request)
    deferrable = _deferrable(context, group, request)
    attributes, pending = _attributes(context, group, request, deferrable), _merged(group.pending, deferrable)
    if request.get("ApplyImmediately"):
        attributes |= {name: value for name, value in vars(pending).items() if value is not None}
        pending = Pending()
    plan = Plan(
        attributes,
        requested_change(group, request, context.services.settings.now),
        _promoted(group, request),
        requested_transit(group, request),
    )
    _check_availability(group, {**vars(pending), **attributes})
    if not plan and not deferrable:
        raise invalid_combination(NO_MODIFICATIONS)
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
    old, new = find_version(group.engine, group.engine_version), _version(group, request)
    if new != old:
        check_upgrade(old, new)
        default = family_of_default_group(group.parameter_group) is not None
        name = request.get("CacheParameterGroupName", None if default else group.parameter_group)
        wanted.engine_version, wanted.parameter_group = new.asked, groups.parameter_group_for(context, new, name)
    failover = request.get("AutomaticFailoverEnabled")
    if failover not in (None, group.automatic_failover):
        wanted.automatic_failover = failover
    return wanted


def _version(group: ReplicationGroup, request: dict[str, Any]) -> EngineVersion:
    """The engine and version that the group is to have."""
    engine = request.get("Engine", group.engine).lower()
    if engine != group.engine and not request.get("ApplyImmediately"):
        raise invalid_combination("A change of engine is only supported with ApplyImmediately.")
    return find_version(engine, request.get("EngineVersion", group.engine_version if engine == group.engine else None))


def _merged(before: Pending, wanted: Pending) -> Pending:
    """What waited before and what is to wait now; of the same thing the latter."""
    return Pending(**{**vars(before), **{name: value for name, value in vars(wanted).items() if value is not None}})


def _attributes(
    context: Context, group: ReplicationGroup, request: dict[str, Any], deferrable: Pending
) -> dict[str, Any]:
    """What changes without waiting for a maintenance window, as far as it differs from what is."""
    version = _version(group, request)
    wanted: dict[str, Any] = {attribute: request[name] for name, attribute in _PLAIN.items() if name in request}
    wanted["engine"] = version.engine
    if "SecurityGroupIds" in request:
        wanted["security_groups"] = groups.security_groups(context, request)
    if "LogDeliveryConfigurations" in request:
        deliveries = request["LogDeliveryConfigurations"]
        wanted["log_deliveries"] = log_delivery.configured(context, group.log_deliveries, deliveries, version)
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


def _check_availability(group: ReplicationGroup, wanted: dict[str, Any]) -> None:
    def then(name: str) -> Any:
        return getattr(group, name) if wanted.get(name) is None else wanted[name]

    rules.check_availability(
        nodes=len(group.members),
        automatic_failover=then("automatic_failover"),
        multi_az=then("multi_az"),
        node_type=then("node_type"),
    )


def _begin(context: Context, group: ReplicationGroup, plan: Plan) -> None:
    assert group.nodes is not None, "an available group has nodes"
    group.auth.pending = plan.token.status if plan.token else None
    group.pending_transit = plan.transit

    def finish() -> None:
        for name, value in plan.attributes.items():
            setattr(group, name, value)
        if plan.transit is not None:
            group.transit = plan.transit
        if plan.token is not None:
            group.auth.tokens, group.auth.rotated = plan.token.tokens, plan.token.rotated
            group.auth.modified = now()

    title = f"Modification of replication group {group.id}"
    context.begin(group, Change(title, "modifying", _work(context, group.nodes, plan), finish))


def _work(context: Context, nodes: NodeGroup, plan: Plan) -> Callable[[], None]:
    """What has to be done on the nodes."""
    services = context.services

    def work() -> None:
        if "parameter_group" in plan.attributes:
            parameters.apply(nodes, parameters.values_in_force(context, plan.attributes["parameter_group"]))
        if plan.transit is not None:
            nodes.encrypt(plan.transit)
        if plan.promoted is not None:
            nodes.fail_over(plan.promoted)
        if plan.token is not None:
            nodes.set_tokens(plan.token.tokens, services.changes.pause_between_nodes)
            if plan.token.status == "SETTING" and services.settings.now.cut_on_set:
                nodes.cut_connections()

    return work
