"""The properties of `aws.elasticache.ReplicationGroup`, and the rules among them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from local.plugins.aws.elasticache import lowered
from local.plugins.aws.resource import ARN, REGION, TAGS
from local.plugins.errors import Failure
from local.plugins.schema import OUTPUT, AutoName, Kind, Property
from local.plugins.values import Properties, Value

ENGINES: Final = ("redis", "valkey")
_IN_PLACE_TLS: Final = (7, 0, 5)
"""The first engine version whose transit encryption can change while the group lives."""
_VERSION: Final = re.compile(r"^([1-5](\.\d+){2}|6\.x|[6-9]\.\d+)$")
_DAILY: Final = re.compile(r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$")
_DAY: Final = "(mon|tue|wed|thu|fri|sat|sun)"
_WEEKLY: Final = re.compile(rf"^{_DAY}:([01]\d|2[0-3]):[0-5]\d-{_DAY}:([01]\d|2[0-3]):[0-5]\d$", re.IGNORECASE)
_ONE_SHARD: Final = "is not stood in for: the stand-in makes groups of one shard, see numCacheClusters"
_NO_USERS: Final = "is not stood in for: the stand-in knows tokens, not users"


def _matches(pattern: re.Pattern[str], reason: str) -> Property:
    return Property(computed=True, canonical=lowered, rule=lambda value: None if pattern.match(value) else reason)


def _id_problem(value: str) -> str | None:
    if re.fullmatch(r"[A-Za-z]([0-9A-Za-z]|-(?!-)){0,39}", value) and not value.endswith("-"):
        return None
    return "expected 1 to 40 letters, digits and hyphens, a letter first, no two hyphens in a row and none at the end"


def _token_problem(value: str) -> str | None:
    if 16 <= len(value) <= 128 and value.isascii() and value.isprintable() and not set(value) & set(' /"@%'):
        return None
    return 'expected 16 to 128 printable ASCII characters other than space, /, ", @ and %'


_TOKEN: Final = Property(secret=True, rule=_token_problem, conflicts=("authTokenWo",))
_FLAG: Final = Property(kind=Kind.BOOL, default=False)
_LOCAL: Final = Property(local=True)

PROPERTIES: Final[Mapping[str, Property]] = {
    **REGION,
    **TAGS,
    **ARN,
    "replicationGroupId": Property(
        computed=True,
        replaces=True,
        autoname=AutoName(length=40, transform=str.lower),
        rule=_id_problem,
        canonical=lowered,
    ),
    "description": Property(required=True, rule=lambda value: None if value else "expected some text"),
    "nodeType": Property(computed=True),
    "numCacheClusters": Property(kind=Kind.INT, computed=True),
    "engine": Property(computed=True, choices=ENGINES),
    "engineVersion": Property(
        computed=True,
        rule=lambda value: None if _VERSION.match(value) else "expected MAJOR.MINOR from 6 on, else MAJOR.MINOR.PATCH",
    ),
    "parameterGroupName": Property(computed=True),
    "port": Property(kind=Kind.INT, computed=True, replaces=True),
    "subnetGroupName": Property(computed=True, replaces=True),
    "securityGroupIds": Property(kind=Kind.SET, computed=True),
    "preferredCacheClusterAzs": Property(kind=Kind.LIST, local=True),
    "networkType": Property(computed=True, replaces=True, choices=("ipv4", "ipv6", "dual_stack")),
    "ipDiscovery": Property(computed=True, choices=("ipv4", "ipv6")),
    # availability and maintenance
    "automaticFailoverEnabled": _FLAG,
    "multiAzEnabled": _FLAG,
    "applyImmediately": Property(kind=Kind.BOOL, computed=True, local=True),
    "autoMinorVersionUpgrade": Property(kind=Kind.BOOL, computed=True),
    "maintenanceWindow": _matches(_WEEKLY, "expected ddd:hh24:mi-ddd:hh24:mi"),
    "notificationTopicArn": Property(),
    # snapshots
    "snapshotWindow": _matches(_DAILY, "expected hh24:mi-hh24:mi"),
    "snapshotRetentionLimit": Property(
        kind=Kind.INT, rule=lambda value: None if 0 <= value <= 35 else "expected 0 to 35"
    ),
    "snapshotArns": Property(kind=Kind.SET, replaces=True, local=True),
    "snapshotName": Property(replaces=True, local=True),
    "finalSnapshotIdentifier": _LOCAL,
    # encryption and tokens
    "atRestEncryptionEnabled": Property(kind=Kind.BOOL, computed=True, replaces=True),
    "kmsKeyId": Property(replaces=True),
    "transitEncryptionEnabled": Property(kind=Kind.BOOL, computed=True),
    "transitEncryptionMode": Property(computed=True, choices=("preferred", "required")),
    "authToken": _TOKEN,
    "authTokenWo": Property(write_only=True, rule=_token_problem),
    "authTokenWoVersion": Property(kind=Kind.INT, local=True),
    "authTokenUpdateStrategy": Property(local=True, choices=("SET", "ROTATE")),
    # logs
    "logDeliveryConfigurations": Property(
        kind=Kind.SET,
        fields={
            "destination": Property(required=True),
            "destinationType": Property(required=True, choices=("cloudwatch-logs", "kinesis-firehose")),
            "logFormat": Property(required=True, choices=("json", "text")),
            "logType": Property(required=True, choices=("slow-log", "engine-log")),
        },
        rule=lambda value: None if len(value) <= 2 else "expected 2 at most",
    ),
    # what belongs to groups of several shards, to users, to global datastores
    "clusterMode": Property(computed=True, refused=_ONE_SHARD),
    "numNodeGroups": Property(kind=Kind.INT, computed=True, refused=_ONE_SHARD),
    "replicasPerNodeGroup": Property(kind=Kind.INT, computed=True, refused=_ONE_SHARD),
    "nodeGroupConfigurations": Property(kind=Kind.LIST, computed=True, refused=_ONE_SHARD),
    "durability": Property(computed=True, refused=_ONE_SHARD),
    "dataTieringEnabled": Property(kind=Kind.BOOL, computed=True, refused="is not stood in for"),
    "globalReplicationGroupId": Property(computed=True, refused="is not stood in for"),
    "securityGroupNames": Property(kind=Kind.SET, computed=True, refused="is of EC2-Classic: give securityGroupIds"),
    "userGroupIds": Property(kind=Kind.SET, refused=_NO_USERS),
    # what the cloud alone says
    "clusterEnabled": Property(kind=Kind.BOOL, output=True),
    "engineVersionActual": OUTPUT,
    "memberClusters": Property(kind=Kind.SET, output=True, follows=("numCacheClusters",)),
    "primaryEndpointAddress": OUTPUT,
    "readerEndpointAddress": OUTPUT,
    "configurationEndpointAddress": OUTPUT,
}


def problems(inputs: Properties) -> list[Failure]:
    """Rules that span several inputs, as the official plugin has them; what is not known is not judged."""
    failures = []
    if inputs.get("multiAzEnabled") is True and inputs.get("automaticFailoverEnabled") is False:
        failures.append(Failure("automaticFailoverEnabled", "must be true if multiAzEnabled is true"))
    nodes = inputs.get("numCacheClusters")
    if inputs.get("automaticFailoverEnabled") is True and isinstance(nodes, int) and nodes < 2:
        failures.append(Failure("numCacheClusters", "must be at least 2 if automaticFailoverEnabled is true"))
    if "nodeType" not in inputs:
        failures.append(Failure("nodeType", "is required"))
    return failures + _token_problems(inputs)


def _token_problems(inputs: Properties) -> list[Failure]:
    failures = []
    if "authTokenUpdateStrategy" in inputs and not {"authToken", "authTokenWo"} & set(inputs):
        failures.append(Failure("authTokenUpdateStrategy", "needs authToken or authTokenWo"))
    if ("authTokenWo" in inputs) != ("authTokenWoVersion" in inputs):
        failures.append(Failure("authTokenWoVersion", "goes together with authTokenWo, one needs the other"))
    return failures


def forced_replacements(old: Properties, new: Properties) -> set[str]:
    """Changes that a group only bears while being replaced: downgrades, and TLS on engines before 7.0.5."""
    forced = set()
    if old.get("engine") == "valkey" and new.get("engine") == "redis":
        forced.add("engine")
    actual = _numbers(old.get("engineVersionActual"))
    wanted = new.get("engineVersion")
    if isinstance(wanted, str) and actual and _numbers(wanted) < actual[: len(_numbers(wanted))]:
        forced.add("engineVersion")
    if actual and actual < _IN_PLACE_TLS:
        forced.add("transitEncryptionEnabled")
    return forced


def _numbers(version: Value) -> tuple[int, ...]:
    """`7.1` as (7, 1), `6.x` as (6,)."""
    return tuple(int(part) for part in str(version or "").split(".") if part.isdecimal())


def shown_version(actual: str, wanted: Value) -> str:
    """The version as the official plugin keeps it: MAJOR.MINOR from 6 on, MAJOR.x where that was asked for."""
    major, *_ = numbers = _numbers(actual)
    if major < 6:
        return actual
    return f"{major}.x" if wanted == f"{major}.x" else ".".join(map(str, numbers[:2]))
