"""What a handler may use."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from local.cloud.elasticache.changes import Change, Changes
from local.cloud.elasticache.errors import ApiError
from local.cloud.elasticache.state import ParameterGroup, RegionState, ReplicationGroup, State, SubnetGroup
from local.cloud.nodes.plant import Plant
from local.cloud.settings import LiveSettings


class Neighbours(Protocol):
    """The other services, as far as ElastiCache looks at them."""

    def kms_key_arn(self, region: str, key: str) -> str | None:
        """The ARN of an enabled key, found by its id, ARN, alias or alias ARN."""

    def subnet(self, region: str, subnet: str) -> tuple[str, str] | None:
        """A subnet's VPC and availability zone."""

    def has_security_group(self, region: str, group: str) -> bool:
        """Whether the security group is there."""

    def has_log_group(self, region: str, name: str) -> bool:
        """Whether the CloudWatch log group is there."""

    def put_logs(self, region: str, group: str, stream: str, events: list[tuple[int, str]]) -> None:
        """Add events, each with its time in milliseconds, to a stream of a log group; to none if the group is gone."""


@dataclass(frozen=True)
class Services:
    """The parts of the cloud that all regions share."""

    state: State
    settings: LiveSettings
    plant: Plant
    changes: Changes
    neighbours: Neighbours


@dataclass(frozen=True)
class Context:
    """A request's surroundings. Handlers run while ``services.state.lock`` is held."""

    region: RegionState
    services: Services

    def group(self, name: str) -> ReplicationGroup:
        """The replication group of this name, or its ReplicationGroupNotFoundFault."""
        group = self.region.groups.get(name.lower())
        if group is None:
            raise ApiError("ReplicationGroupNotFoundFault", f"ReplicationGroup {name} not found.")
        return group

    def available_group(self, name: str) -> ReplicationGroup:
        """The same, if it can be changed now; else its InvalidReplicationGroupState."""
        group = self.group(name)
        if group.status != "available":
            message = f"Replication group must be in available state to modify; {group.id} is {group.status}."
            raise ApiError("InvalidReplicationGroupStateFault", message)
        return group

    def begin(self, group: ReplicationGroup, change: Change) -> None:
        """Begin a change of a group of this region."""
        self.services.changes.begin(self.region, group, change)

    def subnet_group(self, name: str) -> SubnetGroup:
        """The subnet group of this name, or its CacheSubnetGroupNotFoundFault."""
        group = self.region.subnet_groups.get(name.lower())
        if group is None:
            raise ApiError("CacheSubnetGroupNotFoundFault", f"Cache Subnet Group {name} does not exist.")
        return group

    def parameter_group(self, name: str) -> ParameterGroup:
        """The parameter group of this name, or its CacheParameterGroupNotFound."""
        group = self.region.parameter_groups.get(name.lower())
        if group is None:
            raise ApiError("CacheParameterGroupNotFoundFault", f"CacheParameterGroup not found: {name}")
        return group


Handler = Callable[[Context, dict[str, Any]], Mapping[str, Any]]
