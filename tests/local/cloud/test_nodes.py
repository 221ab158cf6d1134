"""The data plane: nodes that replicate, endpoints that follow, servers that are replaced."""

import os
import signal
from collections.abc import Callable
from functools import partial

import pytest
import redis

from tests.local.cloud.support import ACCEPTED, CLOSED, FIRST, SECOND, Group, processes_of, refusal, until


def holds(client: redis.Redis) -> bool:
    """Whether the key is there."""
    return client.get("key") == "value"


def test_replicas_have_what_is_written_to_the_primary_and_take_no_writes(group: Callable[..., Group]) -> None:
    made = group(nodes=3, AuthToken=FIRST)
    made.redis(made.primary, FIRST).set("key", "value")
    replicas = [made.members[name] for name, role in made.roles().items() if role == "replica"]
    assert len(replicas) == 2
    for replica in replicas:
        with made.redis(replica, FIRST) as client:
            until(partial(holds, client), "the replica has it")
            with pytest.raises(redis.ReadOnlyError):
                client.set("key", "other")
    with made.redis(made.reader, FIRST) as client:
        assert client.info("replication")["role"] == "slave"


def test_nodes_speak_tls_only_where_it_is_on(group: Callable[..., Group]) -> None:
    encrypted, plain = group(), group(TransitEncryptionEnabled=False)
    assert encrypted.redis(encrypted.primary).ping()
    assert plain.redis(plain.primary, tls=False).ping()
    with pytest.raises(redis.ConnectionError):
        encrypted.redis(encrypted.primary, tls=False).ping()


def test_users_cannot_do_what_elasticache_keeps_to_itself(group: Callable[..., Group]) -> None:
    made = group(AuthToken=FIRST)
    kept = ("CONFIG GET *", "ACL LIST", "SHUTDOWN NOSAVE", "REPLICAOF NO ONE", "SAVE", "MODULE LIST")
    with made.connection(made.primary) as ask:
        assert ask("AUTH", FIRST) == "+OK"
        assert {ask(*command.split()).split(" ")[0] for command in kept} == {"-NOPERM"}


def test_the_primary_endpoint_follows_a_failover(group: Callable[..., Group]) -> None:
    made = group(nodes=3, AuthToken=FIRST)
    before = made.primary
    made.redis(made.primary, FIRST).set("key", "value")
    made.client.test_failover(ReplicationGroupId=made.id, NodeGroupId="0001")
    assert made.now["Status"] in ("modifying", "available")
    made.settled()
    roles = made.roles()
    assert roles == {f"{made.id}-001": "replica", f"{made.id}-002": "primary", f"{made.id}-003": "replica"}
    assert made.primary == before
    with made.redis(made.primary, FIRST) as client:
        assert client.get("key") == "value"
        assert client.info("replication")["role"] == "master"
        assert client.set("key", "after")
        until(lambda: client.info("replication")["connected_slaves"] == 2, "both replicas follow")
    assert f"Failover to replica node {made.id}-002 completed" in made.events()


def test_a_rotation_after_a_failover_reaches_all_nodes(group: Callable[..., Group]) -> None:
    made = group(nodes=2, AuthToken=FIRST)
    made.client.test_failover(ReplicationGroupId=made.id, NodeGroupId="0001")
    made.settled()
    made.rotate(SECOND)
    made.set_token(SECOND)
    assert made.answers(SECOND) == ACCEPTED
    assert made.answers(None) == CLOSED


def server_of(made: Group, member: str) -> int:
    """The process that serves a member."""
    [pid] = processes_of(made.cloud.root / "nodes" / made.id / member.rpartition("-")[2])
    return pid


def recovered(made: Group, member: str) -> bool:
    """Whether the events say that a member is back."""
    events = made.client.describe_events(SourceIdentifier=member, SourceType="cache-cluster")["Events"]
    return "Finished recovery for cache nodes 0001" in [event["Message"] for event in events]


def test_a_dead_primary_is_followed_by_a_replica_and_replaced(group: Callable[..., Group]) -> None:
    made = group(nodes=2, AuthToken=FIRST)
    dead, other = f"{made.id}-001", f"{made.id}-002"
    with made.redis(made.primary, FIRST) as client:
        client.set("key", "value")
        assert client.wait(1, 5000) == 1
    os.kill(server_of(made, dead), signal.SIGKILL)
    until(lambda: recovered(made, dead), "the node is replaced")
    assert made.roles() == {dead: "replica", other: "primary"}
    assert made.redis(made.primary, FIRST).get("key") == "value"
    assert made.redis(made.members[dead], FIRST).get("key") == "value"
    assert made.answers(FIRST) == ACCEPTED
    assert made.answers(None) == CLOSED


def test_without_failover_a_dead_primary_comes_back_with_its_replicas_data(group: Callable[..., Group]) -> None:
    made = group(nodes=2, AuthToken=FIRST, AutomaticFailoverEnabled=False)
    dead = f"{made.id}-001"
    with made.redis(made.primary, FIRST) as client:
        client.set("key", "value")
        assert client.wait(1, 5000) == 1
    os.kill(server_of(made, dead), signal.SIGKILL)
    until(lambda: recovered(made, dead), "the node is replaced")
    assert made.roles()[dead] == "primary"
    assert made.redis(made.primary, FIRST).get("key") == "value"


def test_a_dead_single_node_comes_back_empty_with_its_parameters(group: Callable[..., Group]) -> None:
    made = group()
    made.rotate(FIRST)
    made.redis(made.primary).set("key", "value")
    os.kill(server_of(made, f"{made.id}-001"), signal.SIGKILL)
    until(lambda: recovered(made, f"{made.id}-001"), "the node is replaced")
    with made.redis(made.primary, FIRST) as client:
        assert client.get("key") is None
        assert client.info("memory")["maxmemory_policy"] == "volatile-lru"  # ElastiCache's default, not Redis's


def test_replicas_come_and_go(group: Callable[..., Group]) -> None:
    made = group(nodes=2, AuthToken=FIRST)
    made.redis(made.primary, FIRST).set("key", "value")
    made.client.increase_replica_count(ReplicationGroupId=made.id, NewReplicaCount=3, ApplyImmediately=True)
    made.settled()
    assert [name[-3:] for name in made.members] == ["001", "002", "003", "004"]
    for address in made.members.values():
        assert made.redis(address, FIRST).get("key") == "value"
    made.client.test_failover(ReplicationGroupId=made.id, NodeGroupId="0001")
    made.settled()
    made.client.decrease_replica_count(
        ReplicationGroupId=made.id, ReplicasToRemove=[f"{made.id}-001"], ApplyImmediately=True
    )
    made.settled()
    assert [name[-3:] for name in made.members] == ["002", "003", "004"]
    made.client.decrease_replica_count(ReplicationGroupId=made.id, NewReplicaCount=1, ApplyImmediately=True)
    made.settled()
    assert made.roles() == {f"{made.id}-002": "primary", f"{made.id}-003": "replica"}
    refusal(
        "InvalidParameterValue",
        made.client.decrease_replica_count,
        ReplicationGroupId=made.id,
        NewReplicaCount=0,
        ApplyImmediately=True,
    )
    assert len(processes_of(made.cloud.root / "nodes" / made.id)) == 2


def test_encryption_is_switched_on_while_clients_stay(group: Callable[..., Group]) -> None:
    made = group(nodes=2, TransitEncryptionEnabled=False)
    with made.redis(made.primary, tls=False) as staying:
        staying.set("key", "value")
        refusal("InvalidParameterCombination", made.modify, TransitEncryptionEnabled=True)
        made.modify(TransitEncryptionEnabled=True, TransitEncryptionMode="preferred")
        for tls in (True, False):
            assert made.redis(made.primary, tls=tls).get("key") == "value"
        assert made.now["TransitEncryptionMode"] == "preferred"
        made.modify(TransitEncryptionEnabled=True, TransitEncryptionMode="required")
        assert staying.get("key") == "value"
    with pytest.raises(redis.ConnectionError):
        made.redis(made.primary, tls=False).ping()
    made.rotate(FIRST)
    made.set_token(FIRST)
    assert made.answers(FIRST) == ACCEPTED
    with made.redis(made.primary, FIRST) as client:
        assert client.get("key") == "value"
        assert client.info("replication")["connected_slaves"] == 1
    refusal(
        "InvalidParameterCombination", made.modify, TransitEncryptionEnabled=True, TransitEncryptionMode="preferred"
    )
