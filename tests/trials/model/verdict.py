"""What must hold when an `up` is over: proven where it says so, and a reason where it fails."""

from __future__ import annotations

import re
from typing import Final

from components.auth_token.rules import Token
from tests.trials.model.stack import Stack
from tests.trials.model.watch import Watch
from tests.trials.model.world import World

_NOTHING_SENT: Final = frozenset({"older", "rejected"})
_REASONS: Final[dict[str, str]] = {
    r"no answer from": "unreachable",
    r"is not accepted by": "stuck",
    r"does not answer as it should": "stuck",
    r"still waiting for (the group|AWS to take)": "busy",
    r"waits for the maintenance window": "pending",
    r"the secret .*(is gone|scheduled for deletion)": "no secret",
    r"was rejected.*Raise generation": "rejected",
    r"AWS refused (ROTATE|SET)": "others, at this very moment",
    r"state is older than the group.*Raise generation": "older",
}
"""The words that an `up` may fail with, and what must stand in the way then."""


def failed(failure: str, world: World, stack: Stack, *, sent: bool, disturbed: bool) -> None:
    """Raises AssertionError where nothing stood in the way. `disturbed`: others did something meanwhile."""
    reason = next((why for words, why in _REASONS.items() if re.search(words, failure)), None)
    assert reason is not None, f"it fails in words of its own: {failure}"
    assert not (sent and reason in _NOTHING_SENT), f"something was sent, and then: {failure}"
    labels, wanted = world.labels(), stack.checkpoint.token
    in_the_way = {
        "older": labels.current is not None and labels.current != wanted,
        "rejected": labels.rejected == wanted != labels.current,
    }
    assert disturbed or in_the_way.get(reason, reason in world.obstacles()), (
        f"nothing is in the way, and yet: {failure}"
    )


def ended_well(world: World, stack: Stack, watch: Watch, *, looked: bool) -> None:
    """Raises AssertionError where what is recorded is not so. `looked`: the machine has run."""
    outputs = stack.outputs
    assert outputs is not None
    token, phase = Token(outputs["token"]), outputs["facts"]["phase"]
    if phase == "unproven":
        assert stack.config.verify != "required", "it is not proven, and must be"
        return
    if watch.lenient() or (not looked and world.obstacles() & {"stuck", "no secret"}):
        return
    assert world.accepted(token), "the token that was recorded is not accepted"
    if stack.config.publish:
        assert world.labels().current == token, "what is published is not what was recorded"
        assert world.labels().complete, "what is published is not complete"
    if phase == "overlapping":
        assert outputs["facts"]["dueAt"], "an overlap that nothing ends"
        return
    assert token == stack.checkpoint.token, "it ended with another token, and says that it is proven"
    # A token that neither the secret nor the state knows, on a node that learns nothing: nobody could tell.
    stuck = "stuck" in world.obstacles()
    others = [None, *(it for it in stack.generations if it != token and (not stuck or world.kept(it)))]
    assert not any(world.accepted_somewhere(other) for other in others), "another token is accepted as well"


def no_token_said(stack: Stack, *more: str) -> None:
    """Raises AssertionError where anything that people were told holds a token."""
    text = "\n".join([*stack.said, *more])
    stack.said.clear()
    assert not any(token.reveal() in text for token in stack.generations), "a token was shown"
