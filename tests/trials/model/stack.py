"""A stack as an engine deploys it: its checkpoint, the token that it wants, what its provider is called with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from types import SimpleNamespace
from typing import Final
from unittest import mock

from pulumi.dynamic.config import Config as PulumiConfig
from pulumi.dynamic.dynamic import ConfigureRequest

from components.auth_token import live, resource
from components.auth_token.resource import AuthTokenRotationArgs, AuthTokenRotationProvider
from components.auth_token.rules import Token
from tests.provider.engine import bag, struct
from tests.trials.model.world import Props, World

GROUP: Final = "model"
FOREIGN: Final = 10**6
"""The generation of tokens that others made: it is never revoked."""


@dataclass(frozen=True, kw_only=True)
class Config:
    """What a person sets."""

    generation: int = 1
    overlap: float = 0.0
    max_wait: float = 600.0
    revoke_through: int = 0
    verify: str = "required"
    publish: bool = True
    apply_pending_changes: bool = False
    deadline: float = 3600.0


@dataclass(frozen=True)
class Checkpoint:
    """What the engine remembers: the random token with the generation it was drawn for, and the rotation's outputs."""

    generation: int
    token: Token
    outputs: Props | None = None


@dataclass
class Stack:
    """One stack on one world."""

    config: Config
    adopted: bool = False
    adopt_token: Token | None = None
    world: World = field(init=False)
    """Given once its group is there, which is born with the stack's token."""
    said: list[str] = field(default_factory=list)
    generations: dict[Token, int] = field(default_factory=dict)
    """Which generation each token of ours was drawn for."""
    vague: set[Token] = field(default_factory=set)
    """Tokens that a restored checkpoint does not know: their numbers are given out again."""
    history: list[Checkpoint] = field(default_factory=list)
    secrets: int = 1
    """How many secrets the stack has had, one after the other."""
    primaries: int = 1
    """How many primary endpoints the group has had."""

    def __post_init__(self) -> None:
        self._provider = AuthTokenRotationProvider()
        self.checkpoint = Checkpoint(self.config.generation, self.draw(self.config.generation))

    def draw(self, generation: int) -> Token:
        """A token that never was."""
        token = Token(f"generation-{generation}-drawn-{len(self.generations):06d}")
        self.generations[token] = generation
        return token

    @property
    def outputs(self) -> Props | None:
        """The rotation's, as the checkpoint has them."""
        return self.checkpoint.outputs

    @property
    def fresh(self) -> bool:
        """Whether nobody can be using the group yet."""
        return self.outputs is None and not self.adopted

    def turn(self) -> None:
        """What the random token does first in an `up`."""
        if self.checkpoint.generation != self.config.generation:
            token = self.draw(self.config.generation)
            self.save(replace(self.checkpoint, generation=self.config.generation, token=token))

    def save(self, checkpoint: Checkpoint) -> None:
        """As after a step that went well."""
        self.history.append(self.checkpoint)
        self.checkpoint = checkpoint

    def inputs(self) -> Props:
        """What the program hands over."""
        config = self.config
        args = AuthTokenRotationArgs(
            replication_group_id=GROUP,
            replication_group_arn=f"arn:aws:elasticache:eu-central-1:123456789012:replicationgroup:{GROUP}",
            token=self.checkpoint.token.reveal(),
            generation=self.checkpoint.generation,
            verify=config.verify,
            deadline_seconds=int(config.deadline),
            apply_pending_changes=config.apply_pending_changes,
            secret_arn=f"secret-{self.secrets}" if config.publish else "",
            primary_endpoint=f"primary-{self.primaries}",
            overlap_seconds=int(config.overlap),
            max_wait_seconds=int(config.max_wait),
            revoke_through=config.revoke_through,
            adopted=self.adopted,
            adopt_token=self.adopt_token.reveal() if self.adopt_token else "",
        )
        return bag(struct({**asdict(args), "facts": None}))

    def up(self) -> Props:
        """The outputs. Raises RotationFailed where it says so; whatever a boundary raises passes through."""
        self.turn()
        with self._on_this_world():
            news = self.inputs()
            if self.outputs is None:
                made = self._provider.create(news).outs
            else:
                changed = self._provider.diff(GROUP, self.outputs, news).changes
                made = self._provider.update(GROUP, self.outputs, news).outs if changed else self.outputs
        assert made is not None
        self.save(replace(self.checkpoint, outputs=bag(struct(made))))
        return self.checkpoint.outputs or {}

    def preview(self) -> bool:
        """Whether an `up` would do something."""
        if self.outputs is None:
            return True
        with self._on_this_world():
            return bool(self._provider.diff(GROUP, self.outputs, self.inputs()).changes)

    def refresh(self) -> None:
        """Take what is seen into the checkpoint."""
        if self.outputs is not None:
            with self._on_this_world():
                seen = self._provider.read(GROUP, self.outputs)
            self.save(replace(self.checkpoint, outputs=bag(struct(seen.outs or {}))))

    def roll_back(self, steps: int) -> bool:
        """An older checkpoint is restored; False where there is none with a rotation in it."""
        older = [checkpoint for checkpoint in self.history if checkpoint.outputs is not None]
        if not older:
            return False
        self.checkpoint = older[-1 - steps % len(older)]
        known = (self.outputs or {}).get("token"), self.checkpoint.token.reveal()
        self.vague |= {token for token, number in self.generations.items() if number < FOREIGN} - {
            token for token in self.generations if token.reveal() in known
        }
        return True

    def phase(self) -> str:
        """What the outputs say."""
        return str((self.outputs or {}).get("facts", {}).get("phase", ""))

    @contextmanager
    def _on_this_world(self) -> Iterator[None]:
        """The provider's own code, whose doors to the world open on this one."""
        with (
            mock.patch.object(live, "LivePort", self.world.port),
            mock.patch.object(live, "glance", self.world.glance),
            mock.patch.object(live, "published_version", self.world.published_version),
            mock.patch.object(live, "say", self.said.append),
            mock.patch.object(resource, "time", SimpleNamespace(time=self.world.wall)),
        ):
            self._provider.configure(ConfigureRequest(PulumiConfig(self.world.aws, "redis-auth-token")))
            yield
