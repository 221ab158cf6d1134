"""Encryption in transit, changed while a group runs ("Enabling in-transit encryption", AWS's user guide).

It goes from off to preferred to required and back, one step at a time.
"""

from typing import Any

from local.cloud.elasticache.engines import find_version
from local.cloud.elasticache.errors import invalid_combination
from local.cloud.elasticache.state import ReplicationGroup
from local.cloud.nodes.server import Transit

_SINCE = (7, 0, 5)
_STEPS: dict[Transit, tuple[Transit, ...]] = {
    "off": ("preferred",),
    "preferred": ("off", "required"),
    "required": ("preferred",),
}


def requested_transit(group: ReplicationGroup, request: dict[str, Any]) -> Transit | None:
    """The encryption in transit that a request asks for, if it is another one.

    Raises:
        ApiError: ElastiCache would not go there in one step, or not from this engine version.
    """
    if "TransitEncryptionEnabled" not in request and "TransitEncryptionMode" not in request:
        return None
    wanted = _wanted(group, request)
    if wanted == group.transit:
        return None
    if find_version(group.engine, group.engine_version).number < _SINCE:
        raise invalid_combination("Encryption in transit can be changed from engine version 7.0.5 on.")
    if not request.get("ApplyImmediately"):
        raise invalid_combination("Encryption in transit can only be changed with ApplyImmediately.")
    if wanted not in _STEPS[group.transit]:
        raise invalid_combination(
            f"Encryption in transit cannot change from {group.transit} to {wanted} at once; preferred comes in between."
        )
    if group.auth.tokens.digests:
        raise invalid_combination("A group with an AUTH token needs its encryption in transit.")
    return wanted


def _wanted(group: ReplicationGroup, request: dict[str, Any]) -> Transit:
    if not request.get("TransitEncryptionEnabled", group.transit != "off"):
        return "off"
    mode: Transit = request.get("TransitEncryptionMode", "required")
    return mode
