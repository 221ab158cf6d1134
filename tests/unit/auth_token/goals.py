"""What the machine is asked for, and the groups it finds, in the tests' shorthand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from components.auth_token.rules import Token
from components.auth_token.seen import Answer, Verify
from components.auth_token.steps import Goal
from tests.unit.auth_token.fake_group import EPOCH, FakeGroup, FakeSecret

A, B, C, D, FOREIGN = (Token(letter * 20) for letter in "ABCDF")
LATER: Final = EPOCH.replace(hour=1)


def goal(token: Token, recorded: Token | None = A, **changes: Any) -> Goal:
    """`token` is to be the group's; the state says that `recorded` was, or that nothing was."""
    base = Goal(
        token=token,
        recorded=recorded,
        recorded_change=EPOCH,
        recorded_generation=1,
        fresh=recorded is None,
        verify=Verify.REQUIRED,
        deadline=3600,
    )
    return replace(base, **changes)


def held(**changes: Any) -> FakeGroup:
    """A group that holds A, as an earlier rotation left it; its token is published nowhere."""
    return FakeGroup(**{"tokens": [A], "last_rotated": A, **changes})


def published(**changes: Any) -> FakeGroup:
    """The same, with A as AWSCURRENT."""
    return held(**{"secret": FakeSecret(current=A), **changes})


def watched(group: FakeGroup) -> FakeGroup:
    """Check, at every call, that what is published works."""

    def check(_: str) -> None:
        assert group.secret is not None
        if group.secret.current is not None:
            assert all(group.answer(n.id, group.secret.current) is Answer.ACCEPTED for n in group.nodes)

    group.on_boundary = check
    return group


def times(group: FakeGroup) -> dict[str, float]:
    """When each kind of call was first reached; filled while the group is used."""
    found: dict[str, float] = {}

    def note(where: str) -> None:
        found.setdefault(where, group.time)

    group.on_boundary = note
    return found
