"""What a rotation's outputs tell people and scripts. Nothing in them derives from a token."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from components.auth_token.driver import Outcome
from components.auth_token.seen import Credential, Group

PROVEN: Final = "proven"
"""One token is accepted, all else refused, on every node: seen by connections."""
UNPROVEN: Final = "unproven"
"""AWS says that it is done; not every node could be asked."""
DRIFTED: Final = "drifted"
"""Somebody else changed the token since: the next `up` looks, and puts ours back."""

Facts = dict[str, Any]
"""JSON-like: it goes through Pulumi's state."""


def facts(generation: int, outcome: Outcome, before: Facts) -> Facts:
    """The facts at the end of a run, `before` being those recorded by the run before, if any.

    `proven` and `nodes` count nodes; `changedAt` is AWS's AuthTokenLastModifiedDate (ISO 8601), or empty.
    """
    nodes = len(outcome.group.nodes)
    tried = Credential.PREVIOUS in outcome.proof.tried()
    previous = outcome.proof.tally(Credential.PREVIOUS) if tried else before.get("previousToken", "none yet")
    return {
        "generation": generation,
        "phase": PROVEN if nodes and outcome.proven == nodes else UNPROVEN,
        "proven": outcome.proven,
        "nodes": nodes,
        "noToken": outcome.proof.tally(Credential.NO_TOKEN),
        "previousToken": previous,
        "currentToken": outcome.proof.tally(Credential.CURRENT),
        "changedAt": _iso(outcome.group.changed_at),
    }


def recorded_change(told: Facts) -> datetime | None:
    """When, by these facts, the token last changed."""
    return datetime.fromisoformat(told["changedAt"]) if told.get("changedAt") else None


def changed_since(told: Facts, group: Group) -> bool:
    """Whether the token was changed after these facts were recorded: by somebody else, or by a run that died."""
    return recorded_change(told) != group.changed_at


def _iso(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""
