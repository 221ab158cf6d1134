"""What the control plane knows. All of it is guarded by ``State.lock``; nothing of it outlives the process."""

import threading
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from local.cloud.nodes.group import NodeGroup
from local.cloud.nodes.server import Transit
from local.cloud.nodes.tokens import Tokens

ACCOUNT = "123456789012"


def now() -> datetime:
    """The time, as AWS's dates have it: to the millisecond."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


@dataclass
class AuthState:
    """A group's tokens as the control plane sees them: what is in force, what was rotated in and is not SET yet."""

    tokens: Tokens = field(default_factory=Tokens)
    rotated: str | None = None
    pending: Literal["ROTATING", "SETTING"] | None = None
    modified: datetime | None = None


@dataclass
class Member:
    """One cache node of a group; a cache cluster of its own in the API's words."""

    index: int
    cluster_id: str
    arn: str
    zone: str
    created: datetime
    status: str = "creating"


@dataclass
class Pending:
    """Modifications that wait for ApplyImmediately or the maintenance window."""

    node_type: str | None = None
    engine_version: str | None = None
    automatic_failover: bool | None = None
    parameter_group: str | None = None  # comes with another engine version

    def __bool__(self) -> bool:
        return self != Pending()


@dataclass
class ReplicationGroup:
    """A replication group, cluster mode disabled."""

    id: str
    arn: str
    number: int
    description: str
    engine: str
    engine_version: str
    node_type: str
    port: int
    parameter_group: str
    subnet_group: str | None
    security_groups: list[str]
    automatic_failover: bool
    multi_az: bool
    maintenance_window: str
    snapshot_window: str
    snapshot_retention: int
    auto_minor_upgrade: bool
    transit: Transit
    at_rest: bool
    kms_key: str | None
    log_deliveries: list[dict[str, Any]]
    notification_topic: str | None
    created: datetime = field(default_factory=now)
    status: str = "creating"
    members: list[Member] = field(default_factory=list)
    auth: AuthState = field(default_factory=AuthState)
    pending: Pending = field(default_factory=Pending)
    nodes: NodeGroup | None = None
    busy: threading.Lock = field(default_factory=threading.Lock, repr=False)
    pending_transit: Transit | None = None
    earlier_status: tuple[str, datetime] | None = None

    def member(self, cluster_id: str) -> Member | None:
        """The member of this name."""
        return next((m for m in self.members if m.cluster_id == cluster_id), None)

    @property
    def primary(self) -> int:
        """The number of the primary node."""
        return self.nodes.primary if self.nodes else 1

    def shown_status(self) -> str:
        """The status as Describe tells it: for a while after a change it may be the one before."""
        if self.earlier_status is not None and now() < self.earlier_status[1]:
            return self.earlier_status[0]
        return self.status

    def change_status(self, status: str, *, lag: float = 0.0) -> None:
        """Enter a status; for ``lag`` seconds Describe still tells the one before."""
        self.earlier_status = (self.status, now() + timedelta(seconds=lag)) if lag else None
        self.status = status
        for member in self.members:
            member.status = status

    def settle(self, status: str) -> None:
        """A change is over: nothing of it is under way any more."""
        self.auth.pending = None
        self.pending_transit = None
        self.log_deliveries = [{**delivery, "Status": "active"} for delivery in self.log_deliveries]
        self.change_status(status)


@dataclass
class SubnetGroup:
    """A cache subnet group."""

    name: str
    arn: str
    description: str
    vpc: str
    subnets: list[tuple[str, str]]  # id, availability zone


@dataclass
class ParameterGroup:
    """A cache parameter group; ``values`` are those that differ from the family's."""

    name: str
    arn: str
    family: str
    description: str
    values: dict[str, str] = field(default_factory=dict)
    is_default: bool = False


@dataclass(frozen=True)
class Event:
    """What DescribeEvents tells."""

    source: str
    source_type: str
    message: str
    date: datetime


@dataclass
class Snapshot:
    """A snapshot; ``group`` is what DescribeSnapshots tells of its origin."""

    name: str
    arn: str
    group: dict[str, Any]
    status: str = "creating"


@dataclass
class RegionState:
    """All resources of one region."""

    name: str
    groups: dict[str, ReplicationGroup] = field(default_factory=dict)
    subnet_groups: dict[str, SubnetGroup] = field(default_factory=dict)
    parameter_groups: dict[str, ParameterGroup] = field(default_factory=dict)
    snapshots: dict[str, Snapshot] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    tags: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))

    def arn(self, kind: str, name: str) -> str:
        """The ARN of a resource of this region: ``arn:aws:elasticache:REGION:ACCOUNT:KIND:NAME``."""
        return f"arn:{partition(self.name)}:elasticache:{self.name}:{ACCOUNT}:{kind}:{name}"

    def event(self, source: str, source_type: str, message: str) -> None:
        """Note an event."""
        self.events.append(Event(source, source_type, message, now()))


def partition(region: str) -> str:
    """The AWS partition of a region."""
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"


@dataclass
class State:
    """All regions, and the lock that guards them."""

    lock: threading.RLock = field(default_factory=threading.RLock)
    regions: dict[str, RegionState] = field(default_factory=dict)

    def region(self, name: str) -> RegionState:
        """The state of a region."""
        with self.lock:
            return self.regions.setdefault(name, RegionState(name))

    def free_group_number(self) -> int:
        """The lowest number that no group of any region has."""
        taken = {group.number for region in self.regions.values() for group in region.groups.values()}
        return next(number for number in range(1, len(taken) + 2) if number not in taken)
