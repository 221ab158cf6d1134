"""The shapes that answers are made of."""

from typing import Any

from local.cloud.elasticache.engines import find_version
from local.cloud.elasticache.state import Member, ParameterGroup, ReplicationGroup, SubnetGroup

_WITHOUT_ENDPOINTS = ("creating", "create-failed")
_NODE_ID = "0001"  # groups with cluster mode disabled have one node per cluster and one node group


def _endpoint(address: str, port: int) -> dict[str, Any]:
    return {"Address": address, "Port": port}


def replication_group(group: ReplicationGroup) -> dict[str, Any]:
    """The ReplicationGroup shape."""
    auth = group.auth
    return {
        "ReplicationGroupId": group.id,
        "Description": group.description,
        "GlobalReplicationGroupInfo": {},
        "Status": group.shown_status(),
        "PendingModifiedValues": _pending(group),
        "MemberClusters": [member.cluster_id for member in group.members],
        "NodeGroups": [_node_group(group)] if group.nodes and group.status not in _WITHOUT_ENDPOINTS else None,
        "SnapshottingClusterId": group.members[-1].cluster_id if group.snapshot_retention else None,
        "AutomaticFailover": "enabled" if group.automatic_failover else "disabled",
        "MultiAZ": "enabled" if group.multi_az else "disabled",
        "SnapshotRetentionLimit": group.snapshot_retention,
        "SnapshotWindow": group.snapshot_window,
        "ClusterEnabled": False,
        "CacheNodeType": group.node_type,
        "AuthTokenEnabled": bool(auth.tokens.digests),
        "AuthTokenLastModifiedDate": auth.modified,
        "TransitEncryptionEnabled": group.transit != "off",
        "TransitEncryptionMode": None if group.transit == "off" else group.transit,
        "AtRestEncryptionEnabled": group.at_rest,
        "KmsKeyId": group.kms_key,
        "ARN": group.arn,
        "LogDeliveryConfigurations": group.log_deliveries,
        "ReplicationGroupCreateTime": group.created,
        "DataTiering": "disabled",
        "AutoMinorVersionUpgrade": group.auto_minor_upgrade,
        "NetworkType": "ipv4",
        "IpDiscovery": "ipv4",
        "ClusterMode": "disabled",
        "Engine": group.engine,
    }


def _pending(group: ReplicationGroup) -> dict[str, Any]:
    wanted = group.pending.automatic_failover
    return {
        "AuthTokenStatus": group.auth.pending,
        "AutomaticFailoverStatus": None if wanted is None else ("enabled" if wanted else "disabled"),
        **_pending_transit(group),
    }


def _pending_transit(group: ReplicationGroup) -> dict[str, Any]:
    """Its members in both shapes of pending values."""
    transit = group.pending_transit
    if transit is None:
        return {}
    return {
        "TransitEncryptionEnabled": transit != "off",
        "TransitEncryptionMode": None if transit == "off" else transit,
    }


def _node_group(group: ReplicationGroup) -> dict[str, Any]:
    assert group.nodes is not None, "only a group with nodes is asked for them"
    addresses = group.nodes.addresses
    return {
        "NodeGroupId": _NODE_ID,
        "Status": group.shown_status(),
        "PrimaryEndpoint": _endpoint(addresses.primary, group.port),
        "ReaderEndpoint": _endpoint(addresses.reader, group.port),
        "NodeGroupMembers": [
            {
                "CacheClusterId": member.cluster_id,
                "CacheNodeId": _NODE_ID,
                "ReadEndpoint": _endpoint(addresses.node(member.index), group.port),
                "PreferredAvailabilityZone": member.zone,
                "CurrentRole": "primary" if member.index == group.primary else "replica",
            }
            for member in group.members
        ],
    }


def cache_cluster(group: ReplicationGroup, member: Member, *, with_nodes: bool) -> dict[str, Any]:
    """The CacheCluster shape of a member; ``with_nodes`` as ShowCacheNodeInfo."""
    status = group.shown_status() if member.status == group.status else member.status
    nodes = None
    if with_nodes and group.nodes is not None:
        nodes = [
            {
                "CacheNodeId": _NODE_ID,
                "CacheNodeStatus": status,
                "CacheNodeCreateTime": member.created,
                "Endpoint": _endpoint(group.nodes.addresses.node(member.index), group.port),
                "ParameterGroupStatus": "in-sync",
                "CustomerAvailabilityZone": member.zone,
            }
        ]
    return {
        "CacheClusterId": member.cluster_id,
        "CacheNodeType": group.node_type,
        "Engine": group.engine,
        "EngineVersion": find_version(group.engine, group.engine_version).full,
        "CacheClusterStatus": status,
        "NumCacheNodes": 1,
        "PreferredAvailabilityZone": member.zone,
        "CacheClusterCreateTime": member.created,
        "PreferredMaintenanceWindow": group.maintenance_window,
        "PendingModifiedValues": {
            "AuthTokenStatus": group.auth.pending,
            "CacheNodeType": group.pending.node_type,
            "EngineVersion": group.pending.engine_version,
            **_pending_transit(group),
        },
        "NotificationConfiguration": (
            {"TopicArn": group.notification_topic, "TopicStatus": "active"} if group.notification_topic else None
        ),
        "CacheSecurityGroups": [],
        "CacheParameterGroup": {
            "CacheParameterGroupName": group.parameter_group,
            "ParameterApplyStatus": "in-sync",
            "CacheNodeIdsToReboot": [],
        },
        "CacheSubnetGroupName": group.subnet_group,
        "CacheNodes": nodes,
        "AutoMinorVersionUpgrade": group.auto_minor_upgrade,
        "SecurityGroups": [{"SecurityGroupId": name, "Status": "active"} for name in group.security_groups],
        "ReplicationGroupId": group.id,
        "SnapshotRetentionLimit": group.snapshot_retention,
        "SnapshotWindow": group.snapshot_window,
        "AuthTokenEnabled": bool(group.auth.tokens.digests),
        "AuthTokenLastModifiedDate": group.auth.modified,
        "TransitEncryptionEnabled": group.transit != "off",
        "TransitEncryptionMode": None if group.transit == "off" else group.transit,
        "AtRestEncryptionEnabled": group.at_rest,
        "ARN": member.arn,
        "ReplicationGroupLogDeliveryEnabled": bool(group.log_deliveries),
        "LogDeliveryConfigurations": group.log_deliveries,
        "NetworkType": "ipv4",
        "IpDiscovery": "ipv4",
    }


def subnet_group(group: SubnetGroup) -> dict[str, Any]:
    """The CacheSubnetGroup shape."""
    return {
        "CacheSubnetGroupName": group.name,
        "CacheSubnetGroupDescription": group.description,
        "VpcId": group.vpc,
        "Subnets": [
            {
                "SubnetIdentifier": subnet,
                "SubnetAvailabilityZone": {"Name": zone},
                "SupportedNetworkTypes": ["ipv4"],
            }
            for subnet, zone in group.subnets
        ],
        "ARN": group.arn,
        "SupportedNetworkTypes": ["ipv4"],
    }


def parameter_group(group: ParameterGroup) -> dict[str, Any]:
    """The CacheParameterGroup shape."""
    return {
        "CacheParameterGroupName": group.name,
        "CacheParameterGroupFamily": group.family,
        "Description": group.description,
        "IsGlobal": False,
        "ARN": group.arn,
    }
