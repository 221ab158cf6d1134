"""One real cloud for all tests of a worker process; clouds of their own for the tests of its life."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config

from local.cloud import client as local_cloud
from local.cloud import redis_server
from local.cloud.client import Cloud
from local.cloud.redis_server import Binaries
from tests.local.cloud.support import CLONE, Group, keywords, new_group

if TYPE_CHECKING:
    from mypy_boto3_elasticache import ElastiCacheClient

ONCE = Config(retries={"total_max_attempts": 1})
NewGroup = Callable[..., Group]


@pytest.fixture(scope="session")
def binaries() -> Binaries:
    """redis-server and redis-cli, as `make up` gets them."""
    return redis_server.ensure(CLONE / ".local" / "redis")


@pytest.fixture(scope="session")
def shared_cloud(tmp_path_factory: pytest.TempPathFactory, binaries: Binaries) -> Iterator[Cloud]:
    """The cloud of this worker."""
    cloud = local_cloud.start(tmp_path_factory.mktemp("cloud"), redis_server=binaries.server)
    yield cloud
    cloud.stop()


@pytest.fixture
def cloud(shared_cloud: Cloud) -> Iterator[Cloud]:
    """The same, with its settings put back after each test."""
    before = shared_cloud.settings()
    yield shared_cloud
    shared_cloud.settings(**before)


@pytest.fixture
def elasticache(cloud: Cloud) -> "ElastiCacheClient":
    """boto3 as a program uses it, but without retries: each test sees each answer."""
    client: ElastiCacheClient = boto3.client("elasticache", **keywords(cloud), config=ONCE)
    return client


@pytest.fixture
def group(cloud: Cloud, elasticache: "ElastiCacheClient") -> Iterator[NewGroup]:
    """Creates groups and waits until they are available; deletes them in the end."""
    made: list[Group] = []

    def create(**request: Any) -> Group:
        made.append(new_group(cloud, elasticache, **request))
        made[-1].settled()
        return made[-1]

    yield create
    cloud.settings(delay=0, node_stagger=0, status_lag=0, faults=[])  # of a test that failed
    for one in made:
        one.settled()
        elasticache.delete_replication_group(ReplicationGroupId=one.id)


@pytest.fixture
def start_cloud(tmp_path: Path, binaries: Binaries) -> Iterator[Callable[..., Cloud]]:
    """Starts further clouds, each under a name of its own."""
    started: list[Cloud] = []

    def start(name: str = "cloud", **options: Any) -> Cloud:
        started.append(local_cloud.start(tmp_path / name, redis_server=binaries.server, **options))
        return started[-1]

    yield start
    for cloud in started:
        cloud.stop()
