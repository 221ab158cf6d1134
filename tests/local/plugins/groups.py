"""What a replication group of these tests is made from."""

from __future__ import annotations

from typing import Any, Final

from tests.local.plugins.client import Json

GROUP: Final = "aws:elasticache/replicationGroup:ReplicationGroup"
TOKEN: Final = "First-Token-0123456789"
OTHER: Final = "Second-Token-0123456789"


def wanted(**changes: Any) -> Json:
    """Inputs of a small group with a token; None takes one away."""
    inputs: Json = {
        "description": "a group",
        "nodeType": "cache.t4g.micro",
        "engine": "redis",
        "engineVersion": "7.1",
        "transitEncryptionEnabled": True,
        "authTokenWo": TOKEN,
        "authTokenWoVersion": 1,
    } | changes
    return {key: value for key, value in inputs.items() if value is not None}


def shared(**changes: Any) -> Json:
    """Inputs of the group that tests share."""
    return wanted(**{"replicationGroupId": "shared", **changes})
