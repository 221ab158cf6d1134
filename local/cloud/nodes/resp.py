"""RESP, Redis's wire format, as far as the cloud speaks it itself.

redis-py would do, but importing it takes a quarter of the second in which the cloud is to be ready.
"""

import socket
from collections.abc import Iterable
from typing import BinaryIO

from local.cloud.errors import CloudError

Reply = str | int | None | list["Reply"]


class RedisError(CloudError):
    """Redis answered with an error. The message is Redis's own; it never quotes a password."""


def encode(arguments: Iterable[bytes | str]) -> bytes:
    """A command as Redis reads it."""
    parts = [a.encode() if isinstance(a, str) else a for a in arguments]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)


class Connection:
    """A blocking connection to a Redis server's unix socket. Not for several threads at once."""

    def __init__(self, path: str, *, timeout: float) -> None:
        """Connect to the unix socket; ``timeout`` in seconds holds for every reply.

        Raises:
            OSError: nothing listens there.
        """
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._socket.settimeout(timeout)
            self._socket.connect(path)
        except OSError:
            self._socket.close()
            raise
        self._replies: BinaryIO = self._socket.makefile("rb")

    def command(self, *arguments: str) -> Reply:
        """Send one command and return its reply.

        Raises:
            RedisError: Redis refused it.
            OSError: the connection is gone.
        """
        self._socket.sendall(encode(arguments))
        return self._read()

    def close(self) -> None:
        """Close the connection."""
        self._replies.close()
        self._socket.close()

    def _read(self) -> Reply:
        line = self._replies.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("the Redis server closed the connection")
        kind, text = line[:1], line[1:-2].decode()
        match kind:
            case b"+":
                return text
            case b"-":
                raise RedisError(text)
            case b":":
                return int(text)
            case b"$":
                size = int(text)
                return None if size < 0 else self._replies.read(size + 2)[:-2].decode(errors="replace")
            case b"*":
                return [self._read() for _ in range(int(text))]
            case _:
                raise ConnectionError(f"not a reply of Redis: it begins with {kind!r}")
