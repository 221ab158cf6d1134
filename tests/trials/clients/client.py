"""An application: it opens a connection, sends a few commands, checks what is answered, and opens the next one."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from threading import Event, Thread
from typing import Any, Final

from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from components.auth_token.rules import Token
from tests.trials.clients import example

_PAUSE: Final = 0.01
"""Seconds between two connections, so that the nodes and the rotation get their share of the processors."""


@dataclass(frozen=True)
class Kind:
    """How a client keeps the token, and how many do so."""

    name: str
    keep: float
    """Seconds; 0 reads AWSCURRENT at every connection."""
    number: int


class Reading:
    """Secrets Manager, with every token that it has told."""

    def __init__(self, secrets: Any) -> None:
        self._secrets = secrets
        self.reads = 0
        self.tokens: set[Token] = set()
        self.latest: Token | None = None

    def get_secret_value(self, **where: str) -> Any:
        """As boto3's."""
        answer = self._secrets.get_secret_value(**where)
        self.latest = Token(json.loads(answer["SecretString"])["password"])
        self.tokens.add(self.latest)
        self.reads += 1
        return answer


class Client:
    """At work from `start` to `stop`, in a thread of its own. It uses what docs/clients.md shows."""

    def __init__(self, kind: Kind, number: int, secrets: Any, secret_arn: str, ca_file: str) -> None:
        """`secrets` is boto3's client for Secrets Manager."""
        self.name, self.kind = f"{kind.name} {number}", kind
        self.told = Reading(secrets)
        self.commands = 0
        """All that were sent, or could not be sent for want of a connection."""
        self.connections = 0
        self.failures: Counter[str] = Counter()
        self._key, self._written, self._replicated = f"client:{self.name}", 0, 0
        token = example.module().AuthToken(self.told, secret_arn, kind.keep)
        # Without redis-py's retries: the page's example would heal, unseen, what is to be counted here.
        options = {"ssl_ca_certs": ca_file, "retry": Retry(NoBackoff(), 0)}
        self._primary, self._reader = (example.module().connect(token, to, **options) for to in ("host", "readerHost"))
        self._stop = Event()
        self._thread = Thread(target=self._work, name=self.name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, with the round that is under way."""
        self._stop.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._stop.wait(_PAUSE):
            try:
                self._write()
                self._read()
            except RedisError as error:
                self.failures[f"{type(error).__name__}: {error}"] += 1
            except Exception as error:  # noqa: BLE001 - Secrets Manager, the network, anything: an application has failed
                self.failures[type(error).__name__] += 1

    def _write(self) -> None:
        """What is written is there, over a connection of its own."""
        self._anew(self._primary)
        self._written += 1
        self._sent(self._primary.set, self._key, self._written)
        self._is(self._sent(self._primary.get, self._key), self._written, self._written)

    def _read(self) -> None:
        """Replicas lag behind, but never go back, nor ahead."""
        self._anew(self._reader)
        found = self._sent(self._reader.get, self._key)
        self._is(found, self._replicated, self._written)
        self._replicated = int(found or 0)

    def _anew(self, redis: Any) -> None:
        redis.connection_pool.disconnect()
        self.connections += 1

    def _sent(self, command: Any, *arguments: Any) -> Any:
        self.commands += 1
        return command(*arguments)

    def _is(self, found: bytes | None, lowest: int, highest: int) -> None:
        if not lowest <= int(found or 0) <= highest:
            self.failures["another value than was written"] += 1
