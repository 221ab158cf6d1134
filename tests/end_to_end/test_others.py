"""What others do to the group, the secret and the state, and what the next `up` makes of it."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

from tests.end_to_end.conftest import Clone
from tests.end_to_end.hands import accepted, client, nodes, published, settle


def deployed(clone: Clone) -> dict[str, Any]:
    """The outputs after a first `up`."""
    clone.local("up")
    outputs: dict[str, Any] = clone.status()["stack"]["outputs"]
    return outputs


def checkpoint(clone: Clone) -> Path:
    """Where the state is."""
    (found,) = (clone.path / ".local" / "backend" / ".pulumi" / "stacks").glob("*/local.json")
    return found


def test_a_secret_on_its_way_out_stops_a_rotation_and_one_that_is_gone_is_made_anew(clone: Clone) -> None:
    secret, aws = deployed(clone)["secretArn"], client(clone, "secretsmanager")
    aws.delete_secret(SecretId=secret, RecoveryWindowInDays=7)
    said = clone.local("rotate", code=1)
    assert f"aws secretsmanager restore-secret --secret-id {secret}" in said
    assert accepted(clone, clone.status()["stack"]["outputs"]["authToken"]) == [True, True]
    aws.restore_secret(SecretId=secret)
    assert "proven, generation 2, 2 of 2 nodes" in clone.local("rotate")

    aws.delete_secret(SecretId=secret, ForceDeleteWithoutRecovery=True)
    assert "`pulumi refresh`" in clone.local("rotate", code=1)
    clone.engine("refresh")
    assert "proven, generation 3, 2 of 2 nodes" in clone.local("up")
    token = clone.status()["stack"]["outputs"]["authToken"]
    assert published(clone)["password"] == token
    assert accepted(clone, token) == [True, True]
    clone.engine("preview", "--expect-no-changes")


def test_a_group_that_was_deleted_is_made_anew_with_the_current_token(clone: Clone) -> None:
    outputs = deployed(clone)
    aws = client(clone, "elasticache")
    aws.delete_replication_group(ReplicationGroupId=outputs["replicationGroupId"])
    settle(clone, outputs["replicationGroupId"], until="deleted")
    assert "gone" in clone.local("rotate", code=1)
    clone.engine("refresh")
    assert "proven, generation 2, 2 of 2 nodes" in clone.local("up")
    token = clone.status()["stack"]["outputs"]["authToken"]
    assert token != outputs["authToken"]
    assert accepted(clone, token) == [True, True]


def test_a_group_that_another_tool_left_at_rotate_is_drift_and_put_right(clone: Clone) -> None:
    outputs = deployed(clone)
    ours, theirs, aws = outputs["authToken"], secrets.token_hex(16), client(clone, "elasticache")
    aws.modify_replication_group(
        ReplicationGroupId=outputs["replicationGroupId"],
        AuthToken=theirs,
        AuthTokenUpdateStrategy="ROTATE",
        ApplyImmediately=True,
    )
    settle(clone, outputs["replicationGroupId"])
    assert accepted(clone, ours) == accepted(clone, theirs) == [True, True]
    for command in ("refresh", "preview"):
        assert "drift: the token was changed since by others" in clone.engine(command)
    assert "proven, generation 1, 2 of 2 nodes" in clone.local("up")
    assert accepted(clone, ours) == [True, True]
    assert accepted(clone, theirs) == [False, False]


def test_a_state_older_than_the_group_sends_nothing_until_a_fresh_token_is_asked_for(clone: Clone) -> None:
    first = deployed(clone)["authToken"]
    state, settings = checkpoint(clone), clone.path / "Pulumi.local.yaml"
    old = state.read_text(), settings.read_text()
    tokens = [first]
    for _ in range(2):
        clone.local("rotate")
        tokens.append(clone.status()["stack"]["outputs"]["authToken"])
    state.write_text(old[0])
    settings.write_text(old[1])
    said = clone.local("up", code=1)
    assert "the state is older than the group" in said
    assert "Raise generation" in said
    assert published(clone)["password"] == tokens[-1]
    assert [accepted(clone, token)[0] for token in tokens] == [False, False, True]

    clone.engine("config", "set", "generation", "2")
    assert "proven, generation 2, 2 of 2 nodes" in clone.local("up")
    fresh = clone.status()["stack"]["outputs"]["authToken"]
    assert fresh not in tokens
    assert published(clone)["password"] == fresh
    assert [accepted(clone, token)[0] for token in [*tokens, fresh]] == [False, False, False, True]


def test_a_snapshot_and_a_failover_by_others_meanwhile_are_waited_for(clone: Clone) -> None:
    outputs = deployed(clone)
    cloud = clone.cloud()
    cloud.settings(delay=1.0)
    aws, group = client(clone, "elasticache"), outputs["replicationGroupId"]
    aws.create_snapshot(ReplicationGroupId=group, SnapshotName="by-others")
    rotating = clone.begin("rotate")
    settle(clone, group)
    shard = aws.describe_replication_groups(ReplicationGroupId=group)["ReplicationGroups"][0]["NodeGroups"][0]
    aws.test_failover(ReplicationGroupId=group, NodeGroupId=shard["NodeGroupId"])
    said, _ = rotating.communicate(timeout=120)
    clone.said.append(said)
    assert rotating.returncode == 0, said
    assert "proven, generation 2, 2 of 2 nodes" in said
    assert len(nodes(clone)) == 2
    assert accepted(clone, clone.status()["stack"]["outputs"]["authToken"]) == [True, True]
