"""The pure machine: look at the group, decide the next step, until one token is proven. The page to read first.

ROTATE adds a token and keeps the previous one; SET leaves the last rotated one alone. In between, and after a crash
anywhere, the group may hold what nobody recorded. So the machine remembers nothing from one run to the next: every
step begins by looking at the group and at what its nodes really accept, and `decide` derives the next step from that.

No pulumi, no boto3, no clock: driver.py does what is decided here, through a port.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from components.auth_token.rules import Token
from components.auth_token.seen import Answer, Credential, Group, Proof, Reply, Strategy, Verify

FATAL: Final = frozenset({"create-failed", "deleting"})
APPEARS_WITHIN: Final = 30.0
"""Seconds within which a change that AWS accepted shows; before, `available` may be the state from before the call."""
PATIENCE: Final = 10.0
"""Seconds for which a proof that contradicts a settled group is tried again: nodes may learn one after the other."""


@dataclass(frozen=True, kw_only=True)
class Goal:
    """What is to be true at the end of a run."""

    token: Token
    """The one token that every node accepts; all else is refused."""
    recorded: Token | None
    """The token that the state says clients hold. None at creation: nobody uses the group yet."""
    recorded_change: datetime | None
    """AuthTokenLastModifiedDate as it was when `recorded` was recorded."""
    verify: Verify
    deadline: float
    """Seconds that the whole run may take."""
    apply_pending_changes: bool = False
    wrong: Token = field(default_factory=Token.random)
    """A token that nobody ever sent: a node that accepts it accepts anything."""
    spare: Token = field(default_factory=Token.random)
    """The throw-away token of a healing at creation."""

    @property
    def creating(self) -> bool:
        """Whether this is the first run on a group."""
        return self.recorded is None

    def tokens(self, *, spare_sent: bool) -> dict[Credential, Token | None]:
        """What to try on every node."""
        tried: dict[Credential, Token | None] = {Credential.NO_TOKEN: None, Credential.WRONG: self.wrong}
        if self.recorded is not None and self.recorded != self.token:
            tried[Credential.PREVIOUS] = self.recorded
        if spare_sent:
            tried[Credential.SPARE] = self.spare
        tried[Credential.CURRENT] = self.token
        return tried


@dataclass(frozen=True, kw_only=True)
class Sent:
    """The last change of token that this run asked AWS for."""

    strategy: Strategy
    credential: Credential
    reply: Reply
    at: float
    changed_before: datetime | None
    message: str = ""


@dataclass(frozen=True, kw_only=True)
class Run:
    """What a run remembers: its plan, and the last thing it sent."""

    goal: Goal
    legs: tuple[Credential, ...] = ()
    """Tokens still to be established, each by ROTATE, proof, SET, proof. Empty until the first look."""
    judged: frozenset[str] | None = None
    """The nodes that answered at the first look, and so must answer to the end."""
    sent: Sent | None = None
    """The last change of the present leg."""
    rotated: bool = False
    """Whether the present leg has sent its ROTATE."""
    spare_sent: bool = False
    doubted_at: float | None = None
    """When proofs began to contradict what AWS says."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One look: the group, and what its nodes answered (None while a change is under way)."""

    group: Group | None
    proof: Proof
    now: float


@dataclass(frozen=True)
class Wait:
    """Look again a little later. `doubt`: for a limited time only, see PATIENCE."""

    why: str
    doubt: Stop | Plan | None = None


@dataclass(frozen=True)
class Plan:
    """Establish these tokens, one after the other."""

    legs: tuple[Credential, ...]
    judged: frozenset[str]


@dataclass(frozen=True)
class Send:
    """Ask AWS for a change of token."""

    strategy: Strategy
    credential: Credential


@dataclass(frozen=True)
class NextLeg:
    """The present leg's token is established."""


@dataclass(frozen=True)
class Finish:
    """Nothing is left to do."""


@dataclass(frozen=True)
class Stop:
    """Nothing may be sent any more; people must look. `advice` says what to do."""

    problem: str
    advice: str


Step = Wait | Plan | Send | NextLeg | Finish | Stop


class RotationStopped(Exception):
    """A run that could not end in a proven state. The message says what is wrong and what to do."""

    def __init__(self, stop: Stop) -> None:
        super().__init__(f"{stop.problem}. {stop.advice}")
        self.stop = stop


def decide(run: Run, seen: Seen) -> Step:
    """The next step, from what the run remembers and what was just seen."""
    return (
        _group_in_the_way(run, seen)
        or _nodes_in_the_way(run, seen)
        or (_advance(run, seen) if run.legs else _plan(run, seen))
    )


def _group_in_the_way(run: Run, seen: Seen) -> Step | None:
    group = seen.group
    if group is None:
        return Stop("it is gone", "Run `pulumi refresh`, then `pulumi up` to make it anew")
    if group.status in FATAL:
        return Stop(f"its status is {group.status}", "A token cannot be changed now; see the group's events")
    if not group.tls:
        return Stop(
            "in-transit encryption is off, and only with it can a group have a token",
            "Turn transit encryption on first",
        )
    if not group.settled:
        under_way = f", token {group.token_status}" if group.token_status else ""
        return Wait(f"the group is {group.status}{under_way}")
    sent = run.sent
    if sent and sent.reply in (Reply.ACCEPTED, Reply.UNSURE) and group.changed_at == sent.changed_before:
        if seen.now - sent.at < APPEARS_WITHIN:
            return Wait(f"{sent.strategy} to show")
        if sent.reply is Reply.UNSURE:
            return Send(sent.strategy, sent.credential)
    return None


def _nodes_in_the_way(run: Run, seen: Seen) -> Step | None:
    """Proofs that cannot be had. In `whenReachable` only nodes that answered at first are held to it."""
    failing = sorted(node for node, told in seen.proof.answers.items() if Answer.TLS_FAILURE in told.values())
    if failing:
        return Stop(
            f"TLS failed on {', '.join(failing)}: the certificate is not one that this machine trusts",
            "Name the certificate authority with the key caFile, or find out who answers there",
        )
    if run.goal.verify is Verify.REQUIRED and not seen.proof.answers:
        return Stop("it has no node that could be asked", "Set verify: whenReachable to go without proof")
    expected = run.judged if run.judged is not None else frozenset(seen.proof.answers)
    silent = sorted(node for node in seen.proof.answers if node in expected and node not in seen.proof.reached())
    if not silent:
        return None
    if run.judged is None and run.goal.verify is not Verify.REQUIRED:
        return None
    begun = f"after {run.sent.strategy} " if run.sent else ""
    return Wait("nodes to answer", Stop(
        f"{begun}no answer from {', '.join(silent)}",
        "Nothing more is sent. Make the nodes reachable from here (verify: required), or set verify: whenReachable"
        if run.judged is None
        else "Nothing more is sent; the token that clients hold still works. Run `pulumi up` again",
    ))  # fmt: skip


def _plan(run: Run, seen: Seen) -> Step:
    """Which tokens to establish, from the first whole look."""
    goal, judged = run.goal, seen.proof.reached()
    proof = seen.proof.only(judged)
    blind = not judged
    moved = seen.group is not None and seen.group.changed_at != goal.recorded_change
    simple = Plan((Credential.CURRENT,), judged)
    if goal.creating:
        return Finish() if blind or proof.enforces(Credential.CURRENT) else simple
    if goal.recorded == goal.token:
        in_force = not moved and (blind or proof.enforces(Credential.CURRENT))
        return Finish() if in_force else simple
    # A token may be in the group that is neither the recorded nor the new one, as after a crash and a further
    # generation. ROTATE drops the oldest of two: it would push out the one that clients hold. Settle that first.
    theirs_works = blind or bool(proof.nodes_where(Credential.PREVIOUS, Answer.ACCEPTED))
    if moved and theirs_works and not _holds(proof, Credential.CURRENT):
        return Plan((Credential.PREVIOUS, Credential.CURRENT), judged)
    return simple


def _holds(proof: Proof, credential: Credential) -> bool:
    """Whether every node knows this very token, rather than taking anything (stock Redis without a password does)."""
    return proof.accepted_everywhere(credential) and not proof.nodes_where(Credential.WRONG, Answer.ACCEPTED)


def _advance(run: Run, seen: Seen) -> Step:
    """The next step of the present leg: ROTATE, proof, SET, proof."""
    leg, sent = run.legs[0], run.sent
    proof = seen.proof.only(run.judged or ())
    if sent is None:
        # A token that every node holds already was rotated in by a run that died: SET is what is missing.
        return _send(run, seen, Strategy.SET if _holds(proof, leg) else Strategy.ROTATE)
    if sent.strategy is Strategy.ROTATE:
        return _after_rotate(run, seen, proof)
    return _after_set(run, seen, proof)


def _after_rotate(run: Run, seen: Seen, proof: Proof) -> Step:
    leg, sent = run.legs[0], run.sent
    assert sent is not None
    if sent.reply is Reply.REFUSED:
        what = "to settle an interrupted rotation" if leg is Credential.PREVIOUS else f"of {leg}"
        return Stop(f"AWS refused ROTATE {what}: {sent.message}", "Nothing was changed by it; run `pulumi up` again")
    if run.judged and sent.reply is not Reply.UNCHANGED and not proof.accepted_everywhere(leg):
        return Wait(f"every node to accept {leg}", Stop(
            f"after ROTATE {_who(proof, leg, Answer.ACCEPTED)}",
            "SET is not sent: the token that clients hold still works. See its events, then run `pulumi up` again",
        ))  # fmt: skip
    return _send(run, seen, Strategy.SET)


def _after_set(run: Run, seen: Seen, proof: Proof) -> Step:
    leg, sent = run.legs[0], run.sent
    assert sent is not None
    if sent.reply is Reply.REFUSED and not run.rotated:
        return _send(run, seen, Strategy.ROTATE)
    done = proof.enforces(leg) if run.judged else sent.reply is not Reply.REFUSED
    if done:
        return NextLeg() if len(run.legs) > 1 else Finish()
    healing = _heal(run)
    if sent.reply is Reply.REFUSED:
        return healing or Stop(
            f"AWS refused SET of {leg}: {sent.message}",
            "The group stays at ROTATE, with both tokens; run `pulumi up` again",
        )
    if healing and sent.reply is Reply.UNCHANGED:
        return healing
    return Wait("every node to refuse all else", healing or Stop(
        f"after SET the group does not answer as it should ({proof.contradictions(leg)})",
        "Nothing more is sent. See the group's events, then run `pulumi up` again",
    ))  # fmt: skip


def _heal(run: Run) -> Plan | None:
    """Through a throw-away token, where ROTATE and SET of the group's own token change nothing: the article's puzzle.

    For a moment clients' token is refused, so this is for a group that nobody uses yet: at creation, and once.
    """
    if not run.goal.creating or run.spare_sent:
        return None
    return Plan((Credential.SPARE, Credential.CURRENT), run.judged or frozenset())


def _send(run: Run, seen: Seen, strategy: Strategy) -> Step:
    """Send, unless that would apply changes which wait for the maintenance window."""
    assert seen.group is not None
    if seen.group.pending and not run.goal.apply_pending_changes:
        return Stop(
            f"{strategy} was not sent: it would also apply, at once, what waits for the maintenance window "
            f"({', '.join(seen.group.pending)})",
            "Set applyPendingChanges: true to apply them now, or run `pulumi up` after the maintenance window",
        )
    return Send(strategy, run.legs[0])


def _who(proof: Proof, credential: Credential, wanted: Answer) -> str:
    wrong = sorted(set(proof.answers) - proof.nodes_where(credential, wanted))
    return f"{credential} is not {wanted} by {', '.join(wrong)}"
