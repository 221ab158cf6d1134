"""Plugin processes as an engine runs them, and moto as the AWS they call."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from local.cloud import client as local_cloud
from tests.local.plugins import groups
from tests.local.plugins.client import Plugin, State

BIN = Path(__file__).parents[3] / "local" / "plugins" / "bin"
REGION = "eu-west-1"


@pytest.fixture(scope="session")
def moto() -> Iterator[str]:
    """The address of an AWS in this process."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="session")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Plugin]]:
    """Starts plugins; they are ended after the tests."""
    plugins: list[Plugin] = []
    folder = tmp_path_factory.mktemp("program")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "PYTHONPATH"))}

    def run(name: str, **more: str) -> Plugin:
        process = subprocess.Popen(
            [BIN / f"pulumi-resource-{name}", "127.0.0.1:1"],
            stdout=subprocess.PIPE,
            text=True,
            cwd=folder,
            env={**environment, **more},
        )
        plugins.append(Plugin(name, process))
        return plugins[-1]

    yield run
    for plugin in plugins:
        plugin.end()


@pytest.fixture(scope="session")
def random(start: Callable[..., Plugin]) -> Plugin:
    """The `random` plugin, configured."""
    plugin = start("random")
    plugin.configure({})
    return plugin


@pytest.fixture(scope="session")
def settings(moto: str) -> dict[str, object]:
    """The configuration of a provider on moto."""
    return settings_for(moto)


def settings_for(endpoint: str) -> dict[str, object]:
    """The configuration of a provider on whatever answers there."""
    services = ("kms", "logs", "ec2", "elasticache", "sts", "secretsmanager")
    return {
        "region": REGION,
        "endpoints": [dict.fromkeys(services, endpoint)],
        "accessKey": "testing-access",
        "secretKey": "testing-secret",
        "skipCredentialsValidation": True,
    }


@pytest.fixture(scope="session")
def aws(start: Callable[..., Plugin], settings: dict[str, object]) -> Plugin:
    """The `aws` plugin on moto, with one default tag."""
    plugin = start("aws")
    plugin.configure({**settings, "defaultTags": {"tags": {"owner": "tests"}}})
    return plugin


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[local_cloud.Cloud]:
    """A local cloud, for ElastiCache."""
    running = local_cloud.start(tmp_path_factory.mktemp("cloud"))
    yield running
    running.stop()


@pytest.fixture(scope="session")
def cache(start: Callable[..., Plugin], cloud: local_cloud.Cloud) -> Plugin:
    """The `aws` plugin on the local cloud."""
    plugin = start("aws")
    plugin.configure(settings_for(cloud.endpoint))
    return plugin


@pytest.fixture(scope="session")
def subnet_ids(cache: Plugin) -> list[str]:
    """Subnets of the default VPC."""
    found: list[str] = cache.invoke("aws:ec2/getSubnets:getSubnets")["ids"]
    return found


@pytest.fixture(scope="session")
def group(cache: Plugin) -> Iterator[State]:
    """A replication group that tests look at and do not change; it was made from `groups.shared()`."""
    state = cache.create(groups.GROUP, groups.shared())
    yield state
    cache.delete(state)


@pytest.fixture(scope="session")
def others(moto: str) -> Callable[..., Any]:
    """Makes boto3 clients of moto: what somebody else sees and does."""
    return lambda service, region=REGION: _client(service, moto, region)


@pytest.fixture(scope="session")
def elasticache(cloud: local_cloud.Cloud) -> Any:
    """The local cloud's ElastiCache, as somebody else sees it."""
    return _client("elasticache", cloud.endpoint, REGION)


def _client(service: str, endpoint: str, region: str) -> Any:
    session = boto3.Session("other", "other", region_name=region)
    return session.client(service, endpoint_url=endpoint)
