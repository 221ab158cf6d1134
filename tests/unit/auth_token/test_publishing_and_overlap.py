"""The machine with a secret and an overlap: order, promised times, what is brought back, what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.auth_token.driver import Outcome, rotate
from components.auth_token.rules import Token
from components.auth_token.seen import Answer, Credential, Publishing, Strategy
from components.auth_token.steps import Goal, RotationStopped
from tests.unit.auth_token import goals
from tests.unit.auth_token.fake_group import EPOCH, FakeGroup, FakeSecret, Killed
from tests.unit.auth_token.goals import FOREIGN, LATER, A, B, C, D, times, watched
from tests.unit.auth_token.goals import published as held

ROTATE, SET = Strategy.ROTATE, Strategy.SET
STAGE, PROMOTE, RETIRE, REJECT = Publishing


def goal(token: Token, recorded: Token | None = A, **changes: Any) -> Goal:
    """With an overlap that a run waits for."""
    return goals.goal(token, recorded, **{"overlap": 300, **changes})


def story(group: FakeGroup) -> list[str]:
    return [f"{what} {token.reveal()[0]}" for what, token in [*group.calls, *group.published_log]]


def test_the_order_is_stage_rotate_publish_overlap_set_retire() -> None:
    group = watched(held())
    order: list[str] = []
    check = group.on_boundary
    assert check is not None

    def note(where: str) -> None:
        check(where)
        if where.startswith("after"):
            order.append(f"{where[6:]} at {group.time // 60 * 60:g}")

    group.on_boundary = note
    outcome = rotate(goal(B), group)
    assert order == ["stage at 0", "ROTATE at 0", "publish at 0", "SET at 300", "retire at 300"]
    assert group.tokens == [B]
    assert group.secret == FakeSecret(current=B, previous=A, retired=A)
    assert outcome.due is None
    assert outcome.proven == 2


def test_a_secret_without_a_version_gets_its_first_one_when_redis_accepts_the_token() -> None:
    group = watched(held(secret=FakeSecret()))
    rotate(goal(A, None), group)
    assert group.published_log == [(PROMOTE, A)]


def test_an_overlap_longer_than_max_wait_is_left_to_a_later_run() -> None:
    group = watched(held())
    first = rotate(goal(B, overlap=3600), group)
    assert (first.applied, first.token, first.retiring) == (Credential.CURRENT, B, A)
    assert group.tokens == [A, B]
    assert first.due is not None
    assert first.due == pytest.approx(group.wall() + 3600, abs=1)
    assert first.proven == 2
    state = goal(
        B, B, recorded_change=first.group.changed_at, retiring=A, due=first.due, overlap=3600, retiring_generation=1
    )
    group.time += 3600
    done = rotate(replace(state, recorded_generation=2), group)
    assert group.calls == [(ROTATE, B), (SET, B)]
    assert done.due is None
    assert group.tokens == [B]
    assert group.secret is not None
    assert group.secret.retired == A


def overlapping(group: FakeGroup, **changes: Any) -> Goal:
    """The goal of a run that finds A and B in an overlap of which an hour is left."""
    first = rotate(goal(B, overlap=3600), group)
    state = {"recorded_change": first.group.changed_at, "retiring": A, "due": first.due, "recorded_generation": 2}
    return goal(changes.pop("token", B), B, **{"retiring_generation": 1, "overlap": 3600, **state, **changes})


def test_a_further_token_waits_until_the_promised_time_and_then_follows() -> None:
    group = watched(held())
    waiting = rotate(overlapping(group, token=C), group)
    assert (waiting.token, waiting.retiring) == (B, A)
    assert waiting.due is not None
    assert group.calls == [(ROTATE, B)]

    state = overlapping_state(waiting)
    group.time += 3600
    second = rotate(replace(goal(C, B, overlap=3600), **state), group)
    assert group.calls == [(ROTATE, B), (SET, B), (ROTATE, C)]
    assert (second.token, second.retiring) == (C, B)


def overlapping_state(outcome: Outcome) -> dict[str, Any]:
    return {
        "recorded_change": outcome.group.changed_at,
        "retiring": outcome.retiring,
        "due": outcome.due,
        "recorded_generation": 2,
        "retiring_generation": 1,
    }


def test_a_leaked_token_is_not_waited_for() -> None:
    group = watched(held())
    rotate(goal(B, overlap=3600, revoke_through=1), group)
    assert group.tokens == [B]
    assert group.time < 60


def test_revoking_ends_an_overlap_that_goes_on_and_only_that() -> None:
    group = watched(held())
    assert rotate(overlapping(group, revoke_through=1), group).due is None
    assert group.tokens == [B]
    again = rotate(
        goal(C, B, recorded_change=group.changed_at, recorded_generation=2, overlap=3600, revoke_through=1), group
    )
    assert again.due is not None


def test_one_that_died_after_rotate_is_finished_before_a_further_generation() -> None:
    secret = FakeSecret(current=A, pending=B)
    group = watched(held(tokens=[A, B], last_rotated=B, changed_at=LATER, secret=secret))
    rotate(goal(C, overlap=0), group)
    assert group.calls == [(SET, B), (ROTATE, C), (SET, C)]
    assert group.published_log == [(PROMOTE, B), (RETIRE, A), (STAGE, C), (PROMOTE, C), (RETIRE, B)]


def test_one_that_died_before_rotate_leaves_nothing_to_finish() -> None:
    group = watched(held(secret=FakeSecret(current=A, pending=B)))
    rotate(goal(C, overlap=0), group)
    assert group.calls == [(ROTATE, C), (SET, C)]
    assert group.secret == FakeSecret(current=C, previous=A, retired=A)


def test_a_state_older_than_the_group_sends_nothing_and_says_so() -> None:
    """Rolled back to generation 1, while the group holds generation 3: A is refused, C is published and accepted."""
    group = watched(
        held(tokens=[C], last_rotated=C, changed_at=LATER, secret=FakeSecret(current=C, previous=B, retired=B))
    )
    for recorded, token in ((A, A), (A, B)):
        with pytest.raises(RotationStopped, match=r"state is older than the group.*[Rr]aise generation"):
            rotate(goal(token, recorded), group)
    assert group.calls == []
    assert group.published_log == []
    rotate(goal(D, overlap=0), group)
    assert group.tokens == [D]
    assert group.secret == FakeSecret(current=D, previous=C, retired=C)


def test_a_token_changed_by_hand_is_put_back() -> None:
    group = held(tokens=[FOREIGN], last_rotated=FOREIGN, changed_at=LATER)
    rotate(goal(A, A), group)
    assert group.tokens == [A]
    assert group.secret == FakeSecret(current=A)


def test_a_failed_proof_after_rotate_relabels_nothing() -> None:
    group = held(stubborn={"n2"})
    with pytest.raises(RotationStopped, match="not accepted by n2"):
        rotate(goal(B), group)
    assert group.secret == FakeSecret(current=A, pending=B)
    assert group.calls == [(ROTATE, B)]


def forgetful(group: FakeGroup) -> FakeGroup:
    """After SET, one node refuses the new token; after a further ROTATE it takes the one rotated in."""
    answer = group.answer

    def told(node: str, token: Token | None) -> Answer:
        if node == "n2" and token == B and (SET, B) in group.calls:
            return Answer.REFUSED
        return answer(node, token)

    group.answer = told  # type: ignore[method-assign]  # this group's own fault
    return group


def test_a_failed_proof_after_set_brings_the_previous_token_back() -> None:
    group = forgetful(held())
    with pytest.raises(RotationStopped, match=r"n2: the current token refused.*brought back"):
        rotate(goal(B, overlap=0), group)
    assert group.calls == [(ROTATE, B), (SET, B), (ROTATE, A)]
    assert group.secret is not None
    assert group.secret.current == A
    assert group.secret.rejected == B
    with pytest.raises(RotationStopped, match=r"was rejected.*Raise generation"):
        rotate(goal(B), group)
    rotate(goal(C, overlap=0), group)
    assert group.tokens == [C]


def test_a_revoked_token_is_never_brought_back() -> None:
    group = forgetful(held())
    with pytest.raises(RotationStopped, match="after SET"):
        rotate(goal(B, revoke_through=1), group)
    assert group.calls == [(ROTATE, B), (SET, B)]
    assert group.secret is not None
    assert group.secret.current == B


@pytest.mark.parametrize("known", [True, False])
def test_a_group_of_others_is_adopted_with_an_overlap(known: bool) -> None:
    group = watched(held(secret=FakeSecret()))
    rotate(goal(B, A if known else None, fresh=False), group)
    assert group.calls == [(ROTATE, B), (SET, B)]
    assert group.time >= 300
    assert group.secret == (FakeSecret(current=B, previous=A, retired=A) if known else FakeSecret(current=B))


def test_what_clients_hold_is_published_first_so_that_a_crash_and_a_further_token_do_not_push_it_out() -> None:
    group = watched(held(secret=FakeSecret()))
    check = group.on_boundary

    def die(where: str) -> None:
        if where == "after ROTATE":
            raise Killed(where)

    group.on_boundary = die
    with pytest.raises(Killed):
        rotate(goal(B, fresh=False), group)
    group.settle()
    group.on_boundary = check
    rotate(goal(C, fresh=False, recorded_change=group.changed_at, overlap=0), group)
    assert group.calls == [(ROTATE, B), (SET, B), (ROTATE, C), (SET, C)]


def test_a_group_without_a_token_is_adopted_and_stays_open_for_the_overlap() -> None:
    group = watched(FakeGroup(tokens=[], anything=True, secret=FakeSecret()))
    outcome = rotate(goal(B, None, fresh=False, overlap=3600), group)
    assert outcome.due is not None
    assert group.calls == [(ROTATE, B)]


@settings(max_examples=400)
@given(
    crashes=st.lists(st.tuples(st.integers(1, 30), st.booleans()), max_size=4),
    overlap=st.sampled_from([0.0, 120.0, 3600.0]),
    same=st.booleans(),
    strict=st.booleans(),
    delay=st.sampled_from([0.0, 10.0]),
)
def test_killed_anywhere_what_is_published_always_works_and_the_end_is_proven(
    crashes: list[tuple[int, bool]], overlap: float, same: bool, strict: bool, delay: float
) -> None:
    group = watched(held(same_token_refused=same, set_without_rotate_refused=strict, delay=delay))
    check = group.on_boundary
    assert check is not None
    state: dict[str, Any] = {"recorded": A, "recorded_change": EPOCH, "recorded_generation": 1}
    token, number = B, 2
    for boundary, further in [*crashes, (0, False), (0, False), (0, False)]:
        left = boundary

        def kill(where: str) -> None:
            nonlocal left
            check(where)
            left -= 1
            if left == 0:
                raise Killed(where)

        group.on_boundary = kill
        try:
            outcome = rotate(replace(goal(token, overlap=overlap), **state), group)
        except Killed:
            group.on_boundary = check
            group.settle()
            check("after the crash")
        else:
            applied = number if outcome.token == token else state["recorded_generation"]
            was = state["recorded_generation"]
            state = {
                "recorded": outcome.token,
                "recorded_change": outcome.group.changed_at,
                "recorded_generation": applied,
                "retiring": outcome.retiring,
                "retiring_generation": was if applied != was else state.get("retiring_generation", 0),
                "due": outcome.due,
            }
            group.time += overlap
        if further:
            number += 1
            token = Token(f"generation-{number:010d}")
    assert group.tokens == [token]
    assert not group.open
    assert group.secret is not None
    assert group.secret.current == token
    assert group.secret.pending is None


def test_a_secret_edited_by_hand_is_staged_before_rotate_all_the_same() -> None:
    group = held(secret=FakeSecret(edited=True))
    rotate(goal(B, overlap=0), group)
    assert group.published_log[:2] == [(STAGE, B), (PROMOTE, B)]


def test_a_retiring_token_that_a_rolled_back_state_does_not_know_keeps_its_time() -> None:
    secret = FakeSecret(current=C, previous=B)
    group = held(tokens=[B, C], last_rotated=C, changed_at=LATER, secret=secret)
    reached = times(group)
    rotate(goal(D, A, overlap=300, generation=4), group)
    assert reached["before SET"] >= 300
    assert group.tokens == [D]


def test_after_an_interrupted_rotation_was_finished_the_further_token_has_an_overlap_of_its_own() -> None:
    secret = FakeSecret(current=A, pending=B)
    group = watched(held(tokens=[A, B], last_rotated=B, changed_at=LATER, secret=secret))
    rotate(goal(C, generation=3), group)
    assert group.calls == [(SET, B), (ROTATE, C), (SET, C)]
    assert group.time >= 600


def test_a_node_that_comes_while_a_rotation_runs_is_held_to_the_proof() -> None:
    group = held()

    def scale(where: str) -> None:
        if where == "before ROTATE":
            group.node_count = 3

    group.on_boundary = scale
    assert rotate(goal(B, overlap=0), group).proven == 3


def test_a_change_by_others_meanwhile_starts_the_plan_over() -> None:
    group = watched(held())
    check = group.on_boundary
    assert check is not None

    def meddle(where: str) -> None:
        check(where)
        if where == "before stage" and FOREIGN not in group.tokens:
            group.tokens, group.last_rotated, group.changed_at = [A, FOREIGN], FOREIGN, LATER

    group.on_boundary = meddle
    rotate(goal(B, overlap=0), group)
    assert group.calls[:2] == [(ROTATE, A), (SET, A)]
    assert group.tokens == [B]


def test_a_token_that_was_there_before_us_is_waited_for_whatever_is_revoked() -> None:
    group = watched(held(secret=FakeSecret()))
    rotate(goal(B, A, fresh=False, recorded_generation=0), group)
    assert group.time >= 300
