"""What every replication group's servers are built with."""

import shutil
from dataclasses import dataclass, field
from pathlib import Path

from local.cloud.nodes.addresses import Network
from local.cloud.nodes.certificates import Authority
from local.cloud.nodes.group import NodeGroup
from local.cloud.nodes.processes import Processes
from local.cloud.nodes.relay import Relay
from local.cloud.nodes.server import ServerPlan, Transit

MAX_NODES = 6  # a primary and five replicas: ElastiCache's own limit


@dataclass(frozen=True)
class Plant:
    """Builds the data plane of groups. ``binaries`` maps an engine to the program that serves it."""

    directory: Path
    network: Network
    authority: Authority
    processes: Processes
    relay: Relay
    binaries: dict[str, Path] = field(default_factory=dict)

    def build(self, number: int, name: str, *, engine: str, port: int, transit: Transit) -> NodeGroup:
        """The data plane of group ``number``, not started yet.

        Raises:
            CloudError: there are more groups than addresses for them.
        """
        addresses = self.network.group(number)
        directory = self.directory / name
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(mode=0o700, parents=True)
        indexes = range(1, MAX_NODES + 1)
        hosts = [addresses.primary, addresses.reader, *map(addresses.node, indexes), *map(addresses.server, indexes)]
        plan = ServerPlan(self.binaries[engine], port, self.authority.issue(directory, hosts))
        return NodeGroup(plan, addresses, directory, self.processes, self.relay, transit)

    def describe(self, engine: str) -> str:
        """Which program serves an engine, for people: Redis may stand in for Valkey, their protocol is the same."""
        binary = self.binaries[engine]
        stands_in = engine == "valkey" and "valkey" not in binary.name
        return f"{binary}{' in place of valkey-server, which is not installed' if stands_in else ''}"
