"""What people do by hand beside the program: the article's two commands, redis-cli, a change of the group."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from typing import Any

from tests.end_to_end.conftest import Clone


def aws(clone: Clone, *arguments: str) -> str:
    """The `aws` command line against the local cloud."""
    done = subprocess.run(
        [sys.executable, "-m", "awscli", *arguments],
        env=clone.environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def settle(clone: Clone, group: str) -> None:
    aws(clone, "elasticache", "wait", "replication-group-available", "--replication-group-id", group)


def nodes(clone: Clone) -> list[tuple[str, int]]:
    """Every node's own address."""
    import json

    told = json.loads(aws(clone, "elasticache", "describe-cache-clusters", "--show-cache-node-info"))
    endpoints = [node["Endpoint"] for cluster in told["CacheClusters"] for node in cluster["CacheNodes"]]
    return [(endpoint["Address"], endpoint["Port"]) for endpoint in endpoints]


class RedisCli:
    """redis-cli over TLS; tokens go by standard input and the environment, never by arguments."""

    def __init__(self, clone: Clone, host: str, port: int) -> None:
        binary = clone.path / ".local" / "redis" / "bin" / "redis-cli"
        ca_file = clone.status()["cloud"]["caFile"]
        self._argv = [str(binary) if binary.exists() else "redis-cli"]
        self._argv += ["--tls", "--cacert", ca_file, "-h", host, "-p", str(port)]

    def says(self, *commands: str, token: str = "") -> list[str]:
        """The answers to `commands`."""
        env = {**os.environ, **({"REDISCLI_AUTH": token} if token else {})}
        done = subprocess.run(
            self._argv, input="\n".join(commands), env=env, capture_output=True, text=True, check=False
        )
        return [line for line in done.stdout.splitlines() if line]


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
