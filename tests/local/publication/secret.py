"""A secret on the local cloud, and a client whose process can be ended between any two calls."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import boto3
from botocore.config import Config

from components.auth_token.publication import Endpoints, SecretsManagerPublication
from components.auth_token.rules import Token
from components.auth_token.seen import Publishing
from local.cloud.client import Cloud

A, B, C = (Token(letter * 32) for letter in "ABC")
HERE: Final = Endpoints("primary.example", "reader.example", 6379)
ELSEWHERE: Final = Endpoints("primary.elsewhere", "reader.elsewhere", 6379)
STAGE, PROMOTE, RETIRE, REJECT = Publishing


class Killed(BaseException):
    """The process ends here."""


@dataclass
class Process:
    """Counts the calls of a client, and ends before one of them."""

    calls: list[str] = field(default_factory=list)
    dies_before: int | None = None
    """The number of the call that is not made any more, the first being 0."""

    def call(self, model: Any, **_: Any) -> None:
        """botocore's `before-call`."""
        if self.dies_before == len(self.calls):
            raise Killed
        self.calls.append(model.name)


@dataclass(frozen=True)
class Secret:
    """One secret, and what others see of it."""

    client: Any
    process: Process
    arn: str

    def publication(self, endpoints: Endpoints = HERE) -> SecretsManagerPublication:
        """A new one, which knows nothing of those before: as after a crash."""
        return SecretsManagerPublication(self.client, self.arn, endpoints)

    def publish(self, *actions: tuple[Publishing, Token], endpoints: Endpoints = HERE) -> None:
        """Each of them, one after the other."""
        for action, token in actions:
            self.publication(endpoints).publish(action, token)

    def write(self, content: str, *labels: str) -> None:
        """A version by somebody else's hand."""
        self.client.put_secret_value(SecretId=self.arn, SecretString=content, VersionStages=list(labels))

    def labels(self) -> dict[str, list[str]]:
        """The labels by version."""
        found: dict[str, list[str]] = self.client.describe_secret(SecretId=self.arn).get("VersionIdsToStages", {})
        return found

    def version_with(self, label: str) -> str:
        """The id of the version that `label` is on."""
        return next(id_ for id_, labels in self.labels().items() if label in labels)

    def versions(self) -> list[tuple[str, list[str]]]:
        """The content and the labels of every version that AWS keeps."""
        contents = {
            id_: self.client.get_secret_value(SecretId=self.arn, VersionId=id_)["SecretString"] for id_ in self.labels()
        }
        return sorted((contents[id_], sorted(set(labels))) for id_, labels in self.labels().items())

    def current(self) -> Token | None:
        """The token that AWSCURRENT is on."""
        return self.publication().look().current


def connect(cloud: Cloud, attempts: int) -> Any:
    """boto3's client, which tries each call so many times."""
    return boto3.client(
        "secretsmanager",
        region_name="eu-central-1",
        endpoint_url=cloud.endpoint,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"mode": "standard", "total_max_attempts": attempts}),
    )
