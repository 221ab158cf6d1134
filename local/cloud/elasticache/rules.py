"""What ElastiCache refuses, as far as it can be told from a request and the resources it names."""

import re
from typing import Any

from local.cloud.elasticache.errors import ApiError, invalid_combination, invalid_value
from local.cloud.nodes.plant import MAX_NODES

_IDENTIFIER = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", re.IGNORECASE)
_TOKEN = re.compile(r"[\x21-\x7e]{16,128}")
_NARROW = re.compile(r"[A-Za-z0-9!&#$^<>-]*")  # CreateReplicationGroup and the user guide
_EXCLUDED = frozenset('/"@%')  # ModifyReplicationGroup: everything printable but these
_NODE_TYPE = re.compile(r"cache\.([a-z0-9]+)\.[a-z0-9]+")
_OLD_TYPES = frozenset({"t1", "m1", "m2", "c1"})  # without encryption
_TIME = r"([01]\d|2[0-3]):[0-5]\d"
_SNAPSHOT_WINDOW = re.compile(f"{_TIME}-{_TIME}")
_DAY = "(mon|tue|wed|thu|fri|sat|sun)"
_MAINTENANCE_WINDOW = re.compile(f"{_DAY}:{_TIME}-{_DAY}:{_TIME}", re.IGNORECASE)
_PORTS = range(1150, 65536)

# Parameters of node groups that this cloud does not have, and the values it takes all the same as they change nothing.
_ABSENT: dict[str, tuple[Any, ...]] = {
    "GlobalReplicationGroupId": (),
    "SnapshotArns": ([],),
    "SnapshotName": (),
    "ServerlessCacheSnapshotName": (),
    "CacheSecurityGroupNames": ([],),
    "UserGroupIds": ([],),
    "UserGroupIdsToAdd": ([],),
    "UserGroupIdsToRemove": ([],),
    "RemoveUserGroups": (False,),
    "NumNodeGroups": (1,),
    "DataTieringEnabled": (False,),
    "NetworkType": ("ipv4",),
    "IpDiscovery": ("ipv4",),
    "ClusterMode": ("disabled",),
    "Durability": ("default",),
    "NodeGroupConfiguration": (),
}


def check_absent(request: dict[str, Any]) -> None:
    """Refuse what this cloud does not have, with a 501, rather than pretend."""
    for name, harmless in _ABSENT.items():
        if name in request and request[name] not in harmless:
            raise ApiError(
                "NotImplemented", f"The local cloud has no {name} (cluster mode disabled, IPv4, tokens and no users)."
            )


def check_identifier(name: str, kind: str) -> str:
    """A replication group's name, lower-cased as AWS does."""
    if not _IDENTIFIER.fullmatch(name):
        raise invalid_value(
            f"The parameter {kind} is not a valid identifier. Identifiers must begin with a letter; "
            "must contain only ASCII letters, digits, and hyphens; "
            "and must not end with a hyphen or contain two consecutive hyphens."
        )
    if kind == "ReplicationGroupIdentifier" and len(name) > 40:
        raise invalid_value("The parameter ReplicationGroupIdentifier must be 40 characters or fewer.")
    return name.lower()


def check_token(token: str, *, at_creation: bool) -> None:
    """Length and characters of a token. The message never quotes it.

    AWS's pages disagree on the characters: the narrow set holds for CreateReplicationGroup, ModifyReplicationGroup
    excludes four.
    """
    if not _TOKEN.fullmatch(token):
        raise invalid_value("Invalid AuthToken provided: it must be 16 to 128 printable characters, without spaces.")
    if at_creation and not _NARROW.fullmatch(token):
        raise invalid_value("Invalid AuthToken provided: beside letters and digits only ! & # $ ^ < > - are allowed.")
    if _EXCLUDED & set(token):
        raise invalid_value('Invalid AuthToken provided: / " @ % are not allowed.')


def check_node_type(node_type: str, *, encrypted: bool) -> None:
    """The form of a node type, and that it can encrypt if it has to."""
    match = _NODE_TYPE.fullmatch(node_type)
    if match is None:
        raise invalid_value(f"The parameter CacheNodeType {node_type} is not a valid node type.")
    if encrypted and match[1] in _OLD_TYPES:
        raise invalid_combination(f"Encryption features are not supported for node type {node_type}.")


def check_availability(*, nodes: int, automatic_failover: bool, multi_az: bool, node_type: str) -> None:
    """Failover needs a replica, Multi-AZ needs failover."""
    if not 1 <= nodes <= MAX_NODES:
        raise invalid_value(f"A replication group with cluster mode disabled has 1 to {MAX_NODES} cache clusters.")
    if automatic_failover and nodes < 2:
        raise invalid_value(
            "When using automatic failover, there must be at least 2 cache clusters in the replication group."
        )
    if automatic_failover and ".t1." in node_type:
        raise invalid_combination("Automatic failover is not supported for T1 cache node types.")
    if multi_az and not automatic_failover:
        raise invalid_combination("Must enable automatic failover to enable Multi-AZ.")


def check_schedule(request: dict[str, Any]) -> None:
    """Port, windows and retention."""
    port = request.get("Port")
    if port is not None and port not in _PORTS:
        raise invalid_value(f"Port must be between {_PORTS[0]} and {_PORTS[-1]}.")
    window = request.get("PreferredMaintenanceWindow")
    if window is not None and not _MAINTENANCE_WINDOW.fullmatch(window):
        raise invalid_value(
            f"Invalid maintenance window format: {window}. Should be specified as ddd:hh24:mi-ddd:hh24:mi."
        )
    window = request.get("SnapshotWindow")
    if window is not None and not _SNAPSHOT_WINDOW.fullmatch(window):
        raise invalid_value(f"Invalid snapshot window format: {window}. Should be specified as hh24:mi-hh24:mi.")
    retention = request.get("SnapshotRetentionLimit")
    if retention is not None and not 0 <= retention <= 35:
        raise invalid_value("SnapshotRetentionLimit must be between 0 and 35.")
