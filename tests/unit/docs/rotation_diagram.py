"""Draws docs/rotation.md's diagram from the machine: `python -m tests.unit.docs.rotation_diagram` prints it.

Each run below is one way through the machine; what it decides on, one after the other, are the arrows.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Final
from unittest import mock

from components.auth_token import driver
from components.auth_token.rotation import decide
from components.auth_token.rules import Token
from components.auth_token.seen import Verify
from components.auth_token.steps import (
    Finish,
    Goal,
    NextLeg,
    Publish,
    Rest,
    RotationStopped,
    Run,
    Seen,
    Send,
    StartOver,
    Step,
    Stop,
)
from tests.unit.auth_token.fake_group import EPOCH, FakeGroup, FakeSecret

Arrow = tuple[str, str]

LOOK: Final = "look"
WORDS: Final[dict[Arrow, str]] = {
    (LOOK, "stage"): "a new token",
    (LOOK, "publish"): "every node holds it, or it is in force",
    (LOOK, "overlap"): "its overlap goes on",
    (LOOK, "SET"): "its overlap is over",
    (LOOK, "proven"): "it is in force",
    (LOOK, "ROTATE"): "nothing to stage",
    ("ROTATE", "publish"): "accepted by every node",
    ("SET", "retire"): "all else is refused by every node",
    ("ROTATE", "stage"): "AWS was busy",
    ("SET", "ROTATE"): "a node answers otherwise",
    ("overlap", "overlapping"): "longer than maxWait",
    ("next token", "stage"): "settled first",
}
"""What to say of an arrow; most speak for themselves."""


def arrows() -> set[Arrow]:
    """From which step to which the machine goes in the runs below. Stops are left out: it may stop anywhere."""
    found: set[Arrow] = set()
    for goal, group in _runs():
        with recorded(found), contextlib.suppress(RotationStopped):
            driver.rotate(goal, group)
    return found


@contextlib.contextmanager
def recorded(found: set[Arrow]) -> Iterator[None]:
    """Every arrow that a run follows from now on."""
    at = [LOOK]

    def decided(run: Run, seen: Seen) -> Step:
        if not run.legs:
            at[0] = LOOK
        step = decide(run, seen)
        state = _state(step)
        if state and state != at[0]:
            found.add((at[0], state))
            at[0] = state
        return step

    with mock.patch.object(driver, "decide", decided):
        yield


def drawn(found: set[Arrow]) -> str:
    """The diagram in Mermaid's words, always in the same order."""
    order = [LOOK, "stage", "ROTATE", "publish", "overlap", "SET", "retire", "next token", "reject"]
    ends = ("proven", "overlapping")

    def place(arrow: Arrow) -> list[int]:
        return [[*order, *ends].index(state) for state in arrow]

    lines = ["stateDiagram-v2", f"    [*] --> {LOOK}"]
    for arrow in sorted(found, key=place):
        line = f"    {_id(arrow[0])} --> {_id(arrow[1])}"
        lines.append(f"{line} : {WORDS[arrow]}" if arrow in WORDS else line)
    lines += [f"    {end} --> [*]" for end in ends]
    lines.append('    state "next token" as next_token')
    return "\n".join(lines) + "\n"


def _id(state: str) -> str:
    return state.replace(" ", "_")


def _state(step: Step) -> str | None:
    match step:
        case Publish(action, _):
            return str(action)
        case Send(strategy, _):
            return str(strategy)
        case Rest(_):
            return "overlap"
        case NextLeg():
            return "next token"
        case StartOver():
            return LOOK
        case Finish(due=due):
            return "overlapping" if due else "proven"
        case Stop():
            return None
    return None


# ---- the runs
A, B, C = (Token(letter * 20) for letter in "ABC")
_LATER: Final = EPOCH.replace(hour=1)


def _goal(token: Token, recorded: Token | None = A, **changes: Any) -> Goal:
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


def _group(**changes: Any) -> FakeGroup:
    return FakeGroup(**{"tokens": [A], "last_rotated": A, "secret": FakeSecret(current=A), **changes})


def _runs() -> Iterator[tuple[Goal, FakeGroup]]:
    secrets: list[Callable[[], FakeSecret | None]] = [lambda: FakeSecret(current=A), FakeSecret, lambda: None]
    for overlap in (0.0, 60.0, 3600.0):
        due = FakeGroup().wall() + overlap if overlap else None
        for secret in secrets:
            yield _goal(A, None, overlap=overlap), _group(secret=secret())
            yield _goal(A, None, overlap=overlap), _group(secret=secret(), anything=True)
            yield _goal(A, None, overlap=overlap), _group(secret=secret(), anything=True, same_token_refused=True)
            yield _goal(B, overlap=overlap), _group(secret=secret())
            yield _goal(B, overlap=overlap), _group(secret=secret(), stubborn={"n2"})
            yield _goal(B, overlap=overlap), _group(secret=secret(), frozen={"n2": [A, B]})
            died = {"tokens": [A, B], "last_rotated": B, "changed_at": _LATER}
            yield _goal(B, overlap=overlap), _group(secret=secret(), **died)
            yield _goal(C, overlap=overlap), _group(secret=secret(), **died)
            goes_on = {"recorded": B, "retiring": A, "due": due, "recorded_change": _LATER, "overlap": overlap}
            yield _goal(B, **goes_on), _group(secret=secret(), **died)
            yield _goal(C, **goes_on), _group(secret=secret(), **died)
            yield _goal(B, **{**goes_on, "due": 1.0}), _group(secret=secret(), **died)
        pending = FakeSecret(current=A, pending=B)
        yield _goal(B, overlap=overlap), _group(secret=replace(pending), **died)
        yield _goal(C, overlap=overlap), _group(secret=replace(pending), **died)
        published = FakeSecret(current=B, previous=A)
        yield _goal(B, overlap=overlap), _group(secret=replace(published), **died)
        yield _goal(B, **goes_on), _group(secret=replace(published), **died)
        yield _goal(C, **goes_on), _group(secret=replace(published), **died)
        died_after_set = {**died, "tokens": [B]}
        yield _goal(B, overlap=overlap), _group(secret=replace(published), **died_after_set)
        yield _goal(C, overlap=overlap), _group(secret=replace(published), **died_after_set)
        yield _goal(B, overlap=overlap), _group(secret=replace(published), **died_after_set, same_token_refused=True)
        yield _goal(A, overlap=overlap), _group(secret=FakeSecret(current=A, complete=False))
        yield _goal(A, None, overlap=overlap), _group(secret=replace(published))
        yield _goal(A, overlap=overlap), _group(secret=FakeSecret(current=A), tokens=[A, C], last_rotated=C)
        yield _goal(B, overlap=overlap), _group(tokens=[], open=True, secret=FakeSecret())
        yield _goal(B, overlap=overlap), _unlabelled(_group(replies=["busy"]))


def _unlabelled(group: FakeGroup) -> FakeGroup:
    """Somebody takes AWSPENDING off while AWS is too busy for ROTATE."""

    def take_off(where: str) -> None:
        if where == "after ROTATE" and not group.calls and group.secret:
            group.secret.pending = None

    group.on_boundary = take_off
    return group


if __name__ == "__main__":
    sys.stdout.write(drawn(arrows()))
