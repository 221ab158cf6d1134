"""What people do by hand beside the program: the article's two commands, redis-cli, a change of the group."""

from __future__ import annotations

import secrets
from typing import Any

from tests.end_to_end.conftest import Clone
from tests.end_to_end.hands import RedisCli, aws, nodes, settle


def test_redis_cli_is_told_per_node_what_was_proven(clone: Clone) -> None:
    clone.local("up")
    old = clone.status()["stack"]["outputs"]["authToken"]
    clone.local("rotate")
    now = clone.status()["stack"]["outputs"]["authToken"]
    wrong = secrets.token_hex(16)
    assert len(nodes(clone)) == 2
    for host, port in nodes(clone):
        cli = RedisCli(clone, host, port)
        assert cli.says("PING")[0].startswith("NOAUTH")
        for form in ("AUTH {}", "AUTH default {}", "HELLO 3 AUTH default {}"):
            for refused in (old, wrong):
                assert "WRONGPASS" in cli.says(form.format(refused))[0]
            assert "PONG" in cli.says(form.format(now), "PING")
        assert cli.says("PING", token=now) == ["PONG"]


def test_the_articles_two_commands_are_seen_as_drift_and_put_right(clone: Clone) -> None:
    clone.local("up")
    outputs: dict[str, Any] = clone.status()["stack"]["outputs"]
    group, ours, theirs = outputs["replicationGroupId"], outputs["authToken"], secrets.token_hex(16)
    for strategy in ("ROTATE", "SET"):
        change = ["--auth-token", theirs, "--auth-token-update-strategy", strategy, "--apply-immediately"]
        aws(clone, "elasticache", "modify-replication-group", "--replication-group-id", group, *change)
        settle(clone, group)
    host, port = nodes(clone)[0]
    assert RedisCli(clone, host, port).says("PING", token=theirs) == ["PONG"]
    assert "drift" in clone.engine("preview")
    clone.local("up")
    assert RedisCli(clone, host, port).says("PING", token=ours) == ["PONG"]
    assert "WRONGPASS" in RedisCli(clone, host, port).says(f"AUTH {theirs}")[0]


def test_what_waits_for_the_maintenance_window_stops_a_rotation_until_it_is_allowed(clone: Clone) -> None:
    clone.local("up")
    group = clone.status()["stack"]["outputs"]["replicationGroupId"]
    change = ["--cache-node-type", "cache.t4g.small", "--no-apply-immediately"]
    aws(clone, "elasticache", "modify-replication-group", "--replication-group-id", group, *change)
    settle(clone, group)
    said = clone.local("rotate", code=1)
    assert "cache.t4g.small" in said
    assert "applyPendingChanges: true" in said
    clone.engine("config", "set", "applyPendingChanges", "true")
    assert "generation 2, 2 of 2 nodes" in clone.local("up")


def test_a_replaced_group_is_born_with_the_current_token_and_proven(clone: Clone) -> None:
    clone.local("up")
    clone.local("rotate")
    token = clone.status()["stack"]["outputs"]["authToken"]
    clone.engine("config", "set", "port", "6390")
    said = clone.local("up")
    assert "generation 2, 2 of 2 nodes" in said
    outputs = clone.status()["stack"]["outputs"]
    assert (outputs["port"], outputs["authToken"]) == (6390, token)
    for host, port in nodes(clone):
        assert port == 6390
        assert RedisCli(clone, host, port).says("PING", token=token) == ["PONG"]
