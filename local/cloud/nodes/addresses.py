"""Which loopback addresses a cloud may use.

All of 127.0.0.0/8 is loopback on Linux, without any set-up. A cloud owns 127.N.0.0/16: its API answers at 127.N.0.1,
its replication group number g uses 127.N.g.0/24.
"""

import socket
import sys
import zlib
from dataclasses import dataclass
from pathlib import Path

from local.cloud.errors import CloudError

_NETWORKS = range(1, 255)  # not 127.0.0.0/16, where other programs listen
_MAX_GROUPS = 254
_FIRST_NODE = 11
_FIRST_SERVER = 111


@dataclass(frozen=True)
class Network:
    """127.N.0.0/16, owned for as long as ``claim`` stays open in some process."""

    number: int
    claim: socket.socket

    @property
    def api(self) -> str:
        """The address of the cloud's HTTP endpoint."""
        return f"127.{self.number}.0.1"

    def group(self, number: int) -> "GroupAddresses":
        """The addresses of the replication group with this number, from 1 on."""
        if not 1 <= number <= _MAX_GROUPS:
            raise CloudError(f"a local cloud has room for {_MAX_GROUPS} replication groups at a time; delete some")
        return GroupAddresses(f"127.{self.number}.{number}")


@dataclass(frozen=True)
class GroupAddresses:
    """The addresses of one replication group."""

    prefix: str

    @property
    def primary(self) -> str:
        """The primary endpoint, which follows a failover."""
        return f"{self.prefix}.1"

    @property
    def reader(self) -> str:
        """The reader endpoint, spread over the replicas."""
        return f"{self.prefix}.2"

    def node(self, index: int) -> str:
        """Where clients reach the node with this number, from 1 on."""
        return f"{self.prefix}.{_FIRST_NODE + index - 1}"

    def server(self, index: int) -> str:
        """Where that node's redis-server listens, for the relay and for its replicas."""
        return f"{self.prefix}.{_FIRST_SERVER + index - 1}"


def claim_network(root: Path) -> Network:
    """Own a network that no other cloud on this machine uses, the same one for the same root where it is free.

    The claim is a name in the abstract socket namespace: exclusive per network namespace, just as loopback addresses
    are, and given back by the kernel however the process ends.

    Raises:
        CloudError: this is not Linux, or all networks are taken.
    """
    if sys.platform != "linux":
        raise CloudError(
            "the local cloud needs Linux (WSL included): its nodes have addresses of their own in 127.0.0.0/8"
        )
    first = zlib.crc32(bytes(root.resolve())) % len(_NETWORKS)
    for offset in range(len(_NETWORKS)):
        number = _NETWORKS[(first + offset) % len(_NETWORKS)]
        claim = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            claim.bind(f"\0redis-auth-token/local-cloud/{number}")
        except OSError:
            claim.close()
            continue
        return Network(number, claim)
    raise CloudError(f"{len(_NETWORKS)} local clouds run on this machine already, as many as there are networks for")
