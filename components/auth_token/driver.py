"""Does what the machine decides: looks through a port, waits, sends, and remembers what was sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Protocol

from components.auth_token.rotation import (
    PATIENCE,
    Finish,
    Goal,
    NextLeg,
    Plan,
    RotationStopped,
    Run,
    Seen,
    Send,
    Sent,
    Step,
    Stop,
    Wait,
    decide,
)
from components.auth_token.rules import Token
from components.auth_token.seen import Answer, Credential, Group, Node, Proof, Reply, Strategy, Verify

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

    def now(self) -> float:
        """Seconds of a clock that never goes back."""

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
    sent: int
    """How many changes of token AWS answered."""

    @property
    def proven(self) -> int:
        """The number of nodes that were seen to accept the current token and to refuse all else."""
        return sum(self.proof.only([node]).enforces(Credential.CURRENT) for node in self.proof.answers)


def rotate(goal: Goal, port: Port) -> Outcome:
    """Look, decide, act, until the goal holds.

    Raises RotationStopped where it cannot be reached: nothing is lost then, and the next run goes on from where the
    group really is.
    """
    run, sent, waiting = Run(goal=goal), 0, _Waiting(port, goal.deadline)
    while True:
        seen = _look(run, port)
        run, step = _decide(run, seen)
        match step:
            case Wait(why):
                waiting.a_little(why)
            case Send(strategy, credential):
                answered = _send(run, seen, port, strategy, credential)
                if answered is None:
                    waiting.a_little(f"AWS to take {strategy}, it is busy")
                else:
                    run, sent = answered, sent + 1
                    waiting = waiting.anew()
            case NextLeg():
                run = replace(run, legs=run.legs[1:], sent=None, rotated=False, doubted_at=None)
            case Finish():
                return _outcome(run, seen, sent)
            case Stop():
                raise RotationStopped(step)


class _Waiting:
    """Pauses that are short at first and longer later, within the deadline of the whole run."""

    def __init__(self, port: Port, deadline: float) -> None:
        self._port, self._deadline = port, deadline
        self._ends = port.now() + deadline
        self._since = port.now()

    def anew(self) -> _Waiting:
        """The same deadline, for the next thing to wait for."""
        self._since = self._port.now()
        return self

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


def _look(run: Run, port: Port) -> Seen:
    group = port.look()
    proof = Proof({})
    if group is not None and group.settled and group.tls and run.goal.verify is not Verify.OFF:
        asked = tuple(node for node in group.nodes if run.judged is None or node.id in run.judged)
        proof = Proof(port.probe(asked, run.goal.tokens(spare_sent=run.spare_sent))) if asked else proof
    return Seen(group=group, proof=proof, now=port.now())


def _decide(run: Run, seen: Seen) -> tuple[Run, Step]:
    """`decide`, with plans taken up at once and doubts that have lasted too long turned into what they lead to."""
    step = decide(run, seen)
    if isinstance(step, Wait) and step.doubt:
        run = replace(run, doubted_at=seen.now if run.doubted_at is None else run.doubted_at)
        assert run.doubted_at is not None
        if seen.now - run.doubted_at >= PATIENCE:
            step = step.doubt
    if isinstance(step, Plan):
        healing = Credential.SPARE in step.legs
        planned = replace(run, legs=step.legs, judged=step.judged, sent=None, rotated=False, doubted_at=None)
        return _decide(replace(planned, spare_sent=run.spare_sent or healing), seen)
    return run, step


def _send(run: Run, seen: Seen, port: Port, strategy: Strategy, credential: Credential) -> Run | None:
    """Send one change; None where AWS was too busy to take it."""
    assert seen.group is not None
    token = {
        Credential.CURRENT: run.goal.token,
        Credential.PREVIOUS: run.goal.recorded,
        Credential.SPARE: run.goal.spare,
    }[credential]
    assert token is not None
    port.tell(f"{strategy} {credential}", 0.0)
    reply, message = port.send(strategy, token)
    if reply is Reply.BUSY:
        return None
    changed_before = seen.group.changed_at
    sent = Sent(
        strategy=strategy,
        credential=credential,
        reply=reply,
        at=port.now(),
        changed_before=changed_before,
        message=message,
    )
    return replace(run, sent=sent, rotated=run.rotated or strategy is Strategy.ROTATE, doubted_at=None)


def _outcome(run: Run, seen: Seen, sent: int) -> Outcome:
    assert seen.group is not None
    if run.goal.verify is Verify.OFF:
        return Outcome(group=seen.group, proof=Proof({}), sent=sent)
    silent = dict.fromkeys(run.goal.tokens(spare_sent=run.spare_sent), Answer.UNREACHABLE)
    answers = {node.id: seen.proof.answers.get(node.id, silent) for node in seen.group.nodes}
    return Outcome(group=seen.group, proof=Proof(answers), sent=sent)
