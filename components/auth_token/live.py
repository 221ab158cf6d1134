"""The machine's port to the world: AWS, the nodes, the clock, and a line for people now and then."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final

from components.auth_token.elasticache import ReplicationGroupApi
from components.auth_token.probe import probe
from components.auth_token.publication import Endpoints, SecretsManagerPublication
from components.auth_token.rules import Token
from components.auth_token.seen import Answer, Credential, Group, Node, Published, Publishing, Reply, Strategy
from components.auth_token.session import Aws, parse, refuse_strangers

_TELL_EVERY: Final = 10.0
"""Seconds between two lines about the same wait."""
_ATTEMPTS: Final = 8
_GLANCE_ATTEMPTS, _GLANCE_SECONDS = 2, 5.0
"""A preview must not hang where there is no network."""


class LivePort:
    """One replication group of the stack's account. See driver.Port for the methods."""

    def __init__(self, settings: Mapping[str, object], props: Mapping[str, Any]) -> None:
        """The group of AuthTokenRotation's inputs `props`.

        Raises session.SettingsError where the credentials are of another account or region than the group.
        """
        aws = Aws(parse(settings))
        refuse_strangers(aws, props["replication_group_arn"], attempts=_ATTEMPTS)
        self._id, self._ca_file = props["replication_group_id"], props["ca_file"]
        self._api = ReplicationGroupApi(aws.elasticache(attempts=_ATTEMPTS), aws.elasticache(attempts=1), self._id)
        self._publication = _publication(aws, props)
        self._last: tuple[str, float] = ("", -_TELL_EVERY)

    def look(self) -> Group | None:
        """The group as it is now."""
        return self._api.look()

    def probe(
        self, nodes: tuple[Node, ...], tokens: Mapping[Credential, Token | None]
    ) -> Mapping[str, Mapping[Credential, Answer]]:
        """Fresh TLS connections to every node."""
        return probe(nodes, tokens, self._ca_file)

    def send(self, strategy: Strategy, token: Token) -> tuple[Reply, str]:
        """One ModifyReplicationGroup."""
        return self._api.send(strategy, token)

    def published(self) -> Published | None:
        """What the secret's labels are on, where there is a secret."""
        return self._publication.look() if self._publication else None

    def publish(self, action: Publishing, token: Token) -> None:
        """One change of the secret's versions or labels."""
        assert self._publication is not None
        self._publication.publish(action, token)

    def wall(self) -> float:
        """The clock on the wall."""
        return time.time()

    def now(self) -> float:
        """The monotonic clock."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Really sleep."""
        time.sleep(seconds)

    def tell(self, event: str, seconds: float) -> None:
        """Say what is new at once, and what goes on every ten seconds. Pulumi shows what a provider prints."""
        same, at = self._last
        if event == same and self.now() - at < _TELL_EVERY:
            return
        self._last = (event, self.now())
        say(f"{self._id}: {event}" + (f", {seconds:.0f} s by now" if seconds >= 1 else ""))


def _publication(aws: Aws, props: Mapping[str, Any]) -> SecretsManagerPublication | None:
    if not props["secret_arn"]:
        return None
    endpoints = Endpoints(host=props["primary_endpoint"], reader_host=props["reader_endpoint"], port=int(props["port"]))
    return SecretsManagerPublication(aws.secretsmanager(attempts=_ATTEMPTS), props["secret_arn"], endpoints)


def say(text: str) -> None:
    """A line for people, through the provider's standard output."""
    print(text, flush=True)  # noqa: T201 - how a dynamic provider speaks; `logging` below WARNING is hidden by Pulumi


def glance(settings: Mapping[str, Any], group_id: str) -> Group | None:
    """One quick look at the group, without its members: enough to see whether its token was changed by others."""
    aws = Aws(parse(settings))
    client = aws.elasticache(attempts=_GLANCE_ATTEMPTS, patience=_GLANCE_SECONDS)
    return ReplicationGroupApi(client, client, group_id).look(members=False)


def published_version(settings: Mapping[str, Any], props: Mapping[str, Any]) -> str:
    """The id of the version that clients read, by one quick call."""
    publication = _publication(Aws(parse(settings)), props)
    return publication.version() if publication else ""
