"""The dynamic provider as an engine runs it: pickled, in a process of its own, over gRPC, against the local cloud."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from pulumi.dynamic.dynamic import serialize_provider

from components.auth_token.resource import AuthTokenRotationProvider
from local.cloud import client
from local.cloud.client import Cloud
from tests.provider.engine import Engine, serving

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
    """AuthTokenRotation's provider; a group's properties name the group themselves."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def check(self, news: Mapping[str, Any]) -> list[str]:
        """The reasons of all failures."""
        return self._engine.check({}, news)[1]

    def diff(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
        """Whether the provider sees a change."""
        return self._engine.diff(group_of(olds), olds, news)

    def create(self, props: Mapping[str, Any]) -> dict[str, Any]:
        """The outputs."""
        return self._engine.create(props)[1]

    def update(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
        """The outputs."""
        return self._engine.update(group_of(olds), olds, news)

    def read(self, outputs: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """Id and outputs; no id where the group is gone."""
        return self._engine.read(group_of(outputs), outputs)

    def delete(self, outputs: Mapping[str, Any]) -> None:
        """Delete, which does nothing to the group."""
        self._engine.delete(group_of(outputs), outputs)


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
    with serving(AuthTokenRotationProvider(), tmp_path / "provider.log", config) as engine:
        yield Provider(engine)


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
    with serving(AuthTokenRotationProvider(), tmp_path / "provider.log", config) as engine:
        yield Provider(engine)


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
