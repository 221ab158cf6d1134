"""The addresses clients see, and the bytes between them and the redis-servers.

Every address is the relay's, always: so an endpoint can follow a failover, and a node's address never has a gap while
its server is replaced or its tokens change. Where a token is needed the bytes pass unread and TLS is between the client
and redis-server. While none is needed the relay ends TLS itself, with the server's own certificate, and judges AUTH and
HELLO (see ``judge``).
"""

import asyncio
import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Protocol

from local.cloud.errors import CloudError
from local.cloud.nodes.judge import judged
from local.cloud.nodes.tokens import Tokens

_CHUNK = 65536
_BACKLOG = 128
_HANDSHAKE_SECONDS = 10
_ACCEPT_AGAIN_SECONDS = 0.05
_TLS_HANDSHAKE = b"\x16"  # the first byte of every TLS connection, and of no command of Redis

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Backend(Protocol):
    """What the relay needs to know of a redis-server."""

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""

    @property
    def unix_socket(self) -> str:
        """Its unix socket, for judged connections."""

    @property
    def tokens(self) -> Tokens:
        """What it accepts now."""

    @property
    def transit(self) -> str:
        """Whether clients speak TLS: "off", "preferred" (as they like) or "required"."""

    @property
    def tls(self) -> ssl.SSLContext:
        """With its certificate."""


Route = Callable[[], Backend | None]


@dataclass(eq=False)
class Listener:
    """An address that is listened on, and its open connections."""

    socket: socket.socket
    tasks: set[asyncio.Task[None]] = field(default_factory=set)


class Relay:
    """An event loop in a thread of its own; its methods are for other threads."""

    def __init__(self) -> None:
        self._listeners: set[Listener] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="relay", daemon=True)
        self._thread.start()

    def listen(self, address: str, port: int, route: Route) -> Listener:
        """Accept connections there; ``route`` says for each new one which server it goes to, none: it is closed.

        Raises:
            CloudError: the port is taken on that address.
        """
        # asyncio turns Nagle's algorithm off only where the protocol is named; with it an answer may take 40 ms.
        listener = Listener(socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP))
        try:
            listener.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.socket.bind((address, port))
            listener.socket.listen(_BACKLOG)
        except OSError as error:
            listener.socket.close()
            raise CloudError(
                f"{address}:{port} cannot be listened on ({error.strerror}); "
                f"if another program listens on port {port} of all addresses, stop it or choose another port"
            ) from error
        listener.socket.setblocking(False)
        self._listeners.add(listener)
        self._loop.call_soon_threadsafe(self._spawn, listener, self._accept(listener, route))
        return listener

    def close_listener(self, listener: Listener) -> None:
        """Stop listening and end all connections made there."""
        self._listeners.discard(listener)
        asyncio.run_coroutine_threadsafe(_end(listener), self._loop).result()

    def close(self) -> None:
        """Close whatever is open and end the event loop."""
        for listener in list(self._listeners):
            self.close_listener(listener)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _spawn(self, listener: Listener, coroutine: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(coroutine)
        listener.tasks.add(task)
        task.add_done_callback(listener.tasks.discard)

    async def _accept(self, listener: Listener, route: Route) -> None:
        while True:
            try:
                client, _ = await self._loop.sock_accept(listener.socket)
            except OSError:  # no descriptor is free, or the client has gone already
                await asyncio.sleep(_ACCEPT_AGAIN_SECONDS)
                continue
            self._spawn(listener, _serve(client, route()))


async def _end(listener: Listener) -> None:
    tasks = list(listener.tasks)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    listener.socket.close()


async def _serve(client: socket.socket, backend: Backend | None) -> None:
    """One connection from its start to its end. What goes wrong on it ends it, and nothing else."""
    with contextlib.ExitStack() as stack:
        stack.callback(client.close)
        # A client that went away, a failed handshake, a server that is down: the client sees a closed connection.
        stack.enter_context(contextlib.suppress(OSError, ValueError, asyncio.IncompleteReadError))
        if backend is None:
            return
        if backend.tokens.required:
            upstream = await asyncio.open_connection(*backend.address)
            stack.callback(upstream[1].transport.abort)
            downstream = await _streams(client, None)
            stack.callback(downstream[1].transport.abort)
            requests = _pump(downstream[0], upstream[1])
        else:
            upstream = await asyncio.open_unix_connection(backend.unix_socket)
            stack.callback(upstream[1].transport.abort)
            downstream = await _streams(client, backend.tls if await _wants_tls(client, backend.transit) else None)
            stack.callback(downstream[1].transport.abort)
            requests = judged(downstream[0], upstream[1], lambda: backend.tokens)
        await _exchange(requests, upstream, downstream[1])


async def _wants_tls(client: socket.socket, transit: str) -> bool:
    """Whether this connection is encrypted; where clients may choose, their first byte says it."""
    if transit != "preferred":
        return transit == "required"
    loop, readable = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(client, readable.set)
    try:
        await readable.wait()
    finally:
        loop.remove_reader(client)
    return client.recv(1, socket.MSG_PEEK) == _TLS_HANDSHAKE


async def _streams(client: socket.socket, context: ssl.SSLContext | None) -> Streams:
    """Streams over an accepted socket, after the TLS handshake where there is a context."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(loop=loop)
    protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
    transport, _ = await loop.connect_accepted_socket(
        lambda: protocol, client, ssl=context, ssl_handshake_timeout=_HANDSHAKE_SECONDS if context else None
    )
    return reader, asyncio.StreamWriter(transport, protocol, reader, loop)


async def _exchange(requests: Coroutine[Any, Any, None], upstream: Streams, client: asyncio.StreamWriter) -> None:
    """Both directions, until the server has closed its own: it does so too when the client has no more to say."""
    sending = asyncio.create_task(_send_all(requests, upstream[1]))
    try:
        await _pump(upstream[0], client)
        await client.drain()
        client.close()
        await client.wait_closed()
    finally:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)


async def _send_all(requests: Coroutine[Any, Any, None], server: asyncio.StreamWriter) -> None:
    try:
        await requests
        server.write_eof()
    except (OSError, ValueError, asyncio.IncompleteReadError):
        server.transport.abort()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(_CHUNK):
        writer.write(data)
        await writer.drain()
