"""CreateReplicationGroup, DescribeReplicationGroups, DeleteReplicationGroup."""

from typing import Any

from local.cloud.elasticache import log_delivery, parameters, render, repair, rules, tags
from local.cloud.elasticache.changes import Change
from local.cloud.elasticache.context import Context
from local.cloud.elasticache.engines import EngineVersion, default_group, find_version
from local.cloud.elasticache.errors import ApiError, invalid_combination, invalid_value
from local.cloud.elasticache.paging import page
from local.cloud.elasticache.snapshots import final_snapshot
from local.cloud.elasticache.state import AuthState, Member, ReplicationGroup, now
from local.cloud.nodes.server import Transit
from local.cloud.nodes.tokens import Tokens, digest

# Regions whose first availability zones are not a, b and c.
_ZONES = {"ap-northeast-1": "acd", "ca-central-1": "abd", "cn-north-1": "ab", "us-west-1": "ab"}
_DEFAULT_PORT = 6379
_DEFAULT_MAINTENANCE = "sun:05:00-sun:06:00"
_DEFAULT_SNAPSHOT = "03:00-04:00"


def create(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Check everything, then begin to start the nodes."""
    rules.check_absent(request)
    if "PrimaryClusterId" in request:
        raise ApiError("NotImplemented", "The local cloud has no cache clusters outside of replication groups.")
    name = rules.check_identifier(request["ReplicationGroupId"], "ReplicationGroupIdentifier")
    if name in context.region.groups:
        raise ApiError("ReplicationGroupAlreadyExistsFault", f"The Replication Group {name} already exists.")
    group = _new_group(context, name, request)
    for arn in (group.arn, *(member.arn for member in group.members)):
        tags.put(context, arn, request.get("Tags", []))
    context.region.groups[name] = group
    _begin_creation(context, group)
    return {"ReplicationGroup": render.replication_group(group)}


def describe(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """One group or all of them."""
    name = request.get("ReplicationGroupId")
    groups = [context.group(name)] if name else list(context.region.groups.values())
    return page(request, "ReplicationGroups", [render.replication_group(group) for group in groups])


def delete(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Begin to stop the nodes; the group is gone when they are."""
    group = context.group(request["ReplicationGroupId"])
    if request.get("RetainPrimaryCluster"):
        raise ApiError(
            "NotImplemented", "The local cloud has no cache clusters outside of replication groups to retain."
        )
    if group.status not in ("available", "create-failed"):
        raise ApiError(
            "InvalidReplicationGroupStateFault",
            f"Replication group {group.id} has status {group.status} which is not valid for deletion.",
        )
    final = final_snapshot(context, group, request.get("FinalSnapshotIdentifier"))

    def stop() -> None:
        if group.nodes is not None:
            group.nodes.stop()

    def forget() -> None:
        if final is not None:
            final.status = "available"
        del context.region.groups[group.id]
        for arn in (group.arn, *(member.arn for member in group.members)):
            context.region.tags.pop(arn, None)

    context.begin(group, Change(f"Deletion of replication group {group.id}", "deleting", stop, forget))
    return {"ReplicationGroup": render.replication_group(group)}


def _new_group(context: Context, name: str, request: dict[str, Any]) -> ReplicationGroup:
    engine = request.get("Engine", "redis").lower()
    version = find_version(engine, request.get("EngineVersion"))
    transit, at_rest = _transit(request), request.get("AtRestEncryptionEnabled", engine == "valkey")
    node_type = request.get("CacheNodeType", "cache.t4g.micro")
    rules.check_node_type(node_type, encrypted=transit != "off" or at_rest)
    count = _node_count(request)
    failover, multi_az = request.get("AutomaticFailoverEnabled", False), request.get("MultiAZEnabled", False)
    rules.check_availability(nodes=count, automatic_failover=failover, multi_az=multi_az, node_type=node_type)
    rules.check_schedule(request)
    subnets = context.subnet_group(request["CacheSubnetGroupName"]).name if "CacheSubnetGroupName" in request else None
    return ReplicationGroup(
        id=name,
        arn=context.region.arn("replicationgroup", name),
        number=context.services.state.free_group_number(),
        description=request["ReplicationGroupDescription"],
        engine=engine,
        engine_version=version.asked,
        node_type=node_type,
        port=request.get("Port", _DEFAULT_PORT),
        parameter_group=parameter_group_for(context, version, request.get("CacheParameterGroupName")),
        subnet_group=subnets,
        security_groups=security_groups(context, request),
        automatic_failover=failover,
        multi_az=multi_az,
        maintenance_window=request.get("PreferredMaintenanceWindow", _DEFAULT_MAINTENANCE).lower(),
        snapshot_window=request.get("SnapshotWindow", _DEFAULT_SNAPSHOT),
        snapshot_retention=request.get("SnapshotRetentionLimit", 0),
        auto_minor_upgrade=request.get("AutoMinorVersionUpgrade", True),
        transit=transit,
        at_rest=at_rest,
        kms_key=_kms_key(context, request.get("KmsKeyId"), at_rest=at_rest),
        log_deliveries=log_delivery.configured(context, [], request.get("LogDeliveryConfigurations", []), version),
        notification_topic=request.get("NotificationTopicArn"),
        members=_members(context, name, count, subnets, request.get("PreferredCacheClusterAZs", [])),
        auth=_first_token(request, transit, puzzle=context.services.settings.now.puzzle),
    )


def _node_count(request: dict[str, Any]) -> int:
    if "NumCacheClusters" in request and "ReplicasPerNodeGroup" in request:
        raise invalid_combination("NumCacheClusters and ReplicasPerNodeGroup cannot be used together.")
    if "ReplicasPerNodeGroup" in request:
        return 1 + int(request["ReplicasPerNodeGroup"])
    return int(request.get("NumCacheClusters", 1))


def _transit(request: dict[str, Any]) -> Transit:
    if not request.get("TransitEncryptionEnabled", False):
        if "TransitEncryptionMode" in request:
            raise invalid_combination("TransitEncryptionMode needs TransitEncryptionEnabled.")
        return "off"
    if request.get("TransitEncryptionMode") == "preferred":
        raise invalid_combination("A new replication group cannot have the transit encryption mode preferred.")
    return "required"


def _first_token(request: dict[str, Any], transit: Transit, *, puzzle: bool) -> AuthState:
    token = request.get("AuthToken")
    if token is None:
        return AuthState()
    if transit != "required":
        raise invalid_value("The AUTH token is only supported when encryption-in-transit is enabled.")
    rules.check_token(token, at_creation=True)
    return AuthState(Tokens((digest(token),), required=not puzzle), modified=now())


def _kms_key(context: Context, key: str | None, *, at_rest: bool) -> str | None:
    if key is None:
        return None
    if not at_rest:
        raise invalid_combination("KmsKeyId is only supported when at-rest encryption is enabled.")
    arn = context.services.neighbours.kms_key_arn(context.region.name, key)
    if arn is None:
        raise ApiError("InvalidKMSKeyFault", f"The KMS key {key} is not there, or not enabled.")
    return arn


def _members(context: Context, name: str, count: int, subnet_group: str | None, wanted: list[str]) -> list[Member]:
    available = zones(context, subnet_group)
    if wanted and len(wanted) != count:
        raise invalid_value("The number of PreferredCacheClusterAZs must be the number of cache clusters.")
    if unknown := set(wanted) - set(available):
        raise invalid_value(f"The subnet group has no subnet in {', '.join(sorted(unknown))}.")
    chosen = wanted or [available[place % len(available)] for place in range(count)]
    return [new_member(context, name, place + 1, zone) for place, zone in enumerate(chosen)]


def zones(context: Context, subnet_group: str | None) -> list[str]:
    """The availability zones that a group's nodes can be in: its subnets', or the region's."""
    if subnet_group is None:
        return zones_of(context.region.name)
    return sorted({zone for _, zone in context.subnet_group(subnet_group).subnets})


def zones_of(region: str) -> list[str]:
    """Up to three availability zones of a region."""
    return [f"{region}{letter}" for letter in _ZONES.get(region, "abc")]


def new_member(context: Context, group: str, index: int, zone: str) -> Member:
    """A cache cluster of a group, numbered as AWS does: ``group-001``."""
    cluster = f"{group}-{index:03}"
    return Member(index, cluster, context.region.arn("cluster", cluster), zone, now())


def security_groups(context: Context, request: dict[str, Any]) -> list[str]:
    """The security groups of a request, all of which must be there."""
    groups: list[str] = request.get("SecurityGroupIds", [])
    for group in groups:
        if not context.services.neighbours.has_security_group(context.region.name, group):
            raise invalid_value(f"The security group {group} does not exist.")
    return groups


def parameter_group_for(context: Context, version: EngineVersion, name: str | None) -> str:
    """The parameter group of a request, which must be of the version's family; if it names none, the default."""
    group = parameters.existing_group(context, name or default_group(version.family))
    if group.family != version.family:
        raise invalid_combination(
            f"Expected a parameter group of family {version.family} but found one of family {group.family}"
        )
    return group.name


def _begin_creation(context: Context, group: ReplicationGroup) -> None:
    services = context.services

    def start() -> None:
        values = parameters.values_in_force(context, group.parameter_group)
        nodes = services.plant.build(
            group.number, group.id, engine=group.engine, port=group.port, transit=group.transit
        )
        nodes.start(len(group.members), group.auth.tokens)
        group.nodes = nodes
        parameters.apply(nodes, values)

    def finish() -> None:
        assert group.nodes is not None, "they were just started"
        repair.watch(context, group, group.nodes)
        message = f"{group.engine} {group.engine_version} is served by {services.plant.describe(group.engine)}"
        context.region.event(group.id, "replication-group", message)

    title = f"Creation of replication group {group.id}"
    context.begin(group, Change(title, "creating", start, finish, status_if_failed="create-failed"))
