"""The component's secret, made and unmade on the local cloud."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml

from components.publication_secret import POLICY
from local.cloud.client import Cloud
from tests.local.publication.secret import connect

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = """
import pulumi
from components.publication_secret import secret
from components.scope import Scope

config = pulumi.Config()
owner = pulumi.ComponentResource("tests:index:Owner", "orders")
scope = Scope(owner, "orders", {"Team": "checkout"})
arn = secret(
    scope, group_id="orders-cache", key_arn=config.require("keyArn"), recovery_days=config.require_int("recoveryDays")
)
pulumi.export("arn", arn)
"""


class Stack:
    """A program that makes the secret alone, on the embedded engine."""

    def __init__(self, folder: Path, cloud: Cloud, **config: str) -> None:
        self._folder = folder
        (folder / "Pulumi.yaml").write_text(json.dumps({"name": "secret", "runtime": "python"}))
        (folder / "__main__.py").write_text(PROGRAM)
        endpoints = dict.fromkeys(("secretsmanager", "sts", "kms"), cloud.endpoint)
        values = {"accessKey": "test", "secretKey": "test", "region": "eu-central-1", "endpoints": [endpoints]}
        settings = {f"aws:{key}": value for key, value in values.items()} | {"aws:skipCredentialsValidation": True}
        (folder / "Pulumi.test.yaml").write_text(
            yaml.safe_dump({"config": settings | {f"secret:{key}": value for key, value in config.items()}})
        )
        (folder / "backend").mkdir()
        self.run("init")

    def run(self, *command: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "local.engine", *command, "--stack", "test", "--cwd", str(self._folder)],
            cwd=ROOT,
            env={
                **os.environ,
                "PULUMI_BACKEND_URL": f"file://{self._folder / 'backend'}",
                "PULUMI_CONFIG_PASSPHRASE": "test",
                "PYTHONPATH": str(ROOT),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def up(self) -> str:
        """The secret's ARN."""
        self.run("up")
        arn: str = json.loads(self.run("output", "--json"))["arn"]
        return arn


@pytest.fixture(scope="session")
def key_arn(cloud: Cloud) -> str:
    keys = boto3.client(
        "kms",
        region_name="eu-central-1",
        endpoint_url=cloud.endpoint,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    arn: str = keys.create_key()["KeyMetadata"]["Arn"]
    return arn


@pytest.fixture
def secrets(cloud: Cloud) -> Any:
    return connect(cloud, attempts=1)


def test_a_secret_and_the_one_that_takes_its_place(tmp_path: Path, cloud: Cloud, secrets: Any, key_arn: str) -> None:
    stack = Stack(tmp_path, cloud, keyArn=key_arn, recoveryDays="30")
    first = stack.up()
    found = secrets.describe_secret(SecretId=first)
    assert found["Name"].startswith("orders-auth-token-")
    assert found["KmsKeyId"] == key_arn
    assert found["Description"] == "Endpoints and auth token of orders-cache, for its clients"
    assert {tag["Key"]: tag["Value"] for tag in found["Tags"]} == {"Team": "checkout", "Name": "orders-auth-token"}
    assert "VersionIdsToStages" not in found, "it is not for this part to write a version"
    policy = json.loads(secrets.get_resource_policy(SecretId=first)["ResourcePolicy"])
    assert policy == POLICY
    assert [(s["Effect"], s["Principal"], s["Condition"]) for s in policy["Statement"]] == [
        ("Deny", "*", {"Bool": {"aws:SecureTransport": "false"}})
    ]

    stack.run("destroy")
    assert "DeletedDate" in secrets.describe_secret(SecretId=first), "it can be called back for 30 days"
    second = stack.up()
    assert second != first, "its name is taken until then"
    secrets.delete_secret(SecretId=second, RecoveryWindowInDays=7)
    stack.run("refresh")
    assert stack.up() not in (first, second)
