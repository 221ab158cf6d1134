"""What a rotation's outputs tell people and scripts. Nothing in them derives from a token."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any, Final

from components.auth_token.driver import Outcome
from components.auth_token.seen import Credential, Group

PROVEN: Final = "proven"
"""One token is accepted, all else refused, on every node: seen by connections."""
UNPROVEN: Final = "unproven"
"""AWS says that it is done; not every node could be asked."""
OVERLAPPING: Final = "overlapping"
"""The new token is published, and the previous one is accepted until `dueAt`; an `up` after that finishes."""
DRIFTED: Final = "drifted"
"""Somebody else changed the token since: the next `up` looks, and puts ours back."""

Facts = dict[str, Any]
"""JSON-like: it goes through Pulumi's state."""


def facts(wanted: int, outcome: Outcome, before: Facts, wall: float) -> Facts:
    """The facts at the end of a run, `before` being those recorded by the run before, if any.

    `wanted` is the generation that was asked for. `proven` and `nodes` count nodes. Times are ISO 8601: `changedAt` is
    AWS's AuthTokenLastModifiedDate; `rotatedAt`, `setAt` and `dueAt` say when the applied token came in, when all else
    was shut out, and when that is due. `publishedVersion` is the id of AWSCURRENT's version.
    """
    nodes = len(outcome.group.nodes)
    same = outcome.generation == before.get("generation")
    whole = bool(nodes) and outcome.proven == nodes
    return {
        "generation": outcome.generation,
        "phase": OVERLAPPING if outcome.due else PROVEN if whole else UNPROVEN,
        "proven": outcome.proven,
        "nodes": nodes,
        "noToken": outcome.proof.tally(Credential.NO_TOKEN),
        "previousToken": _previous(outcome, before),
        "currentToken": outcome.proof.tally(outcome.applied),
        "rotatedAt": before["rotatedAt"] if same and before.get("rotatedAt") else iso(wall),
        "setAt": "" if outcome.due else before["setAt"] if same and before.get("setAt") else iso(wall),
        "dueAt": iso(math.ceil(outcome.due)) if outcome.due else "",
        "retiringGeneration": outcome.retiring_generation,
        "nextWaits": bool(outcome.due) and outcome.generation != wanted,
        "published": "AWS Secrets Manager" if outcome.published else "nowhere but the stack's output",
        "publishedVersion": outcome.published.version if outcome.published else "",
        "changedAt": outcome.changed_at.isoformat() if outcome.changed_at else "",
    }


def remarks(told: Facts) -> list[str]:
    """What people should know at the end of a run, beside that it is done."""
    said = []
    if told["phase"] == UNPROVEN:
        said.append(f"warning: not proven on all nodes: current token {told['currentToken']}")
    if told["phase"] == OVERLAPPING:
        said.append(
            f"both tokens are accepted until {told['dueAt']}; an `up` after that, say a scheduled one, finishes"
        )
    if told["nextWaits"]:
        said.append(f"the next token waits until {told['dueAt']}: nobody's promised time is cut")
    return said


def recorded_change(told: Facts) -> datetime | None:
    """When, by these facts, the token last changed."""
    return datetime.fromisoformat(told["changedAt"]) if told.get("changedAt") else None


def changed_since(told: Facts, group: Group) -> bool:
    """Whether the token was changed after these facts were recorded: by somebody else, or by a run that died."""
    return recorded_change(told) != group.changed_at


def due(told: Facts) -> float | None:
    """Seconds since the epoch at which the recorded overlap ends; None where none goes on."""
    return datetime.fromisoformat(told["dueAt"]).timestamp() if told.get("dueAt") else None


def iso(seconds: float) -> str:
    """Seconds since the epoch, for people."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def _previous(outcome: Outcome, before: Facts) -> str:
    retired = Credential.OLDER if outcome.applied is Credential.PREVIOUS else Credential.PREVIOUS
    tried = retired in outcome.proof.tried()
    return outcome.proof.tally(retired) if tried else str(before.get("previousToken", "none yet"))
