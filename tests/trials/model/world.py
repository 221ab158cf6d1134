"""What the model needs of a group and its secret: the machine's port, the truth, and the hands of others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from components.auth_token.driver import Port
from components.auth_token.rules import Token
from components.auth_token.seen import Group, Published, Strategy

Props = dict[str, Any]


class Violated(BaseException):
    """An invariant does not hold; nothing on the way may take it for an error of a rotation."""


@dataclass(frozen=True, kw_only=True)
class Nature:
    """How this AWS is: where its documentation leaves it open, and how slow it is."""

    born: str = "with a token"
    """Or `open` (the article's puzzle), or `adopted`, `adopted unknown`, `adopted open`."""
    nodes: int = 2
    delay: float = 0.0
    """Seconds that a change of token takes."""
    lag: float = 0.0
    """Seconds until a change that was taken shows."""
    same_token_refused: bool = True
    set_needs_rotate: bool = True

    @property
    def adopted(self) -> bool:
        """Whether clients used the group before the stack came."""
        return self.born.startswith("adopted")


class World(Protocol):
    """One group and its secret. Times in seconds; nothing here waits in earnest."""

    aws: dict[str, str]
    """The stack's `aws:*` configuration."""
    boundary: Callable[[str], None]
    """Called before and after every call that changes something, and before every look."""
    faults: list[str]
    """What becomes of the next requests to change the token: `busy`, `throttle`, `lost`, `dropped`, or nothing (``)."""
    sent: list[tuple[Strategy, Token]]
    """The changes of token that AWS took from the stack."""

    def port(self, settings: Mapping[str, object], props: Props) -> Port:
        """What LivePort would be."""

    def glance(self, settings: Mapping[str, object], group_id: str) -> Group | None:
        """What live.glance would tell."""

    def published_version(self, settings: Mapping[str, object], props: Props) -> str:
        """What live.published_version would tell."""

    def now(self) -> float:
        """The clock that never goes back."""

    def wall(self) -> float:
        """The clock on the wall."""

    def pass_time(self, seconds: float) -> None:
        """Let both clocks go on."""

    def jump(self, seconds: float) -> None:
        """Put the clock on the wall forward or back."""

    # ---- the truth, whatever can be reached
    def accepted(self, token: Token | None) -> bool:
        """Whether every node accepts this token, or no token."""

    def accepted_somewhere(self, token: Token | None) -> bool:
        """Whether any node does."""

    def labels(self) -> Published:
        """What the secret's labels are on, deleted or not."""

    def kept(self, token: Token) -> bool:
        """Whether some labelled version of the secret holds this token."""

    def unlabelled(self) -> bool:
        """Whether the secret has no version, so that the first one is AWSCURRENT by itself."""

    def obstacles(self) -> frozenset[str]:
        """What stands in a rotation's way now: `unreachable`, `stuck`, `busy`, `pending`, `no secret`."""

    # ---- the hands of others; False where that cannot be done now
    def change_token(self, strategy: Strategy, token: Token) -> bool:
        """The article's commands, typed by somebody."""

    def under_way(self) -> bool:
        """Whether a change of token was taken and has not landed."""

    def last_change(self) -> datetime | None:
        """AuthTokenLastModifiedDate."""

    def last_rotated(self) -> Token | None:
        """The token that came last."""

    def edit_secret(self, how: str) -> bool:
        """`restore the previous`, `nothing pending`, `rewrite`, `delete`, `restore`, `renew`."""

    def disturb_nodes(self, how: str) -> bool:
        """`silent`, `answering`, `stuck`, `learning`, `more`."""

    def disturb_group(self, how: str) -> bool:
        """`snapshot`, `pending`, `applied`."""

    def replace(self, token: Token) -> None:
        """Another group in the place of this one, born with `token`."""

    def calm(self) -> None:
        """Undo everything that stands in the way."""

    def close(self) -> None:
        """The end of the world."""
