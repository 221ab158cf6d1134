"""The AWS calls: one look at a replication group, and one request to change its token."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ParamValidationError,
    ReadTimeoutError,
)
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_random_exponential

from components.auth_token.rules import Token
from components.auth_token.seen import Group, Node, Reply, Strategy

if TYPE_CHECKING:
    from mypy_boto3_elasticache import ElastiCacheClient
    from mypy_boto3_elasticache.type_defs import CacheClusterTypeDef, ReplicationGroupTypeDef

_BUSY: Final = frozenset({"InvalidReplicationGroupState", "InvalidCacheClusterState"})
_THROTTLED: Final = frozenset({"Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException"})
"""Not modelled on the operation, and sent all the same."""
_NO_FAULT_OF_OURS: Final = frozenset({"InternalFailure", "InternalError", "ServiceUnavailable"})
_UNCHANGED: Final = "No modifications were requested"
"""What AWS says of a token that is the only one already (seen; terraform-provider-aws takes it as success)."""
_BY_THEMSELVES: Final = frozenset({"AuthTokenStatus", "LogDeliveryConfigurations"})
"""Pending values that do not wait for a maintenance window."""
_THROTTLED_FOR: Final = 60.0


class ReplicationGroupApi:
    """One replication group."""

    def __init__(self, reading: ElastiCacheClient, changing: ElastiCacheClient, group_id: str) -> None:
        """`reading` may retry as it likes. `changing` must not: a change may have been applied, its answer lost."""
        self._reading, self._changing, self._id = reading, changing, group_id

    def look(self, *, members: bool = True) -> Group | None:
        """The group as it is now, None where there is none; with `members`, and once settled, its nodes as well."""
        try:
            group = self._reading.describe_replication_groups(ReplicationGroupId=self._id)["ReplicationGroups"][0]
        except ClientError as error:
            if _code(error) == "ReplicationGroupNotFoundFault":
                return None
            raise
        seen = _group(group)
        if not (members and seen.settled):
            return seen
        try:
            clusters = [self._cluster(member) for member in group.get("MemberClusters", [])]
        except ClientError as error:
            if _code(error) in ("CacheClusterNotFound", "CacheClusterNotFoundFault"):  # it is being scaled just now
                return _group(group, status="modifying")
            raise
        return _group(group, clusters)

    def send(self, strategy: Strategy, token: Token) -> tuple[Reply, str]:
        """Ask for a change of token. Throttled calls were not applied, and are sent again with jitter for a minute.

        Raises ClientError where AWS refuses for a reason that has nothing to do with the token, as AccessDenied.
        """
        again = Retrying(
            retry=retry_if_exception(lambda e: isinstance(e, ClientError) and _code(e) in _THROTTLED),
            wait=wait_random_exponential(multiplier=0.2, max=10),
            stop=stop_after_delay(_THROTTLED_FOR),
            reraise=True,
        )
        try:
            again(self._modify, strategy, token)
        except ClientError as error:
            return _reply(error)
        except (ReadTimeoutError, ConnectionClosedError):
            return Reply.UNSURE, ""
        except (ConnectTimeoutError, EndpointConnectionError):
            return Reply.BUSY, ""
        return Reply.ACCEPTED, ""

    def _modify(self, strategy: Strategy, token: Token) -> None:
        try:
            self._changing.modify_replication_group(
                ReplicationGroupId=self._id,
                AuthToken=token.reveal(),
                AuthTokenUpdateStrategy=strategy.value,
                ApplyImmediately=True,  # a token cannot wait; it takes along all else that waits (see rotation.py)
            )
        except ParamValidationError:  # its text shows the value that it refuses
            raise ValueError(
                f"the AWS SDK refuses to send {strategy} for {self._id}: see the rules of a token"
            ) from None

    def _cluster(self, cluster_id: str) -> CacheClusterTypeDef:
        found = self._reading.describe_cache_clusters(CacheClusterId=cluster_id, ShowCacheNodeInfo=True)
        return found["CacheClusters"][0]


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _reply(error: ClientError) -> tuple[Reply, str]:
    code, message = _code(error), str(error.response.get("Error", {}).get("Message", ""))
    if code in _BUSY | _THROTTLED:
        return Reply.BUSY, ""
    if code in _NO_FAULT_OF_OURS:
        return Reply.UNSURE, ""
    if _UNCHANGED in message:
        return Reply.UNCHANGED, ""
    if code.startswith("InvalidParameter"):
        return Reply.REFUSED, f"{code}: {message}"
    raise error


def _group(
    group: ReplicationGroupTypeDef, clusters: list[CacheClusterTypeDef] | None = None, status: str = ""
) -> Group:
    clusters = clusters or []
    statuses = [of.get("PendingModifiedValues", {}).get("AuthTokenStatus") for of in (group, *clusters)]
    return Group(
        id=group.get("ReplicationGroupId", ""),
        status=status or group.get("Status", ""),
        tls=group.get("TransitEncryptionEnabled", False),
        has_token=group.get("AuthTokenEnabled", False),
        token_status=next((status for status in statuses if status), None),
        changed_at=group.get("AuthTokenLastModifiedDate"),
        pending=tuple(sorted({words for of in (group, *clusters) for words in _pending(of)})),
        nodes=tuple(
            Node(id=cluster["CacheClusterId"], host=node["Endpoint"]["Address"], port=node["Endpoint"]["Port"])
            for cluster in clusters
            for node in cluster.get("CacheNodes", [])
            if "Endpoint" in node
        ),
    )


def _pending(of: Any) -> Iterator[str]:  # a group or a cluster: their pending values have no common type
    for name, value in (of.get("PendingModifiedValues") or {}).items():
        if name not in _BY_THEMSELVES and value not in (None, [], {}):
            yield f"{name}: {value}"
