"""The servers of one replication group: who is primary, which address leads where."""

import itertools
import shutil
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from local.cloud.errors import CloudError
from local.cloud.nodes.addresses import GroupAddresses
from local.cloud.nodes.relay import Backend, Listener, Relay
from local.cloud.nodes.server import Server, ServerPlan
from local.cloud.nodes.processes import Processes
from local.cloud.nodes.tokens import Tokens

_SYNC_SECONDS = 30.0
_POLL_SECONDS = 0.002


class NodeGroup:
    """A primary and its replicas, numbered from 1. Methods are for one thread at a time; the relay only reads."""

    def __init__(
        self, plan: ServerPlan, addresses: GroupAddresses, directory: Path, processes: Processes, relay: Relay
    ) -> None:
        self.plan = plan
        self.addresses = addresses
        self.primary = 1
        self.servers: dict[int, Server] = {}
        self._directory = directory
        self._processes = processes
        self._relay = relay
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

    def add(self, indexes: range, tokens: Tokens) -> None:
        """Start the servers with these numbers, side by side, as replicas of the primary where there is one."""
        started = {
            i: Server(self.plan, self.addresses.server(i), self._directory / f"{i:03}", self._processes)
            for i in indexes
        }
        with ThreadPoolExecutor(max_workers=len(started)) as pool:
            self.servers.update(started)
            list(pool.map(lambda server: server.start(tokens), started.values()))
            primary = self.servers[self.primary]
            list(
                pool.map(
                    lambda server: self._replicate(server, primary), (s for s in started.values() if s is not primary)
                )
            )
        for index in started:
            self._listen(self.addresses.node(index), partial(self.servers.get, index))

    def set_tokens(self, tokens: Tokens, between_nodes: Callable[[], None]) -> None:
        """Change the tokens node after node, the primary first; ``between_nodes`` is called between two of them."""
        order = sorted(self.servers, key=lambda index: index != self.primary)
        for position, index in enumerate(order):
            if position:
                between_nodes()
            self.servers[index].accept(tokens)

    def cut_connections(self) -> None:
        """Close the clients' connections, not those of replication."""
        for server in self.servers.values():
            for kind in ("normal", "pubsub"):
                server.command("CLIENT", "KILL", "TYPE", kind, "SKIPME", "yes")

    def fail_over(self, to: int) -> None:
        """Make another node the primary; the primary endpoint follows, the old primary becomes a replica."""
        promoted = self.servers[to]
        promoted.follow(None)
        self.primary = to
        for index, server in self.servers.items():
            if index != to:
                self._replicate(server, promoted)

    def stop(self) -> None:
        """Close the addresses, kill the servers, remove their files."""
        for listener in self._listeners.values():
            self._relay.close_listener(listener)
        self._listeners.clear()
        for server in self.servers.values():
            server.stop()
        self.servers.clear()
        shutil.rmtree(self._directory, ignore_errors=True)

    def _listen(self, address: str, route: Callable[[], Backend | None]) -> None:
        self._listeners[address] = self._relay.listen(address, self.plan.port, route)

    def _reader(self) -> Backend | None:
        replicas = [server for index, server in sorted(self.servers.items()) if index != self.primary]
        return replicas[next(self._turns) % len(replicas)] if replicas else self.servers.get(self.primary)

    @staticmethod
    def _replicate(server: Server, primary: Server) -> None:
        server.follow(primary)
        deadline = time.monotonic() + _SYNC_SECONDS
        while not server.in_sync():
            if time.monotonic() > deadline:
                raise CloudError(f"the replica at {server.address[0]} is not in sync after {_SYNC_SECONDS:.0f} s")
            time.sleep(_POLL_SECONDS)
