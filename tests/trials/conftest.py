"""A local cloud for the short forms."""

from collections.abc import Iterator

import pytest

from local.cloud import client
from local.cloud.client import Cloud


@pytest.fixture(scope="package")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """One without delays."""
    started = client.start(tmp_path_factory.mktemp("cloud"))
    yield started
    started.stop()
