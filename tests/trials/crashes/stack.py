"""One stack on one group of a local cloud: what is asked of it, what its engine remembers, and its `up`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from components.auth_token.rules import Token
from tests.provider.engine import bag, struct
from tests.trials.crashes import provider
from tests.trials.crashes.gate import Gate
from tests.trials.crashes.provider import Props
from tests.trials.ground import Ground, settings

MAX_WAIT: Final = 600
"""Seconds of overlap that an `up` waits for."""
_LONG_AGO: Final = "2020-01-01T00:00:00+00:00"


@dataclass
class Stack:
    """The group must be there."""

    ground: Ground
    gate: Gate
    publish: bool = True
    overlap: float = 0.0
    """Seconds."""
    adopted: bool = False
    adopt_token: Token | None = None
    revoke_through: int = 0
    token: Token = field(default_factory=Token.random)
    generation: int = 1
    outputs: Props | None = None
    """As the checkpoint has them; None before the first `up` that has ended."""
    drawn: dict[Token, int] = field(default_factory=dict)
    """The tokens that may be in the group, and the generation of each, oldest first."""

    def __post_init__(self) -> None:
        self.drawn[self.token] = self.generation
        self._endpoints = self.ground.endpoints()

    @property
    def recorded(self) -> Token | None:
        """The token in the checkpoint."""
        return Token(self.outputs["token"]) if self.outputs else None

    @property
    def facts(self) -> dict[str, Any]:
        """The outputs' for people."""
        return self.outputs["facts"] if self.outputs else {}

    def raise_generation(self) -> None:
        """Ask for a fresh token."""
        self.generation += 1
        self.token = Token.random()
        self.drawn[self.token] = self.generation

    def forget_retired(self) -> None:
        """What is not recorded has been seen to be refused."""
        self.drawn = {token: generation for token, generation in self.drawn.items() if token == self.recorded}

    def pass_due_time(self) -> None:
        """Let the overlap that the outputs tell of be over."""
        self.facts["dueAt"] = _LONG_AGO

    def up(self) -> bool:
        """Whether it lived to its end. Raises ProviderFailed."""
        gate = self.gate
        made = provider.up(settings(gate.endpoint), self._inputs(), self.outputs, gate.aim, gate.dead)
        self.outputs = made or self.outputs
        return made is not None

    def _inputs(self) -> Props:
        asked = self.ground.inputs(
            self._endpoints,
            token=self.token,
            generation=self.generation,
            overlap=self.overlap,
            deadline_seconds=60,
            max_wait_seconds=MAX_WAIT,
            revoke_through=self.revoke_through,
            adopted=self.adopted,
            adopt_token=self.adopt_token.reveal() if self.adopt_token else "",
            **({} if self.publish else {"secret_arn": ""}),
        )
        return bag(struct(asked))
