"""What the machine does where it cannot see, or where the state, the secret and the group disagree."""

from __future__ import annotations

import pytest

from components.auth_token.driver import rotate
from components.auth_token.seen import Strategy, Verify
from components.auth_token.steps import RotationStopped
from tests.unit.auth_token.fake_group import EPOCH, FakeSecret
from tests.unit.auth_token.goals import FOREIGN, LATER, A, B, C, goal, times
from tests.unit.auth_token.goals import published as held

ROTATE, SET = Strategy.ROTATE, Strategy.SET
HOUR = 3600.0


def test_no_modifications_is_no_proof() -> None:
    """The newest token is there already, says AWS; one node does not know it: it must not be published."""
    group = held(tokens=[A, B], last_rotated=B, changed_at=LATER, secret=FakeSecret(current=A, pending=B))
    group.same_token_refused, group.frozen = True, {"n2": [A]}
    with pytest.raises(RotationStopped, match="not accepted by n2"):
        rotate(goal(C, generation=3), group)
    assert group.secret is not None
    assert group.secret.current == A


def test_blind_a_published_token_is_not_undone_by_a_state_that_does_not_know_it() -> None:
    secret = FakeSecret(current=B, previous=A, retired=A)
    group = held(tokens=[B], last_rotated=B, changed_at=LATER, secret=secret)
    rotate(goal(B, A, verify=Verify.OFF, overlap=0), group)
    assert (ROTATE, A) not in group.calls
    assert group.tokens == [B]


def test_bringing_back_sends_a_rotate_even_where_a_node_has_not_learnt_set_yet() -> None:
    group = held(node_count=1)

    def forget(where: str) -> None:
        if where == "after SET":
            group.frozen = {"n1": [A, B]}

    group.on_boundary = forget
    with pytest.raises(RotationStopped, match="brought back"):
        rotate(goal(B, overlap=0), group)
    assert group.calls[-1] == (ROTATE, A)


def test_the_overlap_of_an_unknown_token_is_not_cut_by_an_up_with_another_reason_to_run() -> None:
    group = held(tokens=[FOREIGN, B], last_rotated=B, secret=FakeSecret(current=B))
    state = goal(B, B, due=group.wall() + 900, overlap=900)
    assert rotate(state, group).due is not None
    assert group.calls == []


def test_blind_a_revoked_token_is_not_settled() -> None:
    group = held(tokens=[B], last_rotated=B, changed_at=LATER, secret=None)
    rotate(goal(C, A, generation=3, revoke_through=1, verify=Verify.OFF, overlap=0), group)
    assert (ROTATE, A) not in group.calls


def test_a_further_token_waits_for_the_overlap_of_one_that_nobody_knows() -> None:
    group = held(tokens=[FOREIGN, B], last_rotated=B, secret=FakeSecret(current=B))
    waiting = rotate(goal(C, B, generation=3, due=group.wall() + 900, overlap=900), group)
    assert (waiting.token, group.tokens) == (B, [FOREIGN, B])


def test_a_due_time_holds_for_the_token_that_it_was_promised_to() -> None:
    """The state is of before C, and its overlap is long over; C, which clients read until now, gets one of its own."""
    group = held(tokens=[B, C], last_rotated=C, changed_at=LATER, secret=FakeSecret(current=C, previous=B))
    reached = times(group)
    rotate(goal(B, B, retiring=A, due=1.0, overlap=300), group)
    assert reached["before SET"] >= 300


def test_revoking_the_first_token_ends_the_overlap_of_what_was_there_before_it() -> None:
    group = held(tokens=[FOREIGN, B], last_rotated=B, secret=FakeSecret(current=B))
    state = goal(C, B, generation=2, due=group.wall() + HOUR, overlap=0, revoke_through=1)
    assert rotate(state, group).due is None
    assert group.tokens == [C]


def test_a_rejected_token_that_a_node_still_accepts_is_tried_and_found() -> None:
    """B failed and was rejected; a restored state knows nothing of it; one node never learnt to refuse it."""
    secret = FakeSecret(current=A, previous=B, rejected=B)
    group = held(changed_at=LATER, node_count=1, frozen={"n1": [A, B]}, secret=secret)
    with pytest.raises(RotationStopped, match="after SET"):
        rotate(goal(A, A), group)


def test_who_read_a_token_that_was_rejected_later_has_time_as_well() -> None:
    group = held(tokens=[B, A], last_rotated=A, changed_at=LATER, secret=FakeSecret(current=A, previous=B, rejected=B))
    reached = times(group)
    rotate(goal(C, A, generation=3, overlap=60), group)
    assert reached["before SET"] >= 60
    assert group.tokens == [C]


def test_a_retired_token_that_a_node_still_accepts_is_no_proof() -> None:
    """A was retired on AWS's word; that a node accepts it shows as soon as proofs are asked for."""
    secret = FakeSecret(current=B, previous=A, retired=A)
    group = held(tokens=[B], last_rotated=B, node_count=1, frozen={"n1": [A, B]}, secret=secret)
    with pytest.raises(RotationStopped, match="after SET"):
        rotate(goal(B, B, recorded_change=EPOCH), group)


def test_blind_the_wanted_token_keeps_its_time_where_it_is_the_previous_one() -> None:
    """A restored state wants B, from which C has taken over: B is promised until its overlap ends."""
    secret = FakeSecret(current=C, previous=B, retired=A)
    group = held(tokens=[B, C], last_rotated=C, changed_at=LATER, secret=secret)
    outcome = rotate(goal(B, A, verify=Verify.OFF, overlap=HOUR), group)
    assert (outcome.token, outcome.retiring) == (C, B)
    assert (SET, C) not in group.calls


def test_of_the_tokens_that_may_be_there_the_newest_are_tried() -> None:
    secret = FakeSecret(current=C, previous=FOREIGN)
    assert list(goal(B, B, retiring=A).roles(secret.look()).values()) == [B, C, FOREIGN]
