"""The stack's own port to a local cloud, for trials: boundaries around its calls, faults, nodes that do not answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from components.auth_token.live import LivePort
from components.auth_token.rules import Token
from components.auth_token.seen import Answer, Credential, Group, Node, Publishing, Reply, Strategy
from components.auth_token.session import Aws
from tests.trials.model.world import Props

if TYPE_CHECKING:
    from tests.trials.model.cloud import CloudWorld


class KeptAws(Aws):
    """Makes each client once."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        self._made: dict[tuple[object, ...], Any] = {}

    def _client(self, service: str, attempts: int, patience: float = 30.0) -> Any:  # boto3 has a type per service
        key = (service, attempts, patience)
        if key not in self._made:
            self._made[key] = super()._client(service, attempts, patience)
        return self._made[key]


class TrialPort(LivePort):
    """The stack's own port, with boundaries around its calls, and faults as this world's people ask for them."""

    def __init__(self, world: CloudWorld, aws: Mapping[str, object], props: Props) -> None:
        super().__init__(aws, props)
        self._world = world
        if self._publication:
            events = self._publication._client.meta.events
            for call in ("PutSecretValue", "UpdateSecretVersionStage"):
                name = f"before-call.secretsmanager.{call}"
                events.register(name, lambda **_: world.boundary("amid a publication"), unique_id=name)

    def look(self) -> Group | None:
        self._world.boundary("before look")
        group = super().look()
        return replace(group, status="snapshotting") if group and self._world.busy else group

    def probe(
        self, nodes: tuple[Node, ...], tokens: Mapping[Credential, Token | None]
    ) -> Mapping[str, Mapping[Credential, Answer]]:
        told = dict(super().probe(nodes, tokens))
        for node, known in self._world.stuck.items():
            told[node] = {c: Answer.ACCEPTED if t in known else Answer.REFUSED for c, t in tokens.items()}
        return told | {node: dict.fromkeys(tokens, Answer.UNREACHABLE) for node in self._world.silent & told.keys()}

    def send(self, strategy: Strategy, token: Token) -> tuple[Reply, str]:
        self._world.boundary(f"before {strategy}")
        reply = self._world.carried(strategy, token, super().send)
        self._world.boundary(f"after {strategy}")
        return reply

    def publish(self, action: Publishing, token: Token) -> None:
        self._world.boundary(f"before {action}")
        super().publish(action, token)
        self._world.boundary(f"after {action}")

    def now(self) -> float:
        return self._world.now()

    def wall(self) -> float:
        return self._world.wall()

    def sleep(self, seconds: float) -> None:
        self._world.pass_time(seconds)

    def tell(self, event: str, seconds: float) -> None:
        """To nobody: what people are told is told by the provider."""
