"""What may happen beside the stack, between two of its calls or between two `up`s. Each says what it touches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from components.auth_token.rules import Token
from components.auth_token.seen import Strategy
from tests.trials.model.stack import FOREIGN, Stack
from tests.trials.model.world import World


class Touches(Enum):
    """What the invariants cannot be held to any more, once it has happened."""

    TOKENS = auto()
    LABELS = auto()
    NODES = auto()
    NOTHING = auto()


@dataclass(frozen=True)
class Act:
    """One thing that others do. `do` is False where there is nothing to be done."""

    do: Callable[[World, Stack], bool]
    touches: Touches = Touches.NOTHING


def _foreign(stack: Stack) -> Token:
    token = Token(f"by-somebody-else-{len(stack.generations):06d}")
    stack.generations[token] = FOREIGN
    return token


def _rotate(world: World, stack: Stack) -> bool:
    return world.change_token(Strategy.ROTATE, _foreign(stack))


def _rotate_and_set(world: World, stack: Stack) -> bool:
    token = _foreign(stack)
    return world.change_token(Strategy.ROTATE, token) and world.change_token(Strategy.SET, token)


def _set(world: World, stack: Stack) -> bool:
    token = world.last_rotated()
    return token is not None and world.change_token(Strategy.SET, token)


def _bring_back_the_first(world: World, stack: Stack) -> bool:
    return world.change_token(Strategy.ROTATE, next(iter(stack.generations)))


def _edit(how: str, touches: Touches = Touches.LABELS) -> Act:
    return Act(lambda world, _: world.edit_secret(how), touches)


def _nodes(how: str) -> Act:
    return Act(lambda world, _: world.disturb_nodes(how), Touches.NODES)


def _group(how: str) -> Act:
    return Act(lambda world, _: world.disturb_group(how))


def _jump(seconds: float) -> Callable[[World, Stack], bool]:
    def jump(world: World, stack: Stack) -> bool:
        world.jump(seconds)
        return True

    return jump


ACTS: Final[dict[str, Act]] = {
    "somebody ROTATEs in a token": Act(_rotate, Touches.TOKENS),
    "somebody changes the token": Act(_rotate_and_set, Touches.TOKENS),
    "somebody SETs what was rotated in": Act(_set, Touches.TOKENS),
    "somebody ROTATEs in the first token": Act(_bring_back_the_first, Touches.TOKENS),
    "AWSCURRENT is moved back": _edit("restore the previous"),
    "AWSPENDING is taken off": _edit("nothing pending"),
    "AWSCURRENT is written by hand": _edit("rewrite"),
    "the secret is deleted": _edit("delete", Touches.NOTHING),
    "the secret is restored": _edit("restore", Touches.NOTHING),
    "a node is silent": _nodes("silent"),
    "all nodes answer": _nodes("answering"),
    "a node learns nothing more": _nodes("stuck"),
    "all nodes learn": _nodes("learning"),
    "a replica is added": _nodes("more"),
    "a snapshot is made": _group("snapshot"),
    "a modification waits": _group("pending"),
    "what waited is applied": _group("applied"),
    "the clock goes forward a day": Act(_jump(86400.0)),
    "the clock goes back a day": Act(_jump(-86400.0)),
}
