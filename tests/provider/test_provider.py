"""Create, update, read and diff through the provider's real pickled form, against real Redis nodes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import grpc
import pytest

from components.auth_token.resource import AuthTokenRotationArgs
from components.auth_token.rules import Token
from local.cloud.client import Cloud
from tests.provider.conftest import PICKLED, REGION, Provider, arn

A, B, C = (letter * 32 for letter in "ABC")


def inputs(cloud: Cloud, group_id: str, token: str, generation: int = 1, **changes: Any) -> dict[str, Any]:
    wanted = AuthTokenRotationArgs(
        replication_group_id=group_id,
        replication_group_arn=arn(group_id),
        token=token,
        generation=generation,
        verify="required",
        deadline_seconds=60,
        ca_file=str(cloud.ca_file),
    )
    return {**asdict(wanted), "facts": None, **changes}


def changes_sent(cloud: Cloud, group_id: str) -> list[str]:
    """The strategies that AWS was asked for on this group."""
    return [
        call["parameters"]["AuthTokenUpdateStrategy"]
        for call in cloud.calls()
        if call["operation"] == "ModifyReplicationGroup" and call["parameters"]["ReplicationGroupId"] == group_id
    ]


def test_the_pickle_is_a_reference_and_small() -> None:
    assert len(PICKLED) < 200


def test_create_proves_and_update_rotates(cloud: Cloud, provider: Provider, make_group: Callable[..., str]) -> None:
    group = make_group(AuthToken=A)
    created = provider.create(inputs(cloud, group, A))
    assert created["facts"]["phase"] == "proven"
    assert created["facts"]["previousToken"] == "none yet"
    assert changes_sent(cloud, group) == []

    updated = provider.update(created, inputs(cloud, group, B, 2))
    assert updated["token"] == B
    assert updated["facts"]["phase"] == "proven"
    assert updated["facts"]["generation"] == 2
    assert updated["facts"]["previousToken"] == "refused on 2 of 2"
    assert updated["facts"]["noToken"] == "refused on 2 of 2"
    assert changes_sent(cloud, group) == ["ROTATE", "SET"]
    provider.delete(updated)
    assert changes_sent(cloud, group) == ["ROTATE", "SET"]


def test_changes_of_anything_but_the_token_send_nothing(
    cloud: Cloud, provider: Provider, make_group: Callable[..., str]
) -> None:
    group = make_group(AuthToken=A)
    created = provider.create(inputs(cloud, group, A))
    assert not provider.diff(created, inputs(cloud, group, A))
    elsewhere = {**created, "__provider": PICKLED + " "}  # as after a move or a rename: the old reference is another
    assert provider.diff(elsewhere, inputs(cloud, group, A))
    for news in (inputs(cloud, group, A), inputs(cloud, group, A, deadline_seconds=90, verify="whenReachable")):
        updated = provider.update(elsewhere, news)
        assert updated["facts"] == created["facts"]
        assert updated["__provider"] == PICKLED
    assert changes_sent(cloud, group) == []


def test_a_token_changed_by_others_is_seen_by_diff_and_read_and_put_right(
    cloud: Cloud, provider: Provider, make_group: Callable[..., str], elasticache: Any
) -> None:
    group = make_group(AuthToken=A)
    created = provider.create(inputs(cloud, group, A))
    for strategy in ("ROTATE", "SET"):
        elasticache.modify_replication_group(
            ReplicationGroupId=group, AuthToken=C, AuthTokenUpdateStrategy=strategy, ApplyImmediately=True
        )
        elasticache.get_waiter("replication_group_available").wait(
            ReplicationGroupId=group, WaiterConfig={"Delay": 0.05, "MaxAttempts": 400}
        )
    assert provider.diff(created, inputs(cloud, group, A))
    found, refreshed = provider.read(created)
    assert found == group
    assert refreshed["facts"]["phase"] == "drifted"
    assert provider.diff(refreshed, inputs(cloud, group, A))
    assert provider.update(refreshed, inputs(cloud, group, A))["facts"]["phase"] == "proven"


def test_an_overlap_is_left_alone_until_it_is_due_and_finished_then(
    cloud: Cloud, provider: Provider, make_group: Callable[..., str]
) -> None:
    group = make_group(AuthToken=A)
    created = provider.create(inputs(cloud, group, A))
    news = inputs(cloud, group, B, 2, overlap_seconds=3600)
    overlapping = provider.update(created, news)
    assert overlapping["facts"]["phase"] == "overlapping"
    assert (overlapping["token"], overlapping["previous_token"]) == (B, A)
    assert overlapping["facts"]["previousToken"] == "accepted on 2 of 2"
    assert not provider.diff(overlapping, news)

    waiting = provider.update(overlapping, inputs(cloud, group, C, 3, overlap_seconds=3600))
    assert (waiting["token"], waiting["facts"]["nextWaits"]) == (B, True)
    assert changes_sent(cloud, group) == ["ROTATE"]

    passed = {**overlapping, "facts": {**overlapping["facts"], "dueAt": "2026-01-01T00:00:00+00:00"}}
    assert provider.diff(passed, news)
    done = provider.update(passed, news)
    assert (done["facts"]["phase"], done["previous_token"]) == ("proven", "")
    assert changes_sent(cloud, group) == ["ROTATE", "SET"]


def test_read_tells_a_group_that_is_gone(cloud: Cloud, provider: Provider) -> None:
    assert provider.read({**inputs(cloud, "never-made", A), "__provider": PICKLED})[0] == ""


def test_a_failing_call_names_the_group_and_the_reason_but_no_token(
    cloud: Cloud, provider: Provider, make_group: Callable[..., str]
) -> None:
    group = make_group(AuthToken=A)
    created = provider.create(inputs(cloud, group, A))
    with pytest.raises(grpc.RpcError, match="TLS failed") as failed:
        provider.update(created, inputs(cloud, group, B, ca_file=""))
    text = str(failed.value)
    assert group in text
    assert "caFile" in text
    assert A not in text
    assert B not in text
    assert changes_sent(cloud, group) == []


def test_check_refuses_without_showing_the_token(cloud: Cloud, provider: Provider) -> None:
    bad = "bad token " * 3
    failures = provider.check(inputs(cloud, "g", bad, verify="sometimes", deadline_seconds=0))
    assert len(failures) == 3
    assert not any(bad in failure for failure in failures)
    assert provider.check(inputs(cloud, "g", Token.random().reveal())) == []


def test_another_region_is_refused_and_a_preview_without_network_goes_on(
    cloud: Cloud, stranger: Provider, make_group: Callable[..., str]
) -> None:
    group = make_group(AuthToken=A)
    with pytest.raises(grpc.RpcError, match=f"{REGION}, but these credentials"):
        stranger.create(inputs(cloud, group, A))
    olds = {**inputs(cloud, group, A), "__provider": PICKLED, "facts": {"phase": "proven", "changedAt": ""}}
    assert not stranger.diff(olds, inputs(cloud, group, A))
