"""The pure machine: look at the group, decide the next step, until one token is proven. The page to read first.

ROTATE adds a token and keeps the previous one; SET leaves the last rotated one alone. In between, and after a crash
anywhere, the group may hold what nobody recorded. So the machine remembers nothing from one run to the next: every
step begins by looking at the group, at what its nodes really accept and at what is published, and `decide` derives the
next step from that. For each token to be established (a leg of the plan) the steps are

    stage      it is written as AWSPENDING, so that no crash can lose a token that Redis knows
    ROTATE     and every node is seen to accept it
    publish    AWSCURRENT moves to it: whoever reads from now on, reads a token that works
    overlap    both tokens are accepted, for clients that still hold the previous one
    SET        and every node is seen to accept it, and to refuse all else
    retire     the previous version is labelled

No pulumi, no boto3, no clock: driver.py does what is decided here, through a port. The words are in steps.py, seen.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from components.auth_token.seen import Answer, Credential, Proof, Publishing, Reply, Strategy, Verify
from components.auth_token.steps import (
    Finish,
    NextLeg,
    Plan,
    Publish,
    Rest,
    Run,
    Seen,
    Send,
    StartOver,
    StartOverlap,
    Step,
    Stop,
    Wait,
)

FATAL: Final = frozenset({"create-failed", "deleting"})
APPEARS_WITHIN: Final = 30.0
"""Seconds within which a change that AWS accepted shows; before, `available` may be the state from before the call."""
PATIENCE: Final = 10.0
"""Seconds for which a proof that contradicts a settled group is tried again: nodes may learn one after the other."""
_AGAIN: Final = "run `pulumi up` again"


def decide(run: Run, seen: Seen) -> Step:
    """The next step, from what the run remembers and what was just seen."""
    return _group_in_the_way(run, seen) or _nodes_in_the_way(run, seen) or _proceed(run, seen)


def _proceed(run: Run, seen: Seen) -> Step:
    if not run.legs:
        return _refused_goal(run, seen) or _plan(run, seen)
    if seen.group is not None and seen.group.changed_at != run.last_change:
        return StartOver()
    if run.in_force:
        return _conclude(run, seen)
    if run.sent is None:
        return _begin(run, seen)
    return _after_rotate(run, seen) if run.sent.strategy is Strategy.ROTATE else _after_set(run, seen)


# ---- what is in the way


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
        return Wait(f"the group, which is {group.status}{under_way}")
    sent = run.sent
    if sent and sent.reply in (Reply.ACCEPTED, Reply.UNSURE) and group.changed_at == sent.changed_before:
        if seen.now - sent.at < APPEARS_WITHIN:
            return Wait(f"{sent.strategy} to show")
        if sent.reply is Reply.UNSURE:
            published = sent.strategy is Strategy.SET and not run.goal.fresh  # others may have moved it meanwhile
            return (_publish(run, seen) if published else None) or Send(sent.strategy, sent.credential)
    return None


def _nodes_in_the_way(run: Run, seen: Seen) -> Step | None:
    """Proofs that cannot be had. In `whenReachable` only nodes that answered at first are held to it."""
    failing = sorted(node for node, told in seen.proof.answers.items() if Answer.TLS_FAILURE in told.values())
    if failing:
        return Stop(
            f"TLS failed on {', '.join(failing)}: the certificate is not one that this machine trusts",
            "Name the certificate authority with the key caFile, or find out who answers there",
        )
    required = run.goal.verify is Verify.REQUIRED
    if required and not seen.proof.answers:
        return Stop("it has no node that could be asked", "Set verify: whenReachable to go without proof")
    expected = run.judged if run.judged is not None else frozenset(seen.proof.answers)
    silent = sorted(
        node for node in seen.proof.answers if (required or node in expected) and node not in seen.proof.reached()
    )
    if not silent or (run.judged is None and not required):
        return None
    begun = f"after {run.sent.strategy} " if run.sent else ""
    return Wait("nodes to answer", Stop(
        f"{begun}no answer from {', '.join(silent)}",
        "Nothing more is sent. Make the nodes reachable from here (verify: required), or set verify: whenReachable"
        if run.judged is None
        else f"Nothing more is sent; the token that clients hold still works. Then {_AGAIN}",
    ))  # fmt: skip


def _refused_goal(run: Run, seen: Seen) -> Step | None:
    """A token that must not be brought in: it failed before, or the state that asks for it is older than the group."""
    published, goal = seen.published, run.goal
    if published is None or published.current == goal.token:
        return None
    if published.rejected == goal.token:
        return Stop("this token failed its proof before, and was rejected", "Raise generation, for a fresh one")
    refused = not seen.proof.accepted_somewhere(Credential.CURRENT) and bool(seen.proof.reached())
    stale = published.retired == goal.token or (goal.recorded == goal.token and refused)
    clients_are_fine = seen.proof.accepted_everywhere(Credential.PREVIOUS) or not seen.proof.reached()
    if published.current is not None and stale and clients_are_fine:
        return Stop(
            "the state is older than the group: its token was retired, and the published one is accepted",
            "Nothing was sent. Raise generation: the fresh token then follows the published one",
        )
    return None


# ---- the plan


def _plan(run: Run, seen: Seen) -> Step:
    """Which tokens to establish, from the first whole look."""
    goal, judged = run.goal, seen.proof.reached()
    proof = seen.proof.only(judged)
    blind = not judged
    moved = seen.group is not None and seen.group.changed_at != goal.recorded_change
    enforced = blind or proof.enforces(Credential.CURRENT)
    simple = Plan((Credential.CURRENT,), judged)
    in_force = Plan((Credential.CURRENT,), judged, in_force=True)
    if goal.fresh:
        return in_force if enforced else simple
    if goal.recorded == goal.token:
        return in_force if enforced and not moved and goal.due is None else simple
    # A token may be in the group that is neither what clients hold nor the new one, as after a crash and a further
    # generation, or in an overlap. ROTATE drops the oldest of two: it would push out what clients hold. Settle first.
    first = _unsettled(run, seen, proof, blind=blind, moved=moved)
    return Plan((first, Credential.CURRENT), judged) if first else simple


def _unsettled(run: Run, seen: Seen, proof: Proof, *, blind: bool, moved: bool) -> Credential | None:
    """The token to establish before the new one may come: the one under way where it is known, else the clients'."""
    published, goal = seen.published, run.goal
    over = (goal.token, seen.retired, seen.rejected)

    def there(credential: Credential, otherwise: bool) -> bool:
        token = run.roles.get(credential, goal.token)
        if token in over or (blind and goal.revoked(token)):  # what has leaked is never brought back unseen
            return False
        return otherwise if blind else proof.accepted_somewhere(credential)

    if proof.holds(Credential.CURRENT) or (published and published.current == goal.token):
        return None
    if there(Credential.PENDING, moved):
        return Credential.PENDING
    unknown_retires = goal.due is not None and goal.retiring is None  # no token at all, or one that nobody knows
    overlapping = unknown_retires or there(Credential.OLDER, goal.due is not None)
    if there(Credential.PREVIOUS, otherwise=True) and (moved or overlapping) and run.goal.recorded is not None:
        return Credential.PREVIOUS
    return None


# ---- one token of the plan


def _begin(run: Run, seen: Seen) -> Step:
    """A token that every node holds already was rotated in by a run that died, or that left its overlap to this one."""
    leg, goal, proof = run.legs[0], run.goal, _judged(run, seen)
    left_by_state = (
        (not run.judged or proof.holds(leg))
        and goal.due is not None
        and run.token(leg) == goal.recorded
        and seen.group is not None
        and seen.group.changed_at == goal.recorded_change
    )
    # SET takes only the token that was rotated in last. What clients hold is that one where the token before it is
    # still accepted; else the one that nobody recorded came after it.
    last = leg is not Credential.PREVIOUS or proof.accepted_somewhere(Credential.OLDER)
    if not run.failure and (left_by_state or (last and proof.holds(leg))):
        return _rotated(run, seen)
    return _stage(run, seen) or _send(run, seen, Strategy.ROTATE)


def _after_rotate(run: Run, seen: Seen) -> Step:
    leg, sent, proof = run.legs[0], run.sent, _judged(run, seen)
    assert sent is not None
    if sent.reply is Reply.REFUSED:
        return _lost(run) or Stop(
            f"AWS refused ROTATE of {leg}: {sent.message}", f"Nothing was changed by it. Mend that, then {_AGAIN}"
        )
    # In the puzzle no token is accepted before SET, and a group that takes none twice says that nothing was changed.
    puzzling = run.goal.fresh and sent.reply is Reply.UNCHANGED
    if run.judged and not puzzling and not proof.accepted_everywhere(leg):
        return Wait(f"every node to accept {leg}", _lost(run) or Stop(
            f"after ROTATE {_who_does_not_accept(proof, leg)}",
            f"SET is not sent: the token that clients hold still works. See the group's events, then {_AGAIN}",
        ))  # fmt: skip
    return _rotated(run, seen)


def _rotated(run: Run, seen: Seen) -> Step:
    """The group accepts the leg's token: publish it, let clients come over, then SET."""
    if run.failure:
        return _publish(run, seen) or _reject(run, seen) or run.failure
    if run.goal.fresh:  # nobody reads or overlaps yet, and before SET a group in the article's puzzle takes anything
        return _send(run, seen, Strategy.SET)
    return _publish(run, seen) or _overlap(run, seen) or _send(run, seen, Strategy.SET)


def _after_set(run: Run, seen: Seen) -> Step:
    leg, sent, proof = run.legs[0], run.sent, _judged(run, seen)
    assert sent is not None
    if sent.reply is Reply.REFUSED and not run.rotated:
        return _send(run, seen, Strategy.ROTATE)
    if proof.enforces(leg) if run.judged else sent.reply is not Reply.REFUSED:
        return _conclude(run, seen)
    healing = _heal(run)
    if sent.reply is Reply.REFUSED:
        return healing or Stop(
            f"AWS refused SET of {leg}: {sent.message}",
            f"The group stays at ROTATE, with both tokens. Mend that, then {_AGAIN}",
        )
    if healing and sent.reply is Reply.UNCHANGED:
        return healing
    return Wait("every node to refuse all else", healing or _bring_back(run, seen, proof))


def _conclude(run: Run, seen: Seen) -> Step:
    """The leg's token is enforced: what is published must say so, and then the next leg may begin."""
    leg = run.legs[0]
    publish = None if leg is Credential.SPARE else _publish(run, seen) or _retire(run, seen)
    return publish or (NextLeg() if len(run.legs) > 1 else Finish(leg))


# ---- what is published


def _stage(run: Run, seen: Seen) -> Step | None:
    """Write the new token down before Redis knows it.

    The first version of a secret is AWSCURRENT by itself: it is made once Redis accepts its token. So what clients
    hold comes first, where it is known: a crash then finds both, as with any later rotation.
    """
    published, leg, goal = seen.published, run.legs[0], run.goal
    if published is None or leg is Credential.SPARE or goal.fresh or run.failure:
        return None
    if published.current is None and published.complete:  # else there is one, which is not ours or cannot be read
        previous = run.roles.get(Credential.PREVIOUS)
        known = previous is not None and not goal.revoked(previous) and leg is not Credential.PREVIOUS
        works = known and _judged(run, seen).accepted_everywhere(Credential.PREVIOUS)
        return Publish(Publishing.PROMOTE, Credential.PREVIOUS) if works else None
    there = run.token(leg) in (published.current, published.pending)
    return None if there else Publish(Publishing.STAGE, leg)


def _publish(run: Run, seen: Seen) -> Step | None:
    published, leg = seen.published, run.legs[0]
    if published is None:
        return None
    there = published.current == run.token(leg) and published.complete and published.pending != run.token(leg)
    return None if there else Publish(Publishing.PROMOTE, leg)


def _retire(run: Run, seen: Seen) -> Step | None:
    published, previous = seen.published, seen.published.previous if seen.published else None
    if published is None or previous is None or previous in (published.retired, published.rejected, published.current):
        return None
    role = next((role for role, token in run.roles.items() if token == previous), None)
    return Publish(Publishing.RETIRE, role) if role else None


def _reject(run: Run, seen: Seen) -> Step | None:
    if seen.published is None or seen.published.rejected == run.goal.token:
        return None
    return Publish(Publishing.REJECT, Credential.CURRENT)


# ---- the overlap


def _overlap(run: Run, seen: Seen) -> Step | None:
    """Leave clients their time. Nobody's promised time is cut, but for tokens that have leaked."""
    leg, goal = run.legs[0], run.goal
    retiring = _retiring(run, seen)
    to_this_one = run.roles.get(retiring) == goal.retiring if retiring else False
    promised = goal.due if run.token(leg) == goal.recorded and to_this_one else None
    if retiring is None or goal.revoked(run.roles.get(retiring)) or (promised is None and goal.overlap <= 0):
        return None
    if promised is not None:
        left = promised - seen.wall
    elif run.overlap_from is None:
        return StartOverlap()
    else:
        left = goal.overlap - (seen.now - run.overlap_from)
    if left <= 0:
        return None
    return Rest(left) if left <= goal.max_wait else Finish(leg, due=seen.wall + left, retiring=retiring)


def _retiring(run: Run, seen: Seen) -> Credential | None:
    """What the leg's SET will shut out, and clients may still use."""
    proof, goal = _judged(run, seen), run.goal
    for role in _perhaps_held(run, seen):
        if run.roles.get(role) not in (None, seen.retired) and (not run.judged or proof.accepted_somewhere(role)):
            return role
    taken_over = goal.recorded is None and not goal.fresh and Credential.PREVIOUS not in run.roles
    unseen = goal.due is not None and (not run.judged or goal.retiring is None)
    return Credential.NO_TOKEN if taken_over or unseen or proof.accepted_somewhere(Credential.NO_TOKEN) else None


def _perhaps_held(run: Run, seen: Seen) -> Iterator[Credential]:
    """Beside the leg's own, the tokens that clients may hold, the one that most of them do first."""
    if run.settled:
        yield run.settled
    if run.legs[0] is not Credential.PREVIOUS:
        yield Credential.PREVIOUS
    yield Credential.OLDER
    if run.legs[0] is Credential.PREVIOUS and seen.published and seen.published.previous == run.goal.token:
        yield Credential.CURRENT  # the state is older than the group, and the token that it wants is AWSPREVIOUS


# ---- when it goes wrong


def _heal(run: Run) -> Plan | None:
    """Through a throw-away token, where ROTATE and SET of the group's own token change nothing: the article's puzzle.

    For a moment clients' token is refused, so this is for a group that nobody uses yet: at creation, and once.
    """
    if not run.goal.fresh or run.spare_sent:
        return None
    return Plan((Credential.SPARE, Credential.CURRENT), run.judged or frozenset())


def _bring_back(run: Run, seen: Seen, proof: Proof) -> Plan | Stop:
    """After SET a node does not answer as it should: the previous token comes back, unless it has leaked."""
    leg = run.legs[0]
    problem = f"after SET the group does not answer as it should ({proof.contradictions(leg)})"
    previous = Credential.PREVIOUS
    token = run.roles.get(previous)
    gone = token in (None, seen.retired, seen.rejected) or run.goal.revoked(token)
    if leg is not Credential.CURRENT or gone:
        return Stop(problem, f"Nothing more is sent. See the group's events, then {_AGAIN}")
    failure = Stop(problem, f"{previous.capitalize()} was brought back: every node accepts it. Raise generation now")
    return Plan((previous,), run.judged or frozenset(), failure=failure)


def _lost(run: Run) -> Stop | None:
    """Bringing back the previous token did not work either."""
    return run.failure and Stop(
        run.failure.problem,
        f"Bringing {Credential.PREVIOUS} back failed as well: nothing more is sent. See the group's events",
    )


def _send(run: Run, seen: Seen, strategy: Strategy) -> Step:
    """Send, unless that would apply changes which wait for the maintenance window."""
    assert seen.group is not None
    if seen.group.pending and not run.goal.apply_pending_changes:
        return Stop(
            f"{strategy} was not sent: it would also apply, at once, what waits for the maintenance window "
            f"({', '.join(seen.group.pending)})",
            f"Set applyPendingChanges: true to apply them now, or {_AGAIN} after the maintenance window",
        )
    return Send(strategy, run.legs[0])


def _judged(run: Run, seen: Seen) -> Proof:
    return seen.proof.only(run.judged or ())


def _who_does_not_accept(proof: Proof, credential: Credential) -> str:
    silent = sorted(set(proof.answers) - proof.nodes_where(credential, Answer.ACCEPTED))
    return f"{credential} is not accepted by {', '.join(silent)}"
