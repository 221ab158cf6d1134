"""What the tests of the local cloud share: groups, addresses, and raw questions to a Redis node."""

import itertools
import os
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
import redis
from botocore.exceptions import ClientError
from redis.backoff import NoBackoff
from redis.retry import Retry

from local.cloud.client import Cloud
from local.cloud.nodes.resp import encode

if TYPE_CHECKING:
    from mypy_boto3_elasticache import ElastiCacheClient
    from mypy_boto3_elasticache.type_defs import EndpointTypeDef, ReplicationGroupTypeDef

CLONE = Path(__file__).parents[3]
REGION = "eu-central-1"
FIRST = "first-token-0123456789"
SECOND = "second-token-0123456789"
THIRD = "third-token-0123456789"
WRONG = "wrong-token-0123456789"

_names = (f"test-{os.getpid()}-{number}" for number in itertools.count(1))
_SECONDS = 20.0
_T = TypeVar("_T")


LONG = 600.0
"""Seconds that no test waits for: a change under way is let go by setting the delay back to 0."""


def until(condition: Callable[[], _T | None], what: str) -> _T:
    """The condition's first true value, however soon; an AssertionError if there is none in time."""
    deadline = time.monotonic() + _SECONDS
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not within {_SECONDS:.0f} s: {what}"
        time.sleep(0.005)
    return value


def refusal(code: str, call: Callable[..., object], *arguments: Any, **keywords: Any) -> str:
    """Make a call that AWS refuses with this code, and return the message."""
    with pytest.raises(ClientError) as caught:
        call(*arguments, **keywords)
    assert caught.value.response["Error"]["Code"] == code, caught.value
    return str(caught.value)


def keywords(cloud: Cloud) -> dict[str, Any]:
    """How boto3 reaches the cloud."""
    return {
        "endpoint_url": cloud.endpoint,
        "region_name": REGION,
        "aws_access_key_id": "local",
        "aws_secret_access_key": "local",
    }


@dataclass(frozen=True)
class Group:
    """A replication group of a test."""

    cloud: Cloud
    client: "ElastiCacheClient"
    id: str

    @property
    def now(self) -> "ReplicationGroupTypeDef":
        """As Describe tells it."""
        return self.client.describe_replication_groups(ReplicationGroupId=self.id)["ReplicationGroups"][0]

    def settled(self) -> "ReplicationGroupTypeDef":
        """The same, once no change is under way."""

        def look() -> "ReplicationGroupTypeDef | None":
            group = self.now
            assert group["Status"] != "create-failed", self.events()
            under_way = group["PendingModifiedValues"].get("AuthTokenStatus")
            return group if group["Status"] == "available" and not under_way else None

        return until(look, f"{self.id} is available")

    def events(self) -> list[str]:
        """The messages of its events."""
        found = self.client.describe_events(SourceIdentifier=self.id, SourceType="replication-group")
        return [event["Message"] for event in found["Events"]]

    def modify(self, **changes: Any) -> "ReplicationGroupTypeDef":
        """Modify it at once and wait until that is done."""
        self.client.modify_replication_group(ReplicationGroupId=self.id, ApplyImmediately=True, **changes)
        return self.settled()

    def rotate(self, token: str) -> "ReplicationGroupTypeDef":
        """ROTATE, landed."""
        return self.modify(AuthToken=token, AuthTokenUpdateStrategy="ROTATE")

    def set_token(self, token: str) -> "ReplicationGroupTypeDef":
        """SET, landed."""
        return self.modify(AuthToken=token, AuthTokenUpdateStrategy="SET")

    @property
    def primary(self) -> tuple[str, int]:
        """The primary endpoint."""
        return _address(self.now["NodeGroups"][0]["PrimaryEndpoint"])

    @property
    def reader(self) -> tuple[str, int]:
        """The reader endpoint."""
        return _address(self.now["NodeGroups"][0]["ReaderEndpoint"])

    @property
    def members(self) -> dict[str, tuple[str, int]]:
        """Each member's address, by its name."""
        members = self.now["NodeGroups"][0]["NodeGroupMembers"]
        return {member["CacheClusterId"]: _address(member["ReadEndpoint"]) for member in members}

    @property
    def addresses(self) -> list[tuple[str, int]]:
        """Every address of the group: its endpoints and its nodes."""
        nodes = self.now["NodeGroups"][0]
        members = [_address(member["ReadEndpoint"]) for member in nodes["NodeGroupMembers"]]
        return [_address(nodes["PrimaryEndpoint"]), _address(nodes["ReaderEndpoint"]), *members]

    def roles(self) -> dict[str, str]:
        """Each member's role, as Describe tells it."""
        return {m["CacheClusterId"]: m["CurrentRole"] for m in self.now["NodeGroups"][0]["NodeGroupMembers"]}

    def redis(self, address: tuple[str, int], token: str | None = None, *, tls: bool = True) -> redis.Redis:
        """A client of redis-py that tries once."""
        return redis.Redis(
            *address,
            password=token,
            ssl=tls,
            ssl_ca_certs=str(self.cloud.ca_file) if tls else None,
            decode_responses=True,
            retry=Retry(NoBackoff(), 0),
        )

    @contextmanager
    def connection(self, address: tuple[str, int]) -> Iterator[Callable[..., str]]:
        """A bare TLS connection; what it yields sends a command and returns the first line of the reply."""
        context = ssl.create_default_context(cafile=self.cloud.ca_file)
        with (
            socket.create_connection(address, timeout=_SECONDS) as plain,
            context.wrap_socket(plain, server_hostname=address[0]) as connection,
        ):
            lines = connection.makefile("rb")

            def ask(*command: str | bytes) -> str:
                connection.sendall(encode(command))
                return lines.readline().decode().strip()

            yield ask

    def answers(self, token: str | None) -> dict[str, set[str]]:
        """For each way to present a token the first words of all addresses' answers; without a token, to a PING."""
        if token is None:
            ways: dict[str, tuple[str, ...]] = {"PING": ("PING",)}
        else:
            ways = {
                "AUTH": ("AUTH", token),
                "AUTH default": ("AUTH", "default", token),
                "HELLO": ("HELLO", "3", "AUTH", "default", token),
            }
        found: dict[str, set[str]] = {}
        for address in self.addresses:
            for way, command in ways.items():
                with self.connection(address) as ask:
                    found.setdefault(way, set()).add(ask(*command).split(" ")[0])
        return found


ACCEPTED = {"AUTH": {"+OK"}, "AUTH default": {"+OK"}, "HELLO": {"%7"}}
"""What ``Group.answers`` finds where a token is accepted on all addresses; HELLO is answered with a map of seven."""
REFUSED = {"AUTH": {"-WRONGPASS"}, "AUTH default": {"-WRONGPASS"}, "HELLO": {"-WRONGPASS"}}
OPEN = {"PING": {"+PONG"}}
CLOSED = {"PING": {"-NOAUTH"}}


def _address(endpoint: "EndpointTypeDef") -> tuple[str, int]:
    return endpoint["Address"], endpoint["Port"]


def new_group(cloud: Cloud, client: "ElastiCacheClient", *, nodes: int = 1, **request: Any) -> Group:
    """Begin to create a group over TLS; ``settled`` waits for it."""
    name = next(_names)
    parameters: dict[str, Any] = {
        "ReplicationGroupId": name,
        "ReplicationGroupDescription": "of a test",
        "Engine": "redis",
        "NumCacheClusters": nodes,
        "TransitEncryptionEnabled": True,
        "AutomaticFailoverEnabled": nodes > 1,
    }
    client.create_replication_group(**parameters | request)
    return Group(cloud, client, name)


def processes_of(root: Path) -> list[int]:
    """The processes that work in a cloud's root: its servers."""
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                working_directory = process.joinpath("cwd").resolve()
                dead = process.joinpath("stat").read_text().rpartition(")")[2].split()[0] == "Z"
            except OSError:
                continue
            if working_directory.is_relative_to(root.resolve()) and not dead:
                found.append(int(process.name))
    return found
