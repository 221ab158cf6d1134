"""A cloud that is told to end while groups are being made ends all the same."""

from pathlib import Path

import boto3

from local.cloud import client
from tests.local.cloud.support import keywords


def test_it_ends_while_groups_are_being_made(tmp_path: Path) -> None:
    cloud = client.start(tmp_path / "cloud")
    elasticache = boto3.client("elasticache", **keywords(cloud))
    for number in range(4):
        elasticache.create_replication_group(
            ReplicationGroupId=f"early-{number}",
            ReplicationGroupDescription="ended before it is there",
            CacheNodeType="cache.t4g.micro",
            Engine="redis",
            NumCacheClusters=6,
        )
    cloud.stop()  # raises where it does not end
    assert client.find(tmp_path / "cloud") is None
