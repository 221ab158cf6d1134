"""The command lines of AWS and of Redis, as people type them."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from local.cloud.client import Cloud
from local.cloud.redis_server import Binaries
from tests.local.cloud.support import FIRST, REGION, SECOND, WRONG, Group

AWS = Path(sys.executable).with_name("aws")


def aws(cloud: Cloud, tmp_path: Path, *arguments: str) -> str:
    """Run the AWS command line against the cloud."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "AWS_ENDPOINT_URL": cloud.endpoint,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
    }
    command = [str(AWS), *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_articles_two_commands(cloud: Cloud, group: Callable[..., Group], tmp_path: Path) -> None:
    cloud.settings(puzzle=True)
    made = group(nodes=2, AuthToken=FIRST)
    assert made.redis(made.primary).ping()
    for strategy in ("ROTATE", "SET"):
        aws(
            *(cloud, tmp_path, "elasticache", "modify-replication-group"),
            *("--replication-group-id", made.id, "--auth-token", SECOND),
            *("--auth-token-update-strategy", strategy, "--apply-immediately"),
        )
        made.settled()
    for address in made.addresses:
        with made.connection(address) as ask:
            assert ask("PING").startswith("-NOAUTH")
            assert ask("AUTH", FIRST).startswith("-WRONGPASS")
            assert ask("AUTH", SECOND) == "+OK"
    listed = aws(
        *(cloud, tmp_path, "elasticache", "describe-replication-groups", "--replication-group-id", made.id),
        *("--query", "ReplicationGroups[0].Status", "--output", "text"),
    )
    assert listed == "available\n"


@pytest.mark.parametrize("optional", [False, True])
def test_redis_cli(group: Callable[..., Group], binaries: Binaries, optional: bool) -> None:
    made = group() if optional else group(AuthToken=FIRST)
    if optional:
        made.rotate(FIRST)
    host, port = made.primary
    command = [binaries.cli, "--tls", "--cacert", made.cloud.ca_file, "-h", host, "-p", str(port)]
    wrong = [f"AUTH {WRONG}", f"AUTH default {WRONG}", "PING"]
    right = [f"AUTH {FIRST}", f"AUTH default {FIRST}", f"HELLO 3 AUTH default {FIRST}", "PING"]
    script = "\n".join([*wrong, *right, ""])
    done = subprocess.run(
        [str(part) for part in command], input=script, capture_output=True, text=True, timeout=60, check=True
    )
    lines = [line for line in done.stdout.splitlines() if line]
    assert [line.split(" ")[0] for line in lines[:5]] == [
        "WRONGPASS",
        "WRONGPASS",
        "PONG" if optional else "NOAUTH",
        "OK",
        "OK",
    ]
    assert lines[-1] == "PONG"
