"""Groups that were there before: nothing but their token changes, and their clients keep their data."""

from __future__ import annotations

import json
import secrets
from typing import Any

import pytest

from tests.end_to_end.conftest import Clone
from tests.end_to_end.hands import RedisCli, aws, settle

THEIRS = "theirs"
"""The id of the group."""
_TOKENS_OWN = ("AuthTokenEnabled", "AuthTokenLastModifiedDate")


def create(clone: Clone, *, token: str, tls: bool = True) -> None:
    """A group that somebody made by hand."""
    more = ["--auth-token", token] if token else []
    aws(
        clone, "elasticache", "create-replication-group", "--replication-group-id", THEIRS,
        "--replication-group-description", "made by hand", "--engine", "redis", "--engine-version", "7.1",
        "--cache-node-type", "cache.t4g.micro", "--num-cache-clusters", "2", "--automatic-failover-enabled",
        "--transit-encryption-enabled" if tls else "--no-transit-encryption-enabled", "--port", "6400", *more,
    )  # fmt: skip
    settle(clone, THEIRS)


def described(clone: Clone) -> dict[str, Any]:
    """All that AWS tells of the group and its nodes, apart from the token."""
    told = json.loads(aws(clone, "elasticache", "describe-replication-groups", "--replication-group-id", THEIRS))
    nodes = json.loads(aws(clone, "elasticache", "describe-cache-clusters", "--show-cache-node-info"))["CacheClusters"]
    bags = [told["ReplicationGroups"][0], *(node for node in nodes if node.get("ReplicationGroupId") == THEIRS)]
    return {"bags": [{key: value for key, value in bag.items() if key not in _TOKENS_OWN} for bag in bags]}


def endpoints(clone: Clone) -> list[tuple[str, int]]:
    """Where clients connect: the primary, then the reader."""
    told = json.loads(aws(clone, "elasticache", "describe-replication-groups", "--replication-group-id", THEIRS))
    shard = told["ReplicationGroups"][0]["NodeGroups"][0]
    return [(shard[key]["Address"], shard[key]["Port"]) for key in ("PrimaryEndpoint", "ReaderEndpoint")]


def adopting(clone: Clone, adopt_token: str = "") -> None:
    """A stack of its own, on the same cloud as the stack that has a group."""
    settings = (clone.path / "Pulumi.local.yaml").read_text().replace("baseName: local", "baseName: taken-over")
    (clone.path / "Pulumi.adopted.yaml").write_text(settings)
    clone.engine("init", stack="adopted")
    clone.engine("config", "set", "adopt", THEIRS, stack="adopted")
    if adopt_token:
        clone.engine("config", "set", "--secret", "adoptToken", adopt_token, stack="adopted")


def outputs(clone: Clone) -> dict[str, Any]:
    """What the adopting stack says; its secrets are kept out of `said`."""
    told = clone.engine("output", "--json", "--show-secrets", stack="adopted")
    clone.said.pop()
    found: dict[str, Any] = json.loads(told)
    return found


@pytest.mark.parametrize(
    ("has_token", "told", "previous"),
    [
        pytest.param(True, True, "refused on 2 of 2", id="known"),
        pytest.param(True, False, "unknown, not proven", id="unknown"),
        pytest.param(False, False, "none", id="none"),
    ],
)
def test_a_group_is_adopted_and_left(clone: Clone, has_token: bool, told: bool, previous: str) -> None:
    clone.local("up")
    theirs = secrets.token_hex(16) if has_token else ""
    create(clone, token=theirs)
    (primary, port), reader = endpoints(clone)
    assert RedisCli(clone, primary, port).says("SET kept yes", token=theirs) == ["OK"]
    before = described(clone)
    adopting(clone, theirs if told else "")
    said = clone.engine("preview", stack="adopted")
    assert f"{THEIRS}: adopting, step: ROTATE" in said
    assert f"previous token: {'known' if told else previous}" in said
    assert described(clone) == before

    clone.engine("up", stack="adopted")
    found = outputs(clone)
    ours, rotation = found["authToken"], found["rotation"]
    assert (found["replicationGroupId"], found["primaryEndpoint"], found["port"]) == (THEIRS, primary, port)
    assert (rotation["phase"], rotation["proven"], rotation["previousToken"]) == ("proven", 2, previous)
    assert described(clone) == before
    assert RedisCli(clone, primary, port).says("GET kept", token=ours) == ["yes"]
    for host, its_port in ((primary, port), reader):
        assert RedisCli(clone, host, its_port).says("PING")[0].startswith("NOAUTH")
        if theirs:
            assert "WRONGPASS" in RedisCli(clone, host, its_port).says(f"AUTH {theirs}")[0]
    secret = json.loads(aws(clone, "secretsmanager", "get-secret-value", "--secret-id", found["secretArn"]))
    assert json.loads(secret["SecretString"])["password"] == ours
    clone.engine("preview", "--expect-no-changes", stack="adopted")

    clone.engine("destroy", stack="adopted")
    assert described(clone) == before
    assert RedisCli(clone, primary, port).says("GET kept", token=ours) == ["yes"]
    assert not {token for token in (ours, theirs) if token and token in "".join(clone.said)}


def test_what_cannot_be_adopted_is_refused_in_words(clone: Clone) -> None:
    clone.local("up")
    create(clone, token="", tls=False)
    before = described(clone)
    adopting(clone)
    assert "in-transit encryption is off" in clone.engine("preview", code=1, stack="adopted")
    assert "in-transit encryption is off" in clone.engine("up", code=1, stack="adopted")
    clone.engine("config", "set", "adopt", "nobodys", stack="adopted")
    assert "couldn't find resource" in clone.engine("preview", code=1, stack="adopted")
    assert described(clone) == before

    own = clone.status()["stack"]["outputs"]
    clone.engine("config", "set", "adopt", THEIRS)
    for operation in ("preview", "up"):
        assert "this stack holds local-cache, a group of its own" in clone.engine(operation, code=1)
    clone.engine("config", "rm", "adopt")
    clone.engine("up")
    assert clone.status()["stack"]["outputs"] == own
