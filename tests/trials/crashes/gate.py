"""A reverse proxy between a provider and the local cloud that counts calls, and at one of them kills the provider."""

from __future__ import annotations

import http.client
import json
import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

_SECONDS: Final = 60.0
_READING: Final = ("Describe", "Get")
_POLL: Final = "DescribeReplicationGroups"


class Side(Enum):
    """Where a call is cut short."""

    BEFORE = "before"
    """AWS never hears of it."""
    AFTER = "after"
    """AWS has done it; its answer never arrives."""


@dataclass(frozen=True)
class Boundary:
    """One side of one call."""

    number: int
    """Of the call among those of an `up`, counted from 1."""
    call: str
    side: Side

    def __call__(self, number: int, call: str) -> Side | None:
        """As a Where (see below): a call of another name in that place is let through."""
        return self.side if (number, call) == (self.number, self.call) else None

    def __str__(self) -> str:
        return f"{self.side.value} call {self.number}, {self.call}"


def changing(call: str) -> bool:
    """Whether a call of this name changes anything on AWS."""
    return not call.startswith(_READING)


Where = Callable[[int, str], Side | None]
"""Where to strike: asked of every call, by its number among those of an `up`, from 1, and by its name."""


def nowhere(_number: int, _call: str) -> Side | None:
    """The process lives."""
    return None


def after_each_change() -> Where:
    """As soon as AWS has changed anything, but once only for each change: what is repeated gets through."""
    done: set[str] = set()

    def where(_number: int, call: str) -> Side | None:
        if not changing(call) or call in done:
            return None
        done.add(call)
        return Side.AFTER

    return where


class Gate:
    """Stands on a loopback port of its own from `with` to the end of it."""

    def __init__(self, endpoint: str) -> None:
        """`endpoint` is the cloud's."""
        self._lock = threading.Lock()
        self._victim = 0
        self._where: Where = nowhere
        self._last = b""
        self._dead = threading.Event()
        self.watch: Callable[[str], None] = lambda _: None
        """Called before and after every call that changes something."""
        self.calls: list[str] = []
        """The names of the calls that came through since `arm`; those repeated only to wait count once."""
        self.struck = False
        """Whether the victim was killed."""
        gate, upstream = self, urlsplit(endpoint).netloc

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = -1

            def do_POST(self) -> None:
                gate._carry(self, upstream)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class has named it so
                """Nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.endpoint = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Gate:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def arm(self, where: Where = nowhere) -> None:
        """Count from now on, and strike there."""
        self.calls, self.struck, self._last = [], False, b""
        self._victim, self._where = 0, where
        self._dead.clear()

    def aim(self, victim: int) -> None:
        """This process makes the calls."""
        self._victim = victim

    def dead(self) -> None:
        """The process has ended: let its connections go."""
        self._dead.set()

    def _carry(self, request: BaseHTTPRequestHandler, upstream: str) -> None:
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        name = _name(request, body)
        side = self._side(name, body)
        if changing(name):
            self.watch(f"before {name}")
        if side is Side.BEFORE:
            self._strike(request)
            return
        status, headers, answer = _forwarded(request, body, upstream)
        if changing(name):
            self.watch(f"after {name}")
        if side is Side.AFTER:
            self._strike(request)
            return
        request.send_response_only(status)
        for key, value in headers:
            request.send_header(key, value)
        request.send_header("Content-Length", str(len(answer)))
        request.end_headers()
        request.wfile.write(answer)

    def _side(self, name: str, body: bytes) -> Side | None:
        """Count the call; where it is to be cut short, if it is."""
        with self._lock:
            # How often a change is looked for until it is seen differs from run to run.
            if name == _POLL and body == self._last:
                return None
            self._last = body
            self.calls.append(name)
            return self._where(len(self.calls), name)

    def _strike(self, request: BaseHTTPRequestHandler) -> None:
        os.kill(self._victim, signal.SIGKILL)
        self.struck = True
        self._dead.wait(_SECONDS)
        request.close_connection = True


def _name(request: BaseHTTPRequestHandler, body: bytes) -> str:
    """The operation, with what it is about where that tells one step of a rotation from another."""
    operation = request.headers.get("X-Amz-Target", "").rpartition(".")[2]
    if operation:
        members = json.loads(body)
        about = members.get("VersionStages") or [members.get("VersionStage")]
        return f"{operation} {about[0]}" if about[0] else operation
    fields = parse_qs(body.decode())
    return fields.get("AuthTokenUpdateStrategy", fields["Action"])[0]


def _forwarded(request: BaseHTTPRequestHandler, body: bytes, upstream: str) -> tuple[int, list[tuple[str, str]], bytes]:
    connection = http.client.HTTPConnection(upstream, timeout=_SECONDS)
    try:
        connection.request(request.command, request.path, body, dict(request.headers.items()))
        answer = connection.getresponse()
        skipped = ("content-length", "connection", "transfer-encoding")
        headers = [(name, value) for name, value in answer.getheaders() if name.lower() not in skipped]
        return answer.status, headers, answer.read()
    finally:
        connection.close()
