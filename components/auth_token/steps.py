"""What the machine is asked for, what it remembers, what it sees, and the steps it can decide on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from components.auth_token.rules import Token
from components.auth_token.seen import Credential, Group, Proof, Published, Publishing, Reply, Strategy, Verify


@dataclass(frozen=True, kw_only=True)
class Goal:
    """What is to be true at the end of a run, and what the state knows of the runs before."""

    token: Token
    """The token that every node is to accept; all else is to be refused, once the overlap is over."""
    generation: int = 1
    """Which token that is, counted from 1."""
    recorded: Token | None
    """The token that the state says clients hold. None at creation, and where it is not known."""
    recorded_change: datetime | None = None
    """AuthTokenLastModifiedDate as it was when `recorded` was recorded."""
    recorded_generation: int = 0
    fresh: bool = False
    """Whether nobody uses the group yet."""
    retiring: Token | None = None
    """The token that an overlap, which the state tells of, keeps alive beside `recorded`."""
    retiring_generation: int = 0
    due: float | None = None
    """Seconds since the epoch at which that overlap ends."""
    overlap: float = 0.0
    """Seconds for which both tokens stay accepted once the new one is published."""
    max_wait: float = 600.0
    """Seconds of overlap that a run waits for; a longer rest is left to a later run."""
    revoke_through: int = 0
    """Tokens up to this generation have leaked: nobody waits for them, and they are not brought back."""
    verify: Verify
    deadline: float
    """Seconds that the run may take, overlap aside."""
    apply_pending_changes: bool = False
    wrong: Token = field(default_factory=Token.random)
    """A token that nobody ever sent: a node that accepts it accepts anything."""
    spare: Token = field(default_factory=Token.random)
    """The throw-away token of a healing at creation."""

    def roles(self, published: Published | None) -> dict[Credential, Token]:
        """Who is who among the tokens that may be in the group, from the state and from what is published."""
        held = (published.current if published else None) or self.recorded
        roles = {Credential.CURRENT: self.token}

        def cast(token: Token | None, *parts: Credential) -> None:
            part = next((part for part in parts if part not in roles), None)
            if token is not None and part is not None and token not in roles.values():
                roles[part] = token

        cast(held, Credential.PREVIOUS)
        cast(published.previous if published else None, Credential.PREVIOUS, Credential.OLDER)
        cast(self.recorded, Credential.PREVIOUS, Credential.OLDER)
        cast(self.retiring, Credential.PREVIOUS, Credential.OLDER)
        cast(published.pending if published else None, Credential.PENDING)
        return roles

    def generation_of(self, token: Token | None) -> int:
        """Which generation a token is; 0 for one that was there before us.

        One that nobody recorded was made after the recorded and before the wanted one: taken for the latest that it
        can be, a revocation of earlier ones never cuts what its clients were promised.
        """
        known = {self.retiring: self.retiring_generation, self.recorded: self.recorded_generation}
        known |= {self.token: self.generation, None: 0}
        return known.get(token, self.generation - 1)

    def revoked(self, token: Token | None) -> bool:
        """Whether this token, or access without one, has been revoked: what was there before us goes with our first."""
        return 0 < self.revoke_through >= self.generation_of(token)


@dataclass(frozen=True, kw_only=True)
class Sent:
    """The last change of token that this run asked AWS for."""

    strategy: Strategy
    credential: Credential
    reply: Reply
    at: float
    changed_before: datetime | None
    """AuthTokenLastModifiedDate when it was sent."""
    landed: datetime | None = None
    """AuthTokenLastModifiedDate when it was first seen to have landed."""
    message: str = ""


@dataclass(frozen=True, kw_only=True)
class Run:
    """What a run remembers: its plan, and the last thing it sent."""

    goal: Goal
    roles: Mapping[Credential, Token] = field(default_factory=dict)
    """Fixed at the first look: publishing changes what the labels say, not who is who in this run."""
    legs: tuple[Credential, ...] = ()
    """Tokens still to be established, each by ROTATE, proof, SET, proof. Empty until the first look."""
    in_force: bool = False
    """Whether the first look showed that nothing has to be changed in the group."""
    judged: frozenset[str] | None = None
    """The nodes that answered at the first look, or when they came later, and so must answer to the end."""
    passed_over: frozenset[str] = frozenset()
    """The nodes that did not answer at the first look."""
    planned_at: datetime | None = None
    """AuthTokenLastModifiedDate when the present leg began."""
    sent: Sent | None = None
    """The last change of the present leg."""
    rotated: bool = False
    """Whether the present leg has sent its ROTATE."""
    overlap_from: float | None = None
    """When the present leg's overlap began, by the clock that never goes back."""
    settled: Credential | None = None
    """The token that the leg before has established: clients may hold it by now."""
    spare_sent: bool = False
    failure: Stop | None = None
    """What a proof after SET showed: the previous token is being brought back, and then the run ends in this."""
    doubted_at: float | None = None
    """When proofs began to contradict what AWS says."""

    @property
    def last_change(self) -> datetime | None:
        """AuthTokenLastModifiedDate as far as this run knows the reason; where it is another, others were here."""
        return (self.sent.landed or self.sent.changed_before) if self.sent else self.planned_at

    def tried(self) -> dict[Credential, Token | None]:
        """What to try on every node."""
        spare = {Credential.SPARE: self.goal.spare} if self.spare_sent else {}
        return {Credential.NO_TOKEN: None, Credential.WRONG: self.goal.wrong, **self.roles, **spare}

    def token(self, credential: Credential) -> Token:
        """The token in this role."""
        return self.goal.spare if credential is Credential.SPARE else self.roles[credential]


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One look: the group, what its nodes answered (nothing while a change is under way), what is published."""

    group: Group | None
    proof: Proof
    published: Published | None
    now: float
    """Seconds of a clock that never goes back."""
    wall: float
    """Seconds since the epoch."""

    @property
    def retired(self) -> Token | None:
        """The token that was shut out last, as its label says."""
        return self.published.retired if self.published else None

    @property
    def rejected(self) -> Token | None:
        """The token that failed its proof last, as its label says."""
        return self.published.rejected if self.published else None


@dataclass(frozen=True)
class Wait:
    """Look again a little later. `doubt`: for a limited time only, and then this."""

    why: str
    doubt: Stop | Plan | None = None


@dataclass(frozen=True)
class Plan:
    """Establish these tokens, one after the other."""

    legs: tuple[Credential, ...]
    judged: frozenset[str]
    in_force: bool = False
    failure: Stop | None = None


@dataclass(frozen=True)
class Send:
    """Ask AWS for a change of token."""

    strategy: Strategy
    credential: Credential


@dataclass(frozen=True)
class Publish:
    """Write or label a published version."""

    action: Publishing
    credential: Credential


@dataclass(frozen=True)
class StartOverlap:
    """From now on clients have the overlap's time to come over."""


@dataclass(frozen=True)
class Rest:
    """Both tokens are accepted; wait for the end of the overlap."""

    seconds: float


@dataclass(frozen=True)
class StartOver:
    """Somebody else changed the token meanwhile: what was planned is void, as after a crash."""


@dataclass(frozen=True)
class NextLeg:
    """The present leg's token is established."""


@dataclass(frozen=True)
class Finish:
    """Nothing is left to do now. With `due`, an overlap goes on until then, and `retiring` is still accepted."""

    applied: Credential
    due: float | None = None
    retiring: Credential | None = None


@dataclass(frozen=True)
class Stop:
    """Nothing may be sent any more; people must look. `advice` says what to do."""

    problem: str
    advice: str


Step = Wait | Plan | StartOver | Send | Publish | StartOverlap | Rest | NextLeg | Finish | Stop


class RotationStopped(Exception):
    """A run that could not end in a proven state. The message says what is wrong and what to do."""

    def __init__(self, stop: Stop) -> None:
        super().__init__(f"{stop.problem}. {stop.advice}")
        self.stop = stop
