"""Does what the machine decides: looks through a port, waits, sends, and remembers what was sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Protocol

from components.auth_token.rotation import PATIENCE, decide
from components.auth_token.rules import Token
from components.auth_token.seen import (
    Answer,
    Credential,
    Group,
    Node,
    Proof,
    Published,
    Publishing,
    Reply,
    Strategy,
    Verify,
)
from components.auth_token.steps import (
    Finish,
    Goal,
    NextLeg,
    Plan,
    Publish,
    Rest,
    RotationStopped,
    Run,
    Seen,
    Send,
    Sent,
    StartOver,
    StartOverlap,
    Step,
    Stop,
    Wait,
)

_SOONEST: Final = 0.1
_LATEST: Final = 15.0


class Port(Protocol):
    """The world, as the machine needs it."""

    def look(self) -> Group | None:
        """The group as it is now; None where there is none."""

    def probe(
        self, nodes: tuple[Node, ...], tokens: Mapping[Credential, Token | None]
    ) -> Mapping[str, Mapping[Credential, Answer]]:
        """What each node, by its id, answers to a fresh connection with each of `tokens`."""

    def send(self, strategy: Strategy, token: Token) -> tuple[Reply, str]:
        """Ask AWS for a change of token; its reply, and its words where it refused."""

    def published(self) -> Published | None:
        """Which token each label of the secret is on; None where tokens are not published."""

    def publish(self, action: Publishing, token: Token) -> None:
        """Write or label a version of the secret. Repeating it does no harm."""

    def now(self) -> float:
        """Seconds of a clock that never goes back."""

    def wall(self) -> float:
        """Seconds since the epoch, of the clock on the wall."""

    def sleep(self, seconds: float) -> None:
        """Let time pass."""

    def tell(self, event: str, seconds: float) -> None:
        """Show people what is done or waited for, and for how many seconds by now."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What holds at the end of a run."""

    group: Group
    proof: Proof
    """Every node of the group, those included that could not be reached. Empty with `verify: off`."""
    applied: Credential
    """The token that clients are to use."""
    token: Token
    """The same, itself."""
    generation: int
    """Which token that is."""
    retiring: Token | None = None
    """The token that is accepted beside it until `due`, where it is known."""
    retiring_generation: int = 0
    due: float | None = None
    """Seconds since the epoch at which the overlap ends; None where nothing is left to do."""
    published: Published | None = None
    """What clients find in Secrets Manager."""
    changed_at: datetime | None
    """AuthTokenLastModifiedDate as far as its reason is known: another one on the group is others' doing."""

    @property
    def proven(self) -> int:
        """The number of nodes that were seen to accept the applied token and, overlap aside, to refuse all else."""
        one = [self.proof.only([node]) for node in self.proof.answers]
        return sum(p.holds(self.applied) if self.due else p.enforces(self.applied) for p in one)


def rotate(goal: Goal, port: Port) -> Outcome:
    """Look, decide, act, until the goal holds.

    Raises RotationStopped where it cannot be reached: nothing is lost then, and the next run goes on from where the
    group really is.
    """
    run, waiting = Run(goal=goal), _Waiting(port, goal.deadline)
    while True:
        begun = bool(run.legs)
        run, seen = _look(run, port)
        run, step = _decide(run, seen)
        if goal.fresh and run.legs and not (begun or run.in_force):
            port.tell("the new group does not ask for its token alone, as it should: healing it", 0.0)
        match step:
            case Wait(why):
                waiting.a_little(why)
            case Rest(seconds):
                waiting.rest(seconds)
            case Send(strategy, credential):
                answered = _send(run, seen, port, strategy, credential)
                if answered is None:
                    waiting.a_little(f"AWS to take {strategy}, it is busy")
                else:
                    run = answered
                    waiting.anew()
            case Publish(action, credential):
                port.tell(f"{action} {_called(credential)}", 0.0)
                port.publish(action, run.token(credential))
            case StartOverlap():
                run = replace(run, overlap_from=seen.now)
            case NextLeg():
                run = replace(_leg(run, seen, run.legs[1:]), settled=run.legs[0])
            case StartOver():
                port.tell("the token was changed by others meanwhile: starting over", 0.0)
                run = Run(goal=goal, spare_sent=run.spare_sent)
            case Finish():
                return _outcome(run, seen, step)
            case Stop():
                raise RotationStopped(step)


class _Waiting:
    """Pauses that are short at first and longer later, within the deadline of the whole run."""

    def __init__(self, port: Port, deadline: float) -> None:
        self._port, self._deadline = port, deadline
        self._ends = port.now() + deadline
        self._since = port.now()

    def anew(self) -> None:
        """The same deadline, for the next thing to wait for."""
        self._since = self._port.now()

    def a_little(self, why: str) -> None:
        """Pause; raises RotationStopped once the deadline would be passed."""
        now = self._port.now()
        waited = now - self._since
        pause = min(max(waited / 20, _SOONEST), _LATEST)  # notices a change when at most 5% of the time is lost
        if now + pause > self._ends:
            raise RotationStopped(
                Stop(
                    f"after {self._deadline:g} s (rotationDeadline) still waiting for {why}",
                    "Run `pulumi up` again: it goes on from where the group then is",
                )
            )
        self._port.tell(f"waiting for {why}", waited)
        self._port.sleep(pause)

    def rest(self, seconds: float) -> None:
        """A part of an overlap, which is no part of the deadline."""
        pause = min(max(seconds, _SOONEST), _LATEST)
        self._port.tell(f"overlap: both tokens are accepted, for {seconds:.0f} s still", 0.0)
        self._port.sleep(pause)
        self._ends += pause
        self.anew()


def _look(run: Run, port: Port) -> tuple[Run, Seen]:
    """One look; the first whole one settles who is who among the tokens."""
    group, published, proof = port.look(), None, Proof({})
    if group is not None and group.settled and group.tls:
        published = port.published()
        if not run.roles:
            run = replace(run, roles=run.goal.roles(published))
        if run.goal.verify is not Verify.OFF:
            asked = tuple(node for node in group.nodes if node.id not in run.passed_over)
            proof = Proof(port.probe(asked, run.tried())) if asked else proof
        run = _noticed(run, group, proof)
    return run, Seen(group=group, proof=proof, published=published, now=port.now(), wall=port.wall())


def _noticed(run: Run, group: Group, proof: Proof) -> Run:
    """With what this look tells: that what was sent has landed, which nodes have come since the first look."""
    if run.judged is not None:
        run = replace(run, judged=run.judged | proof.reached())
    may_land = run.sent is not None and run.sent.reply in (Reply.ACCEPTED, Reply.UNSURE)
    if run.sent and may_land and run.sent.landed is None and group.changed_at != run.sent.changed_before:
        run = replace(run, sent=replace(run.sent, landed=group.changed_at))
    return run


def _decide(run: Run, seen: Seen) -> tuple[Run, Step]:
    """`decide`, with plans taken up at once and doubts that have lasted too long turned into what they lead to."""
    step = decide(run, seen)
    if isinstance(step, Wait) and step.doubt:
        run = replace(run, doubted_at=seen.now if run.doubted_at is None else run.doubted_at)
        assert run.doubted_at is not None
        if seen.now - run.doubted_at >= PATIENCE:
            step = step.doubt
    if isinstance(step, Plan):
        return _decide(_take_up(run, seen, step), seen)
    return run, step


def _take_up(run: Run, seen: Seen, plan: Plan) -> Run:
    first = run.judged is None
    return replace(
        _leg(run, seen, plan.legs),
        judged=plan.judged,
        passed_over=frozenset(seen.proof.answers) - plan.judged if first else run.passed_over,
        in_force=plan.in_force,
        failure=plan.failure,
        spare_sent=run.spare_sent or Credential.SPARE in plan.legs,
    )


def _leg(run: Run, seen: Seen, legs: tuple[Credential, ...]) -> Run:
    """At the beginning of the first of `legs`."""
    changed_at = seen.group.changed_at if seen.group else None
    return replace(run, legs=legs, planned_at=changed_at, sent=None, rotated=False, overlap_from=None, doubted_at=None)


def _send(run: Run, seen: Seen, port: Port, strategy: Strategy, credential: Credential) -> Run | None:
    """Send one change; None where AWS was too busy to take it."""
    assert seen.group is not None
    port.tell(f"{strategy} {_called(credential)}", 0.0)
    reply, message = port.send(strategy, run.token(credential))
    if reply is Reply.BUSY:
        return None
    sent = Sent(
        strategy=strategy,
        credential=credential,
        reply=reply,
        at=port.now(),
        changed_before=seen.group.changed_at,
        message=message,
    )
    return replace(run, sent=sent, rotated=run.rotated or strategy is Strategy.ROTATE, doubted_at=None)


def _called(credential: Credential) -> str:
    """While it comes in, the token that is to be the current one is the new one."""
    return "the new token" if credential is Credential.CURRENT else credential


def _outcome(run: Run, seen: Seen, finish: Finish) -> Outcome:
    assert seen.group is not None
    silent = dict.fromkeys(run.tried(), Answer.UNREACHABLE)
    asked = () if run.goal.verify is Verify.OFF else seen.group.nodes
    retiring = run.roles.get(finish.retiring) if finish.retiring else None
    # An overlap that only goes on has looked into nothing: a change by others stays to be found until its end.
    went_on = finish.due is not None and run.goal.due is not None and run.sent is None
    return Outcome(
        group=seen.group,
        proof=Proof({node.id: seen.proof.answers.get(node.id, silent) for node in asked}),
        applied=finish.applied,
        token=run.token(finish.applied),
        generation=run.goal.generation_of(run.token(finish.applied)),
        retiring=retiring,
        retiring_generation=run.goal.generation_of(retiring) if retiring else 0,
        due=finish.due,
        published=seen.published,
        changed_at=run.goal.recorded_change if went_on else seen.group.changed_at,
    )
