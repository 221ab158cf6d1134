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
)
from tests.unit.auth_token.fake_group import FakeGroup, FakeSecret
from tests.unit.auth_token.goals import LATER, A, B, C, goal, published

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
    ("next token", "stage"): "settled first",
}
"""What to say of an arrow; most speak for themselves."""


def arrows() -> set[Arrow]:
    """From which step to which the machine goes in the runs below. Stops are left out: it may stop anywhere."""
    found: set[Arrow] = set()
    for wanted, group in _runs():
        with recorded(found), contextlib.suppress(RotationStopped):
            driver.rotate(wanted, group)
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
    return None


# ---- the runs
def _runs() -> Iterator[tuple[Goal, FakeGroup]]:
    secrets: list[Callable[[], FakeSecret | None]] = [lambda: FakeSecret(current=A), FakeSecret, lambda: None]
    for overlap in (0.0, 60.0, 3600.0):
        due = FakeGroup().wall() + overlap if overlap else None
        for secret in secrets:
            yield goal(A, None, overlap=overlap), published(secret=secret())
            yield goal(A, None, overlap=overlap), published(secret=secret(), anything=True)
            yield goal(A, None, overlap=overlap), published(secret=secret(), anything=True, same_token_refused=True)
            yield goal(B, overlap=overlap), published(secret=secret())
            yield goal(B, overlap=overlap), published(secret=secret(), stubborn={"n2"})
            yield goal(B, overlap=overlap), published(secret=secret(), frozen={"n2": [A, B]})
            died: dict[str, Any] = {"tokens": [A, B], "last_rotated": B, "changed_at": LATER}
            yield goal(B, overlap=overlap), published(secret=secret(), **died)
            yield goal(C, overlap=overlap), published(secret=secret(), **died)
            goes_on: dict[str, Any] = {
                "recorded": B,
                "retiring": A,
                "due": due,
                "recorded_change": LATER,
                "overlap": overlap,
            }
            yield goal(B, **goes_on), published(secret=secret(), **died)
            yield goal(C, **goes_on), published(secret=secret(), **died)
            yield goal(B, **{**goes_on, "due": 1.0}), published(secret=secret(), **died)
        pending = FakeSecret(current=A, pending=B)
        yield goal(B, overlap=overlap), published(secret=replace(pending), **died)
        yield goal(C, overlap=overlap), published(secret=replace(pending), **died)
        secret_of_b = FakeSecret(current=B, previous=A)
        yield goal(B, overlap=overlap), published(secret=replace(secret_of_b), **died)
        yield goal(B, **goes_on), published(secret=replace(secret_of_b), **died)
        yield goal(C, **goes_on), published(secret=replace(secret_of_b), **died)
        died_after_set = {**died, "tokens": [B]}
        yield goal(B, overlap=overlap), published(secret=replace(secret_of_b), **died_after_set)
        yield goal(C, overlap=overlap), published(secret=replace(secret_of_b), **died_after_set)
        yield (
            goal(B, overlap=overlap),
            published(secret=replace(secret_of_b), **died_after_set, same_token_refused=True),
        )
        yield goal(A, overlap=overlap), published(secret=FakeSecret(current=A, complete=False))
        yield goal(A, None, overlap=overlap), published(secret=replace(secret_of_b))
        yield goal(A, overlap=overlap), published(secret=FakeSecret(current=A), tokens=[A, C], last_rotated=C)
        yield goal(B, overlap=overlap), published(tokens=[], open=True, secret=FakeSecret())
        yield goal(B, overlap=overlap), _unlabelled(published(replies=["busy"]))


def _unlabelled(group: FakeGroup) -> FakeGroup:
    """Somebody takes AWSPENDING off while AWS is too busy for ROTATE."""

    def take_off(where: str) -> None:
        if where == "after ROTATE" and not group.calls and group.secret:
            group.secret.pending = None

    group.on_boundary = take_off
    return group


if __name__ == "__main__":
    sys.stdout.write(drawn(arrows()))
