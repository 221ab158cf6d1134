"""The servers of one replication group: who is primary, which address leads where."""

import itertools
import shutil
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from local.cloud.errors import CloudError
from local.cloud.nodes.addresses import GroupAddresses
from local.cloud.nodes.processes import Processes
from local.cloud.nodes.relay import Backend, Listener, Relay
from local.cloud.nodes.server import Server, ServerPlan, Transit
from local.cloud.nodes.tokens import Tokens

_SYNC_SECONDS = 30.0
_POLL_SECONDS = 0.002


class NodeGroup:
    """A primary and its replicas, numbered from 1. Methods are for one thread at a time; the relay only reads."""

    def __init__(
        self,
        plan: ServerPlan,
        addresses: GroupAddresses,
        directory: Path,
        processes: Processes,
        relay: Relay,
        transit: Transit,
    ) -> None:
        self.addresses = addresses
        self.primary = 1
        self.servers: dict[int, Server] = {}
        self.on_death: Callable[[Server], None] = lambda _: None
        self._plan = plan
        self._directory = directory
        self._processes = processes
        self._relay = relay
        self._transit: Transit = transit
        self._listeners: dict[str, Listener] = {}
        self._turns = itertools.count()

    def start(self, count: int, tokens: Tokens) -> None:
        """Start all servers, make them replicate, open their addresses. What was started is stopped if anything fails.

        Raises:
            CloudError: a server or an address could not be had.
        """
        try:
            self.add(range(1, count + 1), tokens)
            self._listen(self.addresses.primary, lambda: self.servers.get(self.primary))
            self._listen(self.addresses.reader, self._reader)
        except CloudError:
            self.stop()
            raise

    def add(self, indexes: Iterable[int], tokens: Tokens) -> None:
        """Start the servers with these numbers, side by side, as replicas of the primary where there is one.

        Raises:
            CloudError: a server or an address could not be had; none of them is there then.
        """
        added = {index: self._server(index) for index in indexes}
        try:
            self._start_all(added, tokens)
            self.servers.update(added)
            for index in added:
                self._listen(self.addresses.node(index), partial(self.servers.get, index))
        except CloudError:
            for index, server in added.items():
                self._retire(index, server)
            raise

    def remove(self, indexes: Iterable[int]) -> None:
        """Stop servers and close their addresses."""
        for index in indexes:
            self._retire(index, self.servers[index])

    def replace(self, index: int, tokens: Tokens, *, failover: bool) -> None:
        """Start a new server in place of one that died, with the data of the others.

        A primary's place is taken by a replica if ``failover``, else the new server is the primary again.

        Raises:
            CloudError: the new server could not be had.
        """
        survivors = [other for other in sorted(self.servers) if other != index and self._lives(other)]
        was_primary = index == self.primary
        if was_primary and survivors:
            self.fail_over(survivors[0])  # a replica without a primary gives its data to nobody
        self.servers[index].stop()
        server = self._server(index)
        try:
            self._start_all({index: server}, tokens)
        except CloudError:
            server.stop()
            raise
        self.servers[index] = server
        if was_primary and not failover and survivors:
            self.fail_over(index)

    def set_tokens(self, tokens: Tokens, between_nodes: Callable[[], None]) -> None:
        """Change the tokens node after node, the primary first; ``between_nodes`` is called between two of them."""
        for position, index in enumerate(sorted(self.servers, key=lambda index: index != self.primary)):
            if position:
                between_nodes()
            self.servers[index].accept(tokens)

    def encrypt(self, transit: Transit) -> None:
        """Change encryption in transit on every node."""
        self._transit = transit
        for server in self.servers.values():
            server.encrypt(transit)
        primary = self.servers[self.primary]
        for server in self.servers.values():
            if server is not primary:
                server.follow(None)  # else it would keep the link that it has
                _replicate(server, primary)

    def cut_connections(self) -> None:
        """Close the clients' connections, not those of replication."""
        for server in self.servers.values():
            for kind in ("normal", "pubsub"):
                server.command("CLIENT", "KILL", "TYPE", kind, "SKIPME", "yes")

    def fail_over(self, to: int) -> None:
        """Make another node the primary; the primary endpoint follows, the others become its replicas."""
        promoted = self.servers[to]
        if self._lives(self.primary):
            written = self.servers[self.primary].offset()
            _wait(lambda: promoted.offset() >= written, f"the replica at {promoted.address[0]} is not up to date")
        promoted.follow(None)
        self.primary = to
        for index, server in self.servers.items():
            if index != to and self._lives(index):
                _replicate(server, promoted)

    def stop(self) -> None:
        """Close the addresses, kill the servers, remove their files."""
        for listener in self._listeners.values():
            self._relay.close_listener(listener)
        self._listeners.clear()
        for server in self.servers.values():
            server.stop()
        self.servers.clear()
        shutil.rmtree(self._directory, ignore_errors=True)

    def _start_all(self, servers: dict[int, Server], tokens: Tokens) -> None:
        """Start them side by side, then make all but a primary follow the primary."""
        primary = servers[self.primary] if self.primary in servers else self.servers[self.primary]
        replicas = [server for server in servers.values() if server is not primary]
        with ThreadPoolExecutor(max_workers=len(servers)) as pool:
            list(pool.map(lambda server: server.start(tokens), servers.values()))
            list(pool.map(lambda server: _replicate(server, primary), replicas))

    def _retire(self, index: int, server: Server) -> None:
        listener = self._listeners.pop(self.addresses.node(index), None)
        if listener is not None:
            self._relay.close_listener(listener)
        self.servers.pop(index, None)
        server.stop()

    def _server(self, index: int) -> Server:
        directory = self._directory / f"{index:03}"
        server = Server(self._plan, self.addresses.server(index), directory, self._processes, self._transit)
        server.on_death = lambda dead: self.on_death(dead)
        return server

    def _lives(self, index: int) -> bool:
        return not self.servers[index].exited.is_set()

    def _listen(self, address: str, route: Callable[[], Backend | None]) -> None:
        self._listeners[address] = self._relay.listen(address, self._plan.port, route)

    def _reader(self) -> Backend | None:
        replicas = [index for index in sorted(self.servers) if index != self.primary and self._lives(index)]
        return self.servers.get(replicas[next(self._turns) % len(replicas)] if replicas else self.primary)


def _replicate(server: Server, primary: Server) -> None:
    """Follow the primary, and wait for its data.

    Raises:
        CloudError: they did not get in sync in time.
    """
    server.follow(primary)
    _wait(server.in_sync, f"the replica at {server.address[0]} is not in sync")


def _wait(condition: Callable[[], bool], otherwise: str) -> None:
    deadline = time.monotonic() + _SYNC_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise CloudError(f"{otherwise} after {_SYNC_SECONDS:.0f} s")
        time.sleep(_POLL_SECONDS)
