"""From what ElastiCache says of a replication group to the properties Pulumi keeps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from local.plugins.aws.replication_group_schema import shown_version
from local.plugins.values import Properties, Value

_ON: Final = {"enabled": True, "enabling": True, "disabled": False, "disabling": False}


def group_properties(group: Mapping[str, Any]) -> Properties:
    """What DescribeReplicationGroups tells of the group itself."""
    nodes = group["NodeGroups"]
    primary = nodes[0].get("PrimaryEndpoint", {}) if nodes else {}
    reader = nodes[0].get("ReaderEndpoint", {}) if nodes else {}
    shared = group.get("ConfigurationEndpoint", {})
    return {
        "arn": group["ARN"],
        "replicationGroupId": group["ReplicationGroupId"],
        "description": group.get("Description"),
        "numCacheClusters": len(group["MemberClusters"]),
        "memberClusters": sorted(group["MemberClusters"]),
        "numNodeGroups": len(nodes),
        "replicasPerNodeGroup": len(nodes[0].get("NodeGroupMembers", [])) - 1 if nodes else None,
        "automaticFailoverEnabled": _ON.get(group.get("AutomaticFailover", "")),
        "multiAzEnabled": _ON.get(group.get("MultiAZ", "")),
        "clusterEnabled": group.get("ClusterEnabled"),
        "clusterMode": group.get("ClusterMode"),
        "dataTieringEnabled": _ON.get(group.get("DataTiering", "")),
        "networkType": group.get("NetworkType"),
        "ipDiscovery": group.get("IpDiscovery"),
        "kmsKeyId": group.get("KmsKeyId"),
        "atRestEncryptionEnabled": group.get("AtRestEncryptionEnabled"),
        "transitEncryptionEnabled": group.get("TransitEncryptionEnabled"),
        "transitEncryptionMode": group.get("TransitEncryptionMode"),
        "snapshotWindow": group.get("SnapshotWindow"),
        "snapshotRetentionLimit": group.get("SnapshotRetentionLimit"),
        "logDeliveryConfigurations": [_log_delivery(entry) for entry in group.get("LogDeliveryConfigurations", [])],
        "userGroupIds": group.get("UserGroupIds"),
        "port": (shared or primary).get("Port"),
        "configurationEndpointAddress": shared.get("Address"),
        "primaryEndpointAddress": None if shared else primary.get("Address"),
        "readerEndpointAddress": None if shared else reader.get("Address"),
        "nodeGroupConfigurations": [_shard(entry) for entry in nodes],
    }


def cluster_properties(cluster: Mapping[str, Any], wanted_version: Value) -> Properties:
    """What DescribeCacheClusters tells of a member, and is the same for all; `wanted_version` shapes engineVersion."""
    topic = cluster.get("NotificationConfiguration", {})
    return {
        "nodeType": cluster["CacheNodeType"],
        "engine": cluster["Engine"],
        "engineVersion": shown_version(cluster["EngineVersion"], wanted_version),
        "engineVersionActual": cluster["EngineVersion"],
        "autoMinorVersionUpgrade": cluster.get("AutoMinorVersionUpgrade"),
        "subnetGroupName": cluster.get("CacheSubnetGroupName"),
        "securityGroupIds": [entry["SecurityGroupId"] for entry in cluster.get("SecurityGroups", [])],
        "parameterGroupName": cluster.get("CacheParameterGroup", {}).get("CacheParameterGroupName"),
        "maintenanceWindow": cluster.get("PreferredMaintenanceWindow"),
        "notificationTopicArn": topic.get("TopicArn") if topic.get("TopicStatus") == "active" else None,
    }


def _shard(entry: Mapping[str, Any]) -> Properties:
    zones = [member.get("PreferredAvailabilityZone", "") for member in entry.get("NodeGroupMembers", [])]
    return {
        "nodeGroupId": entry.get("NodeGroupId"),
        "primaryAvailabilityZone": zones[0] if zones else "",
        "primaryOutpostArn": "",
        "replicaAvailabilityZones": zones[1:],
        "replicaCount": len(zones) - 1,
        "slots": entry.get("Slots", ""),
    }


def _log_delivery(entry: Mapping[str, Any]) -> Properties:
    details = entry.get("DestinationDetails", {})
    return {
        "destination": details.get("CloudWatchLogsDetails", {}).get("LogGroup")
        or details.get("KinesisFirehoseDetails", {}).get("DeliveryStream"),
        "destinationType": entry.get("DestinationType"),
        "logFormat": entry.get("LogFormat"),
        "logType": entry.get("LogType"),
    }
