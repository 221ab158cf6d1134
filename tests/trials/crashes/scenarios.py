"""What is going on when the process is killed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

_HOUR: Final = 3600.0
_MOMENT: Final = 0.5


class Group(Enum):
    """How the group is before the stack's first `up`."""

    ENFORCES = "it was born with the stack's token"
    PUZZLED = "it was born with the stack's token, and is open all the same"
    OPEN = "others made it, without a token"
    KNOWN = "others made it, with a token that the stack is told"
    UNKNOWN = "others made it, with a token that the stack is not told"

    @property
    def of_others(self) -> bool:
        """Whether it is adopted."""
        return self in (Group.OPEN, Group.KNOWN, Group.UNKNOWN)


class Killed(Enum):
    """Which `up` is."""

    FIRST = "the one that proves a new group, or adopts one"
    ROTATING = "one that brings in a fresh token"
    FINISHING = "the one after an overlap"
    REVOKING = "one that ends an overlap, for the retiring token has leaked"


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One `up` that is killed at each of its calls in turn, and what is asked for afterwards."""

    name: str
    killed: Killed = Killed.ROTATING
    group: Group = Group.ENFORCES
    publish: bool = True
    overlap: float = 0.0
    """Seconds; more than stack.MAX_WAIT are left to a later `up`."""
    leaked: bool = False
    """Whether the token that is rotated out has leaked."""
    further: bool = False
    """Whether a further token is asked for before the next `up`."""
    again: bool = False
    """Whether the next `up` is killed as well, after its first change, the one after that after the next change..."""
    changes_only: bool = False
    """Whether it is killed only at calls that change something; at all others another scenario is."""
    same_token: str = "refuse"
    """The cloud's setting: what becomes of the newest token, sent again."""
    delay: float = 0.0
    """Seconds that a change of the group takes."""


SCENARIOS: Final = (
    Scenario(name="a new group that enforces its token", killed=Killed.FIRST),
    Scenario(name="a new group in the puzzle", killed=Killed.FIRST, group=Group.PUZZLED, same_token="apply"),
    Scenario(name="the puzzle, through a throw-away token", killed=Killed.FIRST, group=Group.PUZZLED),
    Scenario(name="a rotation"),
    Scenario(name="a rotation whose changes take a while", delay=0.3, changes_only=True),
    Scenario(name="a rotation, and then a further one", further=True),
    Scenario(name="a rotation, killed again and again", again=True, changes_only=True),
    Scenario(name="an overlap that is waited for", overlap=_MOMENT),
    Scenario(name="an overlap that is left to a later up", overlap=_HOUR),
    Scenario(name="an overlap left, and then a further rotation", overlap=_HOUR, further=True, changes_only=True),
    Scenario(name="the up after an overlap", killed=Killed.FINISHING, overlap=_HOUR),
    Scenario(name="an overlap ended by revokeThrough", killed=Killed.REVOKING, overlap=_HOUR),
    Scenario(name="a rotation away from a leaked token", overlap=_HOUR, leaked=True, changes_only=True),
    Scenario(name="publish: none", publish=False),
    Scenario(name="publish: none, and then a further rotation", publish=False, further=True, changes_only=True),
    Scenario(name="adoption of an open group", killed=Killed.FIRST, group=Group.OPEN),
    Scenario(name="adoption with a known token", killed=Killed.FIRST, group=Group.KNOWN, overlap=_MOMENT),
    Scenario(name="adoption with an unknown token", killed=Killed.FIRST, group=Group.UNKNOWN, changes_only=True),
    Scenario(
        name="adoption with a known token, and then a rotation",
        killed=Killed.FIRST,
        group=Group.KNOWN,
        overlap=_MOMENT,
        further=True,
        changes_only=True,
    ),
    Scenario(
        name="adoption of an open group, and then a rotation",
        killed=Killed.FIRST,
        group=Group.OPEN,
        further=True,
        changes_only=True,
    ),
)
