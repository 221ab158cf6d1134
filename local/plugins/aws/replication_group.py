"""`aws.elasticache.ReplicationGroup`: a primary and its replicas, with tokens that are never kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from botocore.exceptions import ClientError
from typing_extensions import override

from local.plugins.aws import waiting
from local.plugins.aws.elasticache import retag
from local.plugins.aws.replication_group_read import cluster_properties, group_properties
from local.plugins.aws.replication_group_schema import PROPERTIES, forced_replacements, problems
from local.plugins.aws.resource import AwsResource, given, tag_list
from local.plugins.aws.session import Session
from local.plugins.errors import Failure, PluginError
from local.plugins.schema import Call
from local.plugins.values import Properties, Value

_GONE: Final = ("ReplicationGroupNotFoundFault",)
_BUSY: Final = ("InvalidReplicationGroupState",)
_NOTHING_TO_DO: Final = "No modifications were requested"
_CREATION_TIMEOUT: Final = 60 * 60.0
_UPDATE_TIMEOUT: Final = 40 * 60.0
_DELETION_TIMEOUT: Final = 45 * 60.0

_CREATE_ARGUMENTS: Final[Mapping[str, str]] = {
    "description": "ReplicationGroupDescription",
    "nodeType": "CacheNodeType",
    "numCacheClusters": "NumCacheClusters",
    "engineVersion": "EngineVersion",
    "parameterGroupName": "CacheParameterGroupName",
    "port": "Port",
    "subnetGroupName": "CacheSubnetGroupName",
    "securityGroupIds": "SecurityGroupIds",
    "preferredCacheClusterAzs": "PreferredCacheClusterAZs",
    "networkType": "NetworkType",
    "ipDiscovery": "IpDiscovery",
    "automaticFailoverEnabled": "AutomaticFailoverEnabled",
    "multiAzEnabled": "MultiAZEnabled",
    "autoMinorVersionUpgrade": "AutoMinorVersionUpgrade",
    "maintenanceWindow": "PreferredMaintenanceWindow",
    "notificationTopicArn": "NotificationTopicArn",
    "snapshotWindow": "SnapshotWindow",
    "snapshotRetentionLimit": "SnapshotRetentionLimit",
    "snapshotArns": "SnapshotArns",
    "snapshotName": "SnapshotName",
    "atRestEncryptionEnabled": "AtRestEncryptionEnabled",
    "kmsKeyId": "KmsKeyId",
    "transitEncryptionMode": "TransitEncryptionMode",
}
"""The inputs that CreateReplicationGroup takes as they are."""

_MODIFY_ARGUMENTS: Final[Mapping[str, str]] = {
    key: _CREATE_ARGUMENTS[key]
    for key in (
        "autoMinorVersionUpgrade",
        "automaticFailoverEnabled",
        "description",
        "engineVersion",
        "ipDiscovery",
        "maintenanceWindow",
        "multiAzEnabled",
        "nodeType",
        "notificationTopicArn",
        "parameterGroupName",
        "securityGroupIds",
        "snapshotRetentionLimit",
        "snapshotWindow",
        "transitEncryptionMode",
    )
} | {"transitEncryptionEnabled": "TransitEncryptionEnabled"}
"""The inputs that ModifyReplicationGroup takes as they are."""


class ReplicationGroup(AwsResource):
    """A replication group of one shard; its id is its name in lower case."""

    service = "elasticache"
    token = "aws:elasticache/replicationGroup:ReplicationGroup"
    title = "ElastiCache Replication Group"
    schema_version = 3
    properties = PROPERTIES

    @override
    def check(self, inputs: Properties) -> list[Failure]:
        """Rules that span several inputs."""
        return problems(inputs)

    @override
    def extra_replaces(self, old: Properties, new: Properties) -> set[str]:
        """Downgrades, and transit encryption of older engines."""
        return forced_replacements(old, new)

    @override
    def create(self, call: Call[Session], inputs: Properties) -> str:
        """Ask for the group, with the token if there is one."""
        arguments = {
            "ReplicationGroupId": inputs["replicationGroupId"],
            "Engine": inputs.get("engine", "redis"),
            "TransitEncryptionEnabled": inputs.get("transitEncryptionEnabled", False),
            "AuthToken": _token(inputs),
            "LogDeliveryConfigurations": [_log_request(entry) for entry in inputs.get("logDeliveryConfigurations", [])],
            "Tags": tag_list(self.planned(call.session, inputs)["tagsAll"]),
            **{name: inputs.get(key) for key, name in _CREATE_ARGUMENTS.items()},
        }
        answer = self.client(call, inputs).create_replication_group(**given(**arguments))
        return str(answer["ReplicationGroup"]["ReplicationGroupId"])

    @override
    def settle(self, call: Call[Session], id_: str, inputs: Properties) -> Properties:
        """Wait until the group is available."""
        _wait_available(self.client(call, inputs), id_, call, _CREATION_TIMEOUT)
        return {}

    @override
    def read(self, call: Call[Session], id_: str, prior: Properties) -> Properties | None:
        """Describe the group and one of its clusters; a group that is being deleted counts as gone."""
        elasticache = self.client(call, prior)
        group = _describe(elasticache, id_)
        if group is None or group["Status"] == "deleting":
            return None
        if group["Status"] == "available":
            tags = elasticache.list_tags_for_resource(ResourceName=group["ARN"])["TagList"]
        else:  # AWS lists tags of groups that are available, and of no others
            tags = prior.get("tagsAll") or {}
        properties = group_properties(group)
        if group["MemberClusters"]:
            member = group["MemberClusters"][0]
            cluster = elasticache.describe_cache_clusters(CacheClusterId=member)["CacheClusters"][0]
            properties |= cluster_properties(cluster, prior.get("engineVersion"))
        if group.get("AuthTokenEnabled"):
            properties["authToken"] = prior.get("authToken")
        return self.found(call, prior, properties, tags)

    @override
    def update(
        self, call: Call[Session], id_: str, old: Properties, new: Properties, changed: frozenset[str]
    ) -> Properties:
        """More nodes first and fewer last, everything else in between, the token in a call of its own."""
        elasticache = self.client(call, new)
        wanted, present = new.get("numCacheClusters") or 1, old.get("numCacheClusters") or 1
        steps: list[Callable[[], Any]] = []
        count = partial(_change_replicas, id_, wanted)
        if "numCacheClusters" in changed and wanted > present:
            steps.append(partial(count, elasticache.increase_replica_count))
        if arguments := _modification(id_, old, new, changed):
            apply = bool(new.get("applyImmediately"))
            steps.append(partial(_modify, elasticache, id_, ApplyImmediately=apply, **arguments))
        if changed & {"authToken", "authTokenWoVersion", "authTokenUpdateStrategy"} and _token(new):
            strategy = new.get("authTokenUpdateStrategy") or "ROTATE"
            steps.append(
                partial(
                    _modify,
                    elasticache,
                    id_,
                    ApplyImmediately=True,
                    AuthToken=_token(new),
                    AuthTokenUpdateStrategy=strategy,
                )
            )
        if "numCacheClusters" in changed and wanted < present:
            steps.append(partial(count, elasticache.decrease_replica_count))
        for step in steps:
            waiting.while_refused(_BUSY, step, call, _UPDATE_TIMEOUT)
            _wait_available(elasticache, id_, call, _UPDATE_TIMEOUT)
        retag(elasticache, call.session, old, new)
        return {}

    @override
    def delete(self, call: Call[Session], id_: str, old: Properties) -> None:
        """Delete the group, after a last snapshot if one is named, and wait until it is gone."""
        elasticache = self.client(call, old)
        arguments = given(ReplicationGroupId=id_, FinalSnapshotIdentifier=old.get("finalSnapshotIdentifier") or None)
        with waiting.ignoring(*_GONE):
            waiting.while_refused(
                _BUSY, lambda: elasticache.delete_replication_group(**arguments), call, _DELETION_TIMEOUT
            )
        waiting.until("the deletion", lambda: _describe(elasticache, id_) is None or None, call, _DELETION_TIMEOUT)


def _token(inputs: Properties) -> Value:
    return inputs.get("authTokenWo") or inputs.get("authToken") or None


def _describe(elasticache: Any, id_: str) -> Properties | None:
    try:
        groups: list[Properties] = elasticache.describe_replication_groups(ReplicationGroupId=id_)["ReplicationGroups"]
    except ClientError as error:
        if waiting.error_code(error) in _GONE:
            return None
        raise
    return groups[0] if groups else None


def _wait_available(elasticache: Any, id_: str, call: Call[Session], timeout: float) -> None:
    """Wait until the group and its members are available, and no change of a token is under way.

    The status alone may still read available right after a change was asked for.
    """

    def probe() -> Properties | None:
        group = _describe(elasticache, id_)
        if group is None or group["Status"] in ("deleting", "create-failed"):
            raise PluginError(f"the group is {'gone' if group is None else group['Status']}")
        pending = group.get("PendingModifiedValues", {}).get("AuthTokenStatus")
        if group["Status"] != "available" or pending:
            return None
        return group if _members_available(elasticache, group) else None

    waiting.until("the group to become available", probe, call, timeout)


def _members_available(elasticache: Any, group: Properties) -> bool:
    members = set(group["MemberClusters"])
    pages = elasticache.get_paginator("describe_cache_clusters").paginate()
    clusters = [entry for page in pages for entry in page["CacheClusters"] if entry["CacheClusterId"] in members]
    return len(clusters) == len(members) and all(entry["CacheClusterStatus"] == "available" for entry in clusters)


def _modification(id_: str, old: Properties, new: Properties, changed: frozenset[str]) -> Properties:
    arguments = {name: new.get(key) for key, name in _MODIFY_ARGUMENTS.items() if key in changed}
    if changed & {"engine", "engineVersion"}:
        arguments["Engine"] = new.get("engine", "redis")
        if "engine" in changed and "engineVersion" not in changed:
            raise PluginError("engineVersion must change together with engine")
    if "snapshotRetentionLimit" in changed:
        arguments["SnapshotRetentionLimit"] = new.get("snapshotRetentionLimit") or 0
        if not old.get("snapshotRetentionLimit"):
            arguments["SnapshottingClusterId"] = f"{id_}-001"
    if "notificationTopicArn" in changed and not new.get("notificationTopicArn"):
        arguments["NotificationTopicStatus"] = "inactive"
    if "logDeliveryConfigurations" in changed:
        wanted = new.get("logDeliveryConfigurations") or []
        kept = {entry["logType"] for entry in wanted}
        dropped = {entry["logType"] for entry in old.get("logDeliveryConfigurations") or []} - kept
        arguments["LogDeliveryConfigurations"] = [_log_request(entry) for entry in wanted] + [
            {"LogType": log_type, "Enabled": False} for log_type in sorted(dropped)
        ]
    return given(**arguments)


def _modify(elasticache: Any, id_: str, **arguments: Value) -> None:
    try:
        elasticache.modify_replication_group(ReplicationGroupId=id_, **arguments)
    except ClientError as error:
        if _NOTHING_TO_DO not in error.response["Error"].get("Message", ""):
            raise


def _change_replicas(id_: str, nodes: int, operation: Callable[..., Any]) -> None:
    operation(ReplicationGroupId=id_, NewReplicaCount=nodes - 1, ApplyImmediately=True)


def _log_request(entry: Properties) -> Properties:
    destination, kind = entry["destination"], entry["destinationType"]
    details = (
        {"CloudWatchLogsDetails": {"LogGroup": destination}}
        if kind == "cloudwatch-logs"
        else {"KinesisFirehoseDetails": {"DeliveryStream": destination}}
    )
    return {
        "LogType": entry["logType"],
        "LogFormat": entry["logFormat"],
        "DestinationType": kind,
        "DestinationDetails": details,
        "Enabled": True,
    }
