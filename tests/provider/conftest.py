"""The dynamic provider as an engine runs it: pickled, in a process of its own, over gRPC, against the local cloud."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
import grpc
import pytest
from botocore.config import Config
from google.protobuf import json_format, struct_pb2
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from components.auth_token.resource import AuthTokenRotationProvider
from local.cloud import client
from local.cloud.client import Cloud

ROOT = Path(__file__).resolve().parents[2]
REGION = "eu-central-1"
PICKLED: str = serialize_provider(AuthTokenRotationProvider())


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A local cloud without delays."""
    started = client.start(tmp_path_factory.mktemp("cloud"))
    yield started
    started.stop()


@pytest.fixture(scope="session")
def elasticache(cloud: Cloud) -> Any:
    """boto3's client for the cloud, which tries each call once."""
    return boto3.client(
        "elasticache",
        region_name=REGION,
        endpoint_url=cloud.endpoint,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}),
    )


class Provider:
    """`python -m pulumi.dynamic`, spoken to as the engine does."""

    def __init__(self, process: subprocess.Popen[str], log: Path, config: Mapping[str, str]) -> None:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        self._stub = provider_pb2_grpc.ResourceProviderStub(grpc.insecure_channel(f"127.0.0.1:{port}"))
        self._stub.Configure(provider_pb2.ConfigureRequest(args=struct(config), variables=config))
        self.log = log

    def check(self, news: Mapping[str, Any]) -> list[str]:
        """The reasons of all failures."""
        answered = self._stub.Check(provider_pb2.CheckRequest(olds=struct({}), news=struct(pickled(news))))
        return [failure.reason for failure in answered.failures]

    def diff(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
        """Whether the provider sees a change."""
        request = provider_pb2.DiffRequest(id=group_of(olds), olds=struct(olds), news=struct(pickled(news)))
        return bool(self._stub.Diff(request).changes == provider_pb2.DiffResponse.DIFF_SOME)

    def create(self, props: Mapping[str, Any]) -> dict[str, Any]:
        """The outputs."""
        return bag(self._stub.Create(provider_pb2.CreateRequest(properties=struct(pickled(props)))).properties)

    def update(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
        """The outputs."""
        request = provider_pb2.UpdateRequest(id=group_of(olds), olds=struct(olds), news=struct(pickled(news)))
        return bag(self._stub.Update(request).properties)

    def read(self, outputs: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """Id and outputs; no id where the group is gone."""
        answered = self._stub.Read(provider_pb2.ReadRequest(id=group_of(outputs), properties=struct(outputs)))
        return answered.id, bag(answered.properties)

    def delete(self, outputs: Mapping[str, Any]) -> None:
        """Delete, which does nothing to the group."""
        self._stub.Delete(provider_pb2.DeleteRequest(id=group_of(outputs), properties=struct(outputs)))


@pytest.fixture
def provider(cloud: Cloud, tmp_path: Path) -> Iterator[Provider]:
    """A provider process whose `aws:*` configuration points to the cloud."""
    endpoints = [{"elasticache": cloud.endpoint, "sts": cloud.endpoint}]
    config = {
        "aws:region": REGION,
        "aws:accessKey": "test",
        "aws:secretKey": "test",
        "aws:endpoints": json.dumps(endpoints),
    }
    yield from run_provider(tmp_path, config)


@pytest.fixture
def stranger(cloud: Cloud, tmp_path: Path) -> Iterator[Provider]:
    """A provider process that is configured for another region, and finds no network."""
    endpoints = [{"elasticache": "http://127.0.0.1:9", "sts": cloud.endpoint}]
    config = {
        "aws:region": "us-west-2",
        "aws:accessKey": "test",
        "aws:secretKey": "test",
        "aws:endpoints": json.dumps(endpoints),
    }
    yield from run_provider(tmp_path, config)


def run_provider(tmp_path: Path, config: Mapping[str, str]) -> Iterator[Provider]:
    log = tmp_path / "provider.log"
    with log.open("w") as said:
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "pulumi.dynamic", "127.0.0.1:1"],
            cwd=ROOT,
            env={**os.environ, "PULUMI_PROJECT": "redis-auth-token", "AWS_EC2_METADATA_DISABLED": "true"},
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
        )
        try:
            yield Provider(process, log, config)
        finally:
            process.terminate()
            rest, _ = process.communicate()
            said.write(rest or "")


@pytest.fixture
def make_group(elasticache: Any) -> Iterator[Callable[..., str]]:
    """Makes replication groups, and deletes them at the end."""
    made: list[str] = []

    def make(**changes: Any) -> str:
        group_id = f"p{uuid.uuid4().hex[:12]}"
        arguments = {
            "ReplicationGroupId": group_id,
            "ReplicationGroupDescription": "of a test",
            "Engine": "redis",
            "CacheNodeType": "cache.t4g.micro",
            "NumCacheClusters": 2,
            "TransitEncryptionEnabled": True,
            "AutomaticFailoverEnabled": True,
        }
        elasticache.create_replication_group(**(arguments | changes))
        made.append(group_id)
        elasticache.get_waiter("replication_group_available").wait(
            ReplicationGroupId=group_id, WaiterConfig={"Delay": 0.05, "MaxAttempts": 400}
        )
        return group_id

    yield make
    for group_id in made:
        if elasticache.describe_replication_groups(ReplicationGroupId=group_id)["ReplicationGroups"]:
            elasticache.delete_replication_group(ReplicationGroupId=group_id)


def arn(group_id: str) -> str:
    return f"arn:aws:elasticache:{REGION}:123456789012:replicationgroup:{group_id}"


def group_of(props: Mapping[str, Any]) -> str:
    return str(props["replication_group_id"])


def pickled(props: Mapping[str, Any]) -> dict[str, Any]:
    return {**props, "__provider": props.get("__provider", PICKLED)}


def struct(values: Mapping[str, Any]) -> struct_pb2.Struct:
    made = struct_pb2.Struct()
    made.update(values)
    return made


def bag(values: struct_pb2.Struct) -> dict[str, Any]:
    made: dict[str, Any] = json_format.MessageToDict(values)
    return made
