"""The door through which an engine's plugins reach the test: processes get a provider each, dynamic calls an answer.

A plugin is a shell script that asks here for the port of a provider of its own and then lives as long as the engine
lets it. So plugins start in milliseconds, and what they do happens in the test, where it can be seen and made to fail.
"""

import json
import socket
import socketserver
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from tests.local.engine.conformance.toy.cloud import Cloud
from tests.local.engine.conformance.toy.dynamic import answer
from tests.local.engine.conformance.toy.provider import Toy

_PLUGIN = """#!/bin/bash
exec 3<>"/dev/tcp/127.0.0.1/$TOY_CONTROL"
echo '{"plugin": "toy"}' >&3
read -r port <&3
echo "$port"
exec cat <&3 >/dev/null
"""


@dataclass(kw_only=True)
class Control:
    """`port` for the variable TOY_CONTROL, and the plugin processes that are alive."""

    cloud: Cloud
    accepts_secrets: bool
    port: int = 0
    alive: int = 0
    changed: threading.Condition = field(default_factory=threading.Condition)

    def plugins_ended(self, *, within: float) -> bool:
        """Whether every plugin process has ended, waited for at most `within` seconds."""
        with self.changed:
            return self.changed.wait_for(lambda: self.alive == 0, timeout=within)

    def count(self, step: int) -> None:
        with self.changed:
            self.alive += step
            self.changed.notify_all()


class _Handler(socketserver.StreamRequestHandler):
    server: "_Server"

    def handle(self) -> None:
        request = json.loads(self.rfile.readline())
        if "plugin" in request:
            self._serve_plugin()
        else:
            method = request.pop("method")
            self.wfile.write(json.dumps(answer(self.server.control.cloud, method, request)).encode() + b"\n")

    def _serve_plugin(self) -> None:
        control = self.server.control
        provider = grpc.server(ThreadPoolExecutor(4))
        servicer = Toy(control.cloud, accepts_secrets=control.accepts_secrets)
        provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, provider)
        port = provider.add_insecure_port("127.0.0.1:0")
        provider.start()
        control.count(1)
        self.server.keep(self.request)
        try:
            self.wfile.write(f"{port}\n".encode())
            self.rfile.read()  # ends with the plugin's process
        finally:
            provider.stop(grace=None).wait()
            control.count(-1)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    control: Control

    def __init__(self, address: tuple[str, int]) -> None:
        super().__init__(address, _Handler)
        self._plugins: set[socket.socket] = set()

    def keep(self, connection: socket.socket) -> None:
        self._plugins.add(connection)

    def hang_up(self) -> None:
        """End the plugins that outlived their engine: each lives as long as its connection."""
        for connection in self._plugins:
            with suppress(OSError):  # it has ended by itself
                connection.shutdown(socket.SHUT_RDWR)
        self._plugins.clear()


@contextmanager
def control(cloud: Cloud, *, accepts_secrets: bool) -> Iterator[Control]:
    """Open the door on a free port of loopback."""
    with _Server(("127.0.0.1", 0)) as server:
        server.control = Control(cloud=cloud, accepts_secrets=accepts_secrets, port=server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield server.control
        finally:
            server.shutdown()
            thread.join()
            server.hang_up()


def write_plugin(folder: Path) -> None:
    """Put `pulumi-resource-toy` into a folder that is on the engine's PATH."""
    script = folder / "pulumi-resource-toy"
    script.write_text(_PLUGIN)
    script.chmod(0o755)
