"""The machine against a group in memory: what it sends, what it proves, when it stops."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.auth_token.driver import Outcome, rotate
from components.auth_token.rotation import APPEARS_WITHIN
from components.auth_token.rules import Token
from components.auth_token.seen import Answer, Credential, Strategy, Verify
from components.auth_token.steps import RotationStopped
from tests.unit.auth_token.fake_group import EPOCH, FakeGroup, Killed
from tests.unit.auth_token.goals import FOREIGN, A, B, C, goal, held

ROTATE, SET = Strategy.ROTATE, Strategy.SET


def assert_enforced(group: FakeGroup, outcome: Outcome, token: Token) -> None:
    assert group.tokens == [token]
    assert not group.open
    assert not group.anything
    assert outcome.proven == len(group.nodes)
    assert outcome.group.changed_at == group.changed_at


def test_a_new_token_is_rotated_in_proven_and_set() -> None:
    group = held()
    outcome = rotate(goal(B), group)
    assert group.calls == [(ROTATE, B), (SET, B)]
    assert_enforced(group, outcome, B)
    assert outcome.proof.tally(Credential.PREVIOUS) == "refused on 2 of 2"
    assert outcome.proof.tally(Credential.NO_TOKEN) == "refused on 2 of 2"
    assert outcome.proof.tally(Credential.CURRENT) == "accepted on 2 of 2"


def test_creation_with_an_enforced_token_sends_nothing() -> None:
    group = held()
    assert_enforced(group, rotate(goal(A, None), group), A)
    assert group.calls == []


@pytest.mark.parametrize("same_token_refused", [False, True])
def test_the_puzzle_is_healed_at_creation(same_token_refused: bool) -> None:
    group = FakeGroup(tokens=[A], anything=True, same_token_refused=same_token_refused)
    g = goal(A, None)
    assert_enforced(group, rotate(g, group), A)
    through_spare = [(ROTATE, g.spare), (SET, g.spare), (ROTATE, A), (SET, A)]
    assert group.calls == (through_spare if same_token_refused else [(ROTATE, A), (SET, A)])


def test_a_group_without_any_token_is_given_one_at_creation() -> None:
    group = FakeGroup(tokens=[], anything=True)
    assert_enforced(group, rotate(goal(A, None), group), A)


def test_an_open_group_is_not_healed_through_a_throw_away_token_once_clients_use_it() -> None:
    group = FakeGroup(tokens=[A], anything=True, same_token_refused=True)
    with pytest.raises(RotationStopped, match="after SET"):
        rotate(goal(A, A), group)
    assert group.calls == []


def test_a_rotation_that_died_between_rotate_and_set_is_finished_by_set_alone() -> None:
    group = FakeGroup(tokens=[A, B], last_rotated=B, changed_at=EPOCH.replace(hour=1))
    assert_enforced(group, rotate(goal(B), group), B)
    assert group.calls == [(SET, B)]


def test_one_that_died_before_a_further_generation_is_settled_first() -> None:
    group = FakeGroup(tokens=[A, B], last_rotated=B, changed_at=EPOCH.replace(hour=1))
    assert_enforced(group, rotate(goal(C), group), C)
    assert group.calls == [(ROTATE, A), (SET, A), (ROTATE, C), (SET, C)]


def test_one_that_died_after_set_is_recognised() -> None:
    group = FakeGroup(tokens=[B], last_rotated=B, changed_at=EPOCH.replace(hour=1), same_token_refused=True)
    assert_enforced(group, rotate(goal(B), group), B)


def test_a_token_changed_by_others_is_replaced_by_ours() -> None:
    group = FakeGroup(tokens=[FOREIGN], last_rotated=FOREIGN, changed_at=EPOCH.replace(hour=1))
    assert_enforced(group, rotate(goal(A, A), group), A)


def test_a_token_added_by_others_is_taken_away() -> None:
    group = FakeGroup(tokens=[A, FOREIGN], last_rotated=FOREIGN, changed_at=EPOCH.replace(hour=1))
    assert_enforced(group, rotate(goal(A, A), group), A)


def test_an_unchanged_token_in_force_sends_nothing() -> None:
    group = held()
    assert_enforced(group, rotate(goal(A, A), group), A)
    assert group.calls == []


@pytest.mark.parametrize("verify", list(Verify))
def test_unreachable_nodes_stop_a_required_proof_and_are_reported_otherwise(verify: Verify) -> None:
    group = held(unreachable={"n2"})
    if verify is Verify.REQUIRED:
        with pytest.raises(RotationStopped, match="no answer from n2"):
            rotate(goal(B, verify=verify), group)
        assert group.calls == []
        return
    outcome = rotate(goal(B, verify=verify), group)
    assert group.tokens == [B]
    assert outcome.proven == (1 if verify is Verify.WHEN_REACHABLE else 0)


def test_blind_after_a_crash_the_recorded_token_is_settled_first() -> None:
    group = FakeGroup(tokens=[A, B], last_rotated=B, changed_at=EPOCH.replace(hour=1), unreachable={"n1", "n2"})
    rotate(goal(C, verify=Verify.WHEN_REACHABLE), group)
    assert group.calls == [(ROTATE, A), (SET, A), (ROTATE, C), (SET, C)]


def test_creation_without_proof_sends_nothing() -> None:
    group = FakeGroup(tokens=[A], anything=True, unreachable={"n1", "n2"})
    outcome = rotate(goal(A, None, verify=Verify.WHEN_REACHABLE), group)
    assert group.calls == []
    assert outcome.proven == 0
    assert outcome.proof.tally(Credential.CURRENT) == "unreachable on 2 of 2"


def test_a_node_that_goes_silent_midway_stops_before_set() -> None:
    group = held()

    def silence(where: str) -> None:
        if where == "after ROTATE":
            group.unreachable = {"n2"}

    group.on_boundary = silence
    with pytest.raises(RotationStopped, match="no answer from n2"):
        rotate(goal(B, verify=Verify.WHEN_REACHABLE), group)
    assert group.calls == [(ROTATE, B)]
    assert A in group.tokens


def test_a_node_that_does_not_learn_stops_before_set() -> None:
    group = held(stubborn={"n2"})
    with pytest.raises(RotationStopped, match="the current token is not accepted by n2"):
        rotate(goal(B), group)
    assert group.calls == [(ROTATE, B)]


def test_a_tls_failure_is_told_apart_and_stops_everything() -> None:
    group = held(tls_broken={"n1"})
    with pytest.raises(RotationStopped, match=r"TLS failed on n1.*caFile"):
        rotate(goal(B, verify=Verify.WHEN_REACHABLE), group)
    assert group.calls == []


def test_pending_modifications_stop_before_rotate_and_are_named() -> None:
    group = held(pending=("EngineVersion 7.1",))
    with pytest.raises(RotationStopped, match=r"EngineVersion 7\.1.*applyPendingChanges: true"):
        rotate(goal(B), group)
    assert group.flushed == []
    assert_enforced(group, rotate(goal(B, apply_pending_changes=True), group), B)
    assert group.flushed == ["EngineVersion 7.1"]


@pytest.mark.parametrize("status", ["create-failed", "deleting"])
def test_a_group_that_will_not_come_back_fails_at_once(status: str) -> None:
    group = held(status=status)
    with pytest.raises(RotationStopped, match=status):
        rotate(goal(B), group)
    assert group.time == 0


def test_a_group_that_is_gone_fails_at_once() -> None:
    with pytest.raises(RotationStopped, match="gone"):
        rotate(goal(B), held(exists=False))


def test_the_deadline_is_kept_and_the_message_says_what_was_waited_for() -> None:
    group = held(status="snapshotting")
    with pytest.raises(RotationStopped, match=r"60 s .*snapshotting"):
        rotate(goal(B, deadline=60), group)
    assert group.time <= 60


@given(
    delay=st.floats(0, 1200),
    lag=st.floats(0, APPEARS_WITHIN / 2),
    replies=st.lists(st.sampled_from(["", "busy", "lost", "dropped"]), max_size=6),
    node_count=st.integers(1, 6),
    same=st.booleans(),
)
def test_a_rotation_ends_proven_whatever_the_control_plane_does(
    delay: float, lag: float, replies: list[str], node_count: int, same: bool
) -> None:
    group = held(delay=delay, lag=lag, replies=replies, node_count=node_count, same_token_refused=same)
    assert_enforced(group, rotate(goal(B, deadline=1e5), group), B)


@given(delay=st.floats(5, 1200))
def test_waiting_costs_little_beside_the_control_planes_own_time(delay: float) -> None:
    group = held(delay=delay)
    rotate(goal(B), group)
    assert group.time <= 2 * delay * 1.1


@settings(max_examples=300)
@given(
    crashes=st.lists(st.integers(1, 12), max_size=4),
    further=st.lists(st.booleans(), min_size=4, max_size=4),
    node_count=st.integers(1, 3),
    puzzled=st.booleans(),
    same=st.booleans(),
    strict=st.booleans(),
)
def test_killed_anywhere_the_next_run_ends_proven_and_clients_are_never_locked_out(
    crashes: list[int], further: list[bool], node_count: int, puzzled: bool, same: bool, strict: bool
) -> None:
    """Kill at any call, perhaps ask for yet another token, run again: proven; what clients hold works until SET."""
    group = held(node_count=node_count, same_token_refused=same, set_without_rotate_refused=strict, anything=puzzled)
    recorded, recorded_change, token, number = A, EPOCH, B, 0
    for boundary, again in zip(crashes, further, strict=False):
        left = boundary

        def kill(where: str) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                raise Killed(where)

        group.on_boundary = kill
        try:
            outcome = rotate(goal(token, recorded, recorded_change=recorded_change), group)
        except Killed:
            group.on_boundary = None
            group.settle()
            replaced = any(strategy is SET and sent != recorded for strategy, sent in group.calls)
            assert replaced or puzzled or all(group.answer(n.id, recorded) is Answer.ACCEPTED for n in group.nodes)
        else:
            assert outcome.group.changed_at is not None
            recorded, recorded_change = token, outcome.group.changed_at
            group.calls.clear()
        if again:
            number += 1
            token = Token(f"generation-{number:010d}")
    group.on_boundary = None
    assert_enforced(group, rotate(goal(token, recorded, recorded_change=recorded_change), group), token)
