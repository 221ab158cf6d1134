"""A local cloud, and secrets on it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator

import pytest

from local.cloud import client
from local.cloud.client import Cloud
from tests.local.publication.secret import Process, Secret, connect


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A local cloud without delays."""
    started = client.start(tmp_path_factory.mktemp("cloud"))
    yield started
    started.stop()


@pytest.fixture(scope="session")
def make_secret(cloud: Cloud) -> Callable[..., Secret]:
    """Makes secrets without a version, all behind one client."""
    connected, process = connect(cloud, attempts=1), Process()
    connected.meta.events.register("before-call.secretsmanager", process.call)

    def make() -> Secret:
        process.calls, process.dies_before = [], None
        return Secret(connected, process, connected.create_secret(Name=f"of/{uuid.uuid4().hex}")["ARN"])

    return make


@pytest.fixture
def secret(make_secret: Callable[..., Secret]) -> Secret:
    """A secret without a version."""
    return make_secret()
