"""Replication groups on a local cloud, by bare boto3."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Final, Literal

import boto3
from botocore.config import Config

from bench.figures import NotMeasured
from components.auth_token.rules import Token

if TYPE_CHECKING:
    from mypy_boto3_elasticache import ElastiCacheClient

REGION: Final = "eu-central-1"
KEYS: Final = ("bench", "bench")
"""Access key and secret key: the local cloud takes any."""

_LOOK_AGAIN_SECONDS = 0.005
_PATIENCE_SECONDS = 30.0


class Groups:
    """Makes groups with a token, changes it, and waits as fast as Describe answers."""

    def __init__(self, endpoint: str) -> None:
        self._client: ElastiCacheClient = boto3.client(
            "elasticache",
            region_name=REGION,
            endpoint_url=endpoint,
            aws_access_key_id=KEYS[0],
            aws_secret_access_key=KEYS[1],
            config=Config(retries={"total_max_attempts": 1}),
        )

    def make(self, nodes: int, token: Token) -> str:
        """A group's id, once it is available."""
        group = f"bench-{uuid.uuid4().hex[:8]}"
        self._client.create_replication_group(
            ReplicationGroupId=group,
            ReplicationGroupDescription="measured",
            Engine="redis",
            CacheNodeType="cache.t4g.micro",
            NumCacheClusters=nodes,
            TransitEncryptionEnabled=True,
            AutomaticFailoverEnabled=nodes > 1,
            AuthToken=token.reveal(),
        )
        self._await_available(group)
        return group

    def arn(self, group: str) -> str:
        """The ARN of a group."""
        return self._client.describe_replication_groups(ReplicationGroupId=group)["ReplicationGroups"][0]["ARN"]

    def change(self, group: str, token: Token, strategy: Literal["ROTATE", "SET"]) -> None:
        """One change of the token, once it is done."""
        self._client.modify_replication_group(
            ReplicationGroupId=group,
            AuthToken=token.reveal(),
            AuthTokenUpdateStrategy=strategy,
            ApplyImmediately=True,
        )
        self._await_available(group)

    def delete(self, group: str) -> None:
        """Delete a group, and wait until it is gone."""
        self._client.delete_replication_group(ReplicationGroupId=group)
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                self._client.describe_replication_groups(ReplicationGroupId=group)
            except self._client.exceptions.ReplicationGroupNotFoundFault:
                return
            _pause(deadline, f"{group} is not gone")

    def _await_available(self, group: str) -> None:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            seen = self._client.describe_replication_groups(ReplicationGroupId=group)["ReplicationGroups"][0]
            if seen["Status"] == "available" and not seen.get("PendingModifiedValues", {}).get("AuthTokenStatus"):
                return
            _pause(deadline, f"{group} is {seen['Status']}")


def _pause(deadline: float, state: str) -> None:
    if time.monotonic() > deadline:
        raise NotMeasured(f"{state} after {_PATIENCE_SECONDS:.0f} s")
    time.sleep(_LOOK_AGAIN_SECONDS)
