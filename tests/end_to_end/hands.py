"""What people do and see beside the program, with `aws`, boto3 and redis-cli."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from typing import Any

import boto3

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


def settle(clone: Clone, group: str, until: str = "available") -> None:
    """Wait until the group is available, or deleted."""
    waiter = client(clone, "elasticache").get_waiter(f"replication_group_{until}")
    waiter.wait(ReplicationGroupId=group, WaiterConfig={"Delay": 1, "MaxAttempts": 60})


def nodes(clone: Clone) -> list[tuple[str, int]]:
    """Every node's own address."""
    told = client(clone, "elasticache").describe_cache_clusters(ShowCacheNodeInfo=True)
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


def client(clone: Clone, service: str) -> Any:
    """boto3's, in the environment of `make env`."""
    env = clone.environment()
    return _client(service, env["AWS_REGION"], env["AWS_ENDPOINT_URL"])


@cache
def _client(service: str, region: str, endpoint: str) -> Any:
    return boto3.client(
        service, region_name=region, endpoint_url=endpoint, aws_access_key_id="test", aws_secret_access_key="test"
    )


def published(clone: Clone) -> dict[str, Any]:
    """What clients read."""
    secret = clone.status()["stack"]["outputs"]["secretArn"]
    got = client(clone, "secretsmanager").get_secret_value(SecretId=secret)
    content: dict[str, Any] = json.loads(got["SecretString"])
    return content


def accepted(clone: Clone, token: str) -> list[bool]:
    """Whether each node takes the token."""
    return [RedisCli(clone, host, port).says("PING", token=token) == ["PONG"] for host, port in nodes(clone)]
