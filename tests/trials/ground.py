"""One replication group and one secret on a local cloud, and what anybody can do to them and see of them."""

from __future__ import annotations

import contextlib
import json
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from components.auth_token.elasticache import ReplicationGroupApi
from components.auth_token.probe import ask
from components.auth_token.publication import Endpoints, SecretsManagerPublication
from components.auth_token.resource import AuthTokenRotationArgs
from components.auth_token.rules import Token
from components.auth_token.seen import Answer, Group, Node, Published, Strategy
from local.cloud import client
from local.cloud.client import Cloud

_REGION: Final = "eu-central-1"
_ACCOUNT: Final = "123456789012"
_SECONDS: Final = 60.0


@cache
def _client(service: str, endpoint: str) -> Any:  # boto3 has a type per service
    return boto3.client(
        service,
        region_name=_REGION,
        endpoint_url=endpoint,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}),
    )


@contextlib.contextmanager
def own_cloud() -> Iterator[Cloud]:
    """A local cloud that is there for as long."""
    with tempfile.TemporaryDirectory() as root:
        cloud = client.start(Path(root))
        try:
            yield cloud
        finally:
            cloud.stop()


def settings(endpoint: str) -> dict[str, str]:
    """The stack's `aws:*` configuration for this endpoint, as an engine hands it over."""
    endpoints = [dict.fromkeys(("elasticache", "secretsmanager", "sts"), endpoint)]
    return {
        "aws:region": _REGION,
        "aws:accessKey": "test",
        "aws:secretKey": "test",
        "aws:endpoints": json.dumps(endpoints),
    }


def until(condition: Callable[[], bool], what: str) -> None:
    """Wait until `condition` holds; raises AssertionError if it does not within a minute."""
    deadline = time.monotonic() + _SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"not within {_SECONDS:g} s: {what}"
        time.sleep(0.005)


class Ground:
    """A group that may not be born yet, and a secret without a version."""

    def __init__(self, cloud: Cloud, nodes: int = 2) -> None:
        self.cloud, self._nodes = cloud, nodes
        self.elasticache, self.secrets = (_client(it, cloud.endpoint) for it in ("elasticache", "secretsmanager"))
        self.id = f"t{uuid.uuid4().hex[:12]}"
        self.arn = f"arn:aws:elasticache:{_REGION}:{_ACCOUNT}:replicationgroup:{self.id}"
        self.ca_file = str(cloud.ca_file)
        self._api = ReplicationGroupApi(self.elasticache, self.elasticache, self.id)
        self.secret = ""
        self.renew_secret()

    # ---- the group
    def born(self, token: Token | None, *, puzzle: bool = False) -> None:
        """Make the group; `puzzle`: with a token, and open all the same."""
        self.cloud.settings(puzzle=puzzle)
        self.elasticache.create_replication_group(
            ReplicationGroupId=self.id,
            ReplicationGroupDescription="of a trial",
            Engine="redis",
            CacheNodeType="cache.t4g.micro",
            NumCacheClusters=self._nodes,
            TransitEncryptionEnabled=True,
            **({"AuthToken": token.reveal()} if token else {}),
        )
        self.available()

    def look(self) -> Group:
        """The group as it is now."""
        group = self._api.look()
        assert group is not None, "the group is gone"
        return group

    def available(self) -> None:
        """Wait until nothing is under way."""
        until(lambda: self.look().settled, "the group is available")

    def modify(self, *, at_once: bool = True, **changes: str) -> bool:
        """Change the group, and wait; False where there is nothing to change, or not now."""
        try:
            self.elasticache.modify_replication_group(ReplicationGroupId=self.id, ApplyImmediately=at_once, **changes)
        except ClientError:
            return False
        self.available()
        return True

    def change_token(self, strategy: Strategy, token: Token) -> bool:
        """One of the article's commands; False where AWS refuses it."""
        return self.modify(AuthToken=token.reveal(), AuthTokenUpdateStrategy=strategy.value)

    def delete(self) -> None:
        """Delete the group, and wait until it is gone."""
        self.elasticache.delete_replication_group(ReplicationGroupId=self.id)
        until(lambda: self._api.look() is None, "the group is gone")

    def endpoints(self) -> Endpoints:
        """Where clients connect."""
        group = self.elasticache.describe_replication_groups(ReplicationGroupId=self.id)["ReplicationGroups"][0]
        primary, reader = (group["NodeGroups"][0][f"{it}Endpoint"] for it in ("Primary", "Reader"))
        return Endpoints(primary["Address"], reader["Address"], primary["Port"])

    def inputs(self, at: Endpoints, *, token: Token, generation: int, overlap: float, **more: Any) -> dict[str, Any]:
        """What the program hands to the rotation of this group, whose endpoints are `at`; `overlap` in seconds."""
        args = AuthTokenRotationArgs(
            replication_group_id=self.id,
            replication_group_arn=self.arn,
            token=token.reveal(),
            generation=generation,
            verify="required",
            ca_file=self.ca_file,
            primary_endpoint=at.host,
            reader_endpoint=at.reader_host,
            port=at.port,
            **{"secret_arn": self.secret, "deadline_seconds": 120, **more},
        )
        # Less than a second is no overlap for anybody, but enough for who waits for a trial.
        return {**asdict(args), "overlap_seconds": overlap, "facts": None}

    def ask(self, node: Node, token: Token | None) -> bool:
        """Whether this node accepts this token, or none."""
        return ask(node, token, self.ca_file) is Answer.ACCEPTED

    def accepted(self, token: Token | None) -> bool:
        """Whether every node does."""
        nodes = self.look().nodes
        return bool(nodes) and all(self.ask(node, token) for node in nodes)

    # ---- the secret
    def renew_secret(self) -> None:
        """Another secret, without a version."""
        self.secret = str(self.secrets.create_secret(Name=f"of/{uuid.uuid4().hex}")["ARN"])

    def publication(self, endpoints: Endpoints) -> SecretsManagerPublication:
        """Its versions, as the stack reads and writes them."""
        return SecretsManagerPublication(self.secrets, self.secret, endpoints)

    def labels(self, endpoints: Endpoints) -> Published:
        """What its labels are on."""
        return self.publication(endpoints).look()

    def versions(self) -> dict[str, list[str]]:
        """The labels, by the id of the version."""
        stages = self.secrets.describe_secret(SecretId=self.secret).get("VersionIdsToStages", {})
        return {id_: labels for id_, labels in stages.items() if labels}

    def contents(self) -> list[str]:
        """What each labelled version holds."""
        where = {"SecretId": self.secret}
        return [self.secrets.get_secret_value(**where, VersionId=id_)["SecretString"] for id_ in self.versions()]

    def close(self) -> None:
        """Delete both."""
        self.available()
        self.delete()
        with contextlib.suppress(ClientError):
            self.secrets.delete_secret(SecretId=self.secret, ForceDeleteWithoutRecovery=True)
