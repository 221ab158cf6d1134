"""What a fresh connection is answered: with a token, with none, on every node by its own address."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from redis import SSLConnection
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, RedisError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.retry import Retry

from components.auth_token.rules import Token
from components.auth_token.seen import Answer, Credential, Node

PATIENCE: Final = 5.0
"""Seconds for the connection, and again for each answer. A node that is reachable at all answers in milliseconds."""
_AT_ONCE: Final = 24


def probe(
    nodes: tuple[Node, ...], tokens: Mapping[Credential, Token | None], ca_file: str = ""
) -> dict[str, dict[Credential, Answer]]:
    """Ask every node, by its own address, with each credential, each over a TLS connection of its own.

    `ca_file` names the certificate authorities to trust, the system's where it is empty.
    """
    asked = [(node, credential, token) for node in nodes for credential, token in tokens.items()]
    if not asked:
        return {}
    trust = ssl.create_default_context(cafile=ca_file or None)
    with ThreadPoolExecutor(min(_AT_ONCE, len(asked))) as pool:
        told = list(pool.map(lambda each: _ask(each[0], each[2], trust), asked))
    answers: dict[str, dict[Credential, Answer]] = {node.id: {} for node in nodes}
    for (node, credential, _), answer in zip(asked, told, strict=True):
        answers[node.id][credential] = answer
    return answers


def ask(node: Node, token: Token | None, ca_file: str = "") -> Answer:
    """What one fresh connection to `node` is told."""
    return _ask(node, token, ssl.create_default_context(cafile=ca_file or None))


class _Connection(SSLConnection):
    """Trusts exactly what its context trusts: redis-py would add the system's authorities to those of a file."""

    def __init__(self, trust: ssl.SSLContext, **options: Any) -> None:
        super().__init__(**options)
        self._trust = trust

    def _wrap_socket_with_ssl(self, sock: socket.socket) -> ssl.SSLSocket:
        return self._trust.wrap_socket(sock, server_hostname=self.host)


def _ask(node: Node, token: Token | None, trust: ssl.SSLContext) -> Answer:
    """Without retries: redis-py would try a refused token again, for its AuthenticationError is a ConnectionError."""
    connection: Any = _Connection(  # redis-py's methods have no types
        trust,
        host=node.host,
        port=node.port,
        password=token.reveal() if token else None,
        protocol=2,  # `AUTH token`, the form that every client and every engine version speaks
        driver_info=None,
        socket_connect_timeout=PATIENCE,
        socket_timeout=PATIENCE,
        retry=Retry(NoBackoff(), 0),
    )
    try:
        connection.connect()
        connection.send_command("PING")
        answered = connection.read_response()
    except AuthenticationError:
        return Answer.REFUSED
    except RedisConnectionError as error:
        return Answer.TLS_FAILURE if any(isinstance(e, ssl.SSLError) for e in _chain(error)) else Answer.UNREACHABLE
    except (RedisError, OSError):  # loading its data, too many clients, timed out: it gives no answer now
        return Answer.UNREACHABLE
    finally:
        connection.disconnect()
    return Answer.ACCEPTED if answered in (b"PONG", "PONG") else Answer.UNREACHABLE


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and what led to it: redis-py wraps OpenSSL's errors into its own."""
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__
