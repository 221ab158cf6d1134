"""The AWS calls under botocore's Stubber: real shapes in, the machine's words out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError
from botocore.stub import Stubber

from components.auth_token import elasticache
from components.auth_token.elasticache import ReplicationGroupApi
from components.auth_token.rules import Token
from components.auth_token.seen import Node, Reply, Strategy

TOKEN = Token("T" * 32)
CHANGED = datetime(2026, 5, 1, tzinfo=UTC)
SENT = {
    "ReplicationGroupId": "g",
    "AuthToken": TOKEN.reveal(),
    "AuthTokenUpdateStrategy": "ROTATE",
    "ApplyImmediately": True,
}


class Stubbed:
    """A client whose answers are queued, and the API over it."""

    def __init__(self) -> None:
        client = boto3.client("elasticache", region_name="eu-west-1", aws_access_key_id="k", aws_secret_access_key="s")
        self.client = client
        self.stub = Stubber(client)
        self.api = ReplicationGroupApi(client, client, "g")


@pytest.fixture
def stubbed() -> Iterator[Stubbed]:
    it = Stubbed()
    with it.stub:
        yield it
        it.stub.assert_no_pending_responses()


def group(**changes: Any) -> dict[str, Any]:
    base = {
        "ReplicationGroupId": "g",
        "Status": "available",
        "TransitEncryptionEnabled": True,
        "MemberClusters": ["g-001", "g-002"],
        "AuthTokenLastModifiedDate": CHANGED,
        "PendingModifiedValues": {},
    }
    return {"ReplicationGroups": [base | changes]}


def cluster(name: str, **changes: Any) -> dict[str, Any]:
    endpoint = {"CacheNodeId": "0001", "Endpoint": {"Address": f"{name}.example", "Port": 6380}}
    return {"CacheClusters": [{"CacheClusterId": name, "CacheNodes": [endpoint]} | changes]}


def test_a_look_at_a_settled_group_brings_its_nodes_and_what_waits(stubbed: Stubbed) -> None:
    stubbed.stub.add_response(
        "describe_replication_groups",
        group(PendingModifiedValues={"AutomaticFailoverStatus": "enabled", "LogDeliveryConfigurations": []}),
        {"ReplicationGroupId": "g"},
    )
    for name, waits in (("g-001", {"EngineVersion": "7.1"}), ("g-002", {"EngineVersion": "7.1"})):
        stubbed.stub.add_response(
            "describe_cache_clusters",
            cluster(name, PendingModifiedValues=waits),
            {"CacheClusterId": name, "ShowCacheNodeInfo": True},
        )
    seen = stubbed.api.look()
    assert seen is not None
    assert seen.settled
    assert seen.changed_at == CHANGED
    assert seen.pending == ("AutomaticFailoverStatus: enabled", "EngineVersion: 7.1")
    assert seen.nodes == tuple(Node(id=f"g-00{i}", host=f"g-00{i}.example", port=6380) for i in (1, 2))


def test_a_change_under_way_on_a_member_is_a_change_under_way(stubbed: Stubbed) -> None:
    stubbed.stub.add_response("describe_replication_groups", group(MemberClusters=["g-001"]))
    waits = {"AuthTokenStatus": "ROTATING"}
    stubbed.stub.add_response("describe_cache_clusters", cluster("g-001", PendingModifiedValues=waits))
    seen = stubbed.api.look()
    assert seen is not None
    assert not seen.settled


@pytest.mark.parametrize(
    "changes", [{"Status": "snapshotting"}, {"PendingModifiedValues": {"AuthTokenStatus": "SETTING"}}]
)
def test_members_are_not_asked_for_while_the_group_is_not_settled(stubbed: Stubbed, changes: dict[str, Any]) -> None:
    stubbed.stub.add_response("describe_replication_groups", group(**changes))
    seen = stubbed.api.look()
    assert seen is not None
    assert not seen.settled


def test_a_group_that_is_gone_is_none(stubbed: Stubbed) -> None:
    stubbed.stub.add_client_error("describe_replication_groups", "ReplicationGroupNotFoundFault")
    assert stubbed.api.look() is None


def test_a_member_that_goes_while_we_look_means_a_group_under_change(stubbed: Stubbed) -> None:
    stubbed.stub.add_response("describe_replication_groups", group())
    stubbed.stub.add_client_error("describe_cache_clusters", "CacheClusterNotFound")
    seen = stubbed.api.look()
    assert seen is not None
    assert not seen.settled


def test_a_refused_look_is_an_error(stubbed: Stubbed) -> None:
    stubbed.stub.add_client_error("describe_replication_groups", "AccessDenied")
    with pytest.raises(ClientError, match="AccessDenied"):
        stubbed.api.look()


def test_an_accepted_change_carries_strategy_and_applies_at_once(stubbed: Stubbed) -> None:
    stubbed.stub.add_response("modify_replication_group", {"ReplicationGroup": {}}, SENT)
    assert stubbed.api.send(Strategy.ROTATE, TOKEN) == (Reply.ACCEPTED, "")


@pytest.mark.parametrize(
    ("code", "message", "reply"),
    [
        ("InvalidReplicationGroupState", "not available", Reply.BUSY),
        ("InternalFailure", "", Reply.UNSURE),
        ("ServiceUnavailable", "", Reply.UNSURE),
        ("InvalidParameterCombination", "No modifications were requested", Reply.UNCHANGED),
        ("InvalidParameterValue", "only after ROTATE", Reply.REFUSED),
    ],
)
def test_what_aws_refuses_with_is_told_apart(stubbed: Stubbed, code: str, message: str, reply: Reply) -> None:
    stubbed.stub.add_client_error("modify_replication_group", code, message)
    assert stubbed.api.send(Strategy.SET, TOKEN)[0] is reply


def test_a_refusal_for_other_reasons_is_an_error(stubbed: Stubbed) -> None:
    stubbed.stub.add_client_error("modify_replication_group", "AccessDenied")
    with pytest.raises(ClientError, match="AccessDenied"):
        stubbed.api.send(Strategy.SET, TOKEN)


def test_throttled_changes_are_sent_again_with_jitter(stubbed: Stubbed, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("tenacity.nap.time.sleep", pauses.append)
    for code in sorted(elasticache._THROTTLED):
        stubbed.stub.add_client_error("modify_replication_group", code)
    stubbed.stub.add_response("modify_replication_group", {"ReplicationGroup": {}}, SENT)
    assert stubbed.api.send(Strategy.ROTATE, TOKEN) == (Reply.ACCEPTED, "")
    assert len(pauses) == len(set(pauses)) == len(elasticache._THROTTLED)


@pytest.mark.parametrize(
    ("error", "reply"),
    [
        (ReadTimeoutError(endpoint_url="http://x"), Reply.UNSURE),
        (ConnectTimeoutError(endpoint_url="http://x"), Reply.BUSY),
    ],
)
def test_a_lost_answer_is_not_taken_for_a_lost_call(
    stubbed: Stubbed, monkeypatch: pytest.MonkeyPatch, error: Exception, reply: Reply
) -> None:
    def fail(**_: object) -> None:
        raise error

    monkeypatch.setattr(stubbed.client, "modify_replication_group", fail)
    assert stubbed.api.send(Strategy.ROTATE, TOKEN) == (reply, "")


def test_a_value_that_the_sdk_refuses_does_not_show_in_the_error(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = {"not": f"a string {TOKEN.reveal()}"}
    monkeypatch.setattr(Token, "reveal", lambda _: shown)
    with pytest.raises(ValueError, match="refuses to send ROTATE") as refused:
        Stubbed().api.send(Strategy.ROTATE, TOKEN)  # not activated: the SDK's own validation comes first
    assert "TTTT" not in str(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__
